from __future__ import annotations

import csv
import json
import re

import pytest

from analysis.maps import axes_of
from analysis.report import write_report
from tests.unit.analysis.common import trial, trials
from tests.unit.analysis.reports import (
    CELLS,
    DOCUMENT,
    FILES,
    LINE,
    PLANE,
    UNFINISHED,
    attempt,
    material,
    specification,
    words,
    written,
)


def cells_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return the report of a study with every outcome, one superseded trial, and cells like formulas."""
    rows = trials(CELLS)
    rows[5]["reason"] = "=cmd|' /C calc'!A0"
    rows.append(trial(8, 1.0, lr=0.1, superseded=True))
    return written(tmp_path_factory.mktemp("report"), rows)


def test_everything_is_written(report):
    assert report.files.keys() == FILES


def test_the_summary_lists_the_figures(report):
    assert report.summary["figures"] == sorted(name for name in FILES if name.startswith("figures/"))


def test_no_file_is_empty(report):
    assert all(path.stat().st_size > 100 for path in report.files.values())


def test_the_page_needs_nothing_else(report):
    assert "http://" not in report.html
    assert "https://" not in report.html
    assert not re.search(r"<(link|script|iframe|object|embed)|href=|url\(|@import", report.html)


def test_the_pictures_are_in_the_page(report):
    sources = re.findall(r'src="([^"]{0,22})', report.html)
    assert sources == ["data:image/png;base64,"] * 2


def test_markup_of_a_specification_is_text(report):
    assert "<script>" not in report.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in report.html


@pytest.mark.usefixtures("unpainted")
def test_markup_of_a_device_is_text(tmp_path):
    rows = trials({(0.1, 0.0): [10.0]})
    made = material(rows)
    made.attempts[0]["device"] = "<img src=x>"
    write_report(made, tmp_path)
    assert "<img src=x>" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_page_says_the_best_configuration(report):
    assert "lr = 0.1, p = 0" in re.sub(r"\s+", " ", report.html)
    assert "median 11.00 % over 2 seeds" in report.html


def test_the_page_names_statistic_and_split(report):
    assert "final test error (%), split test, statistic final" in report.html


def test_the_page_has_the_best_x_of_every_y(report):
    assert re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td><td>([^<]*)</td><td>([^<]*)</td></tr>", report.html) == [
        ("0", "0.1", "11.00", "2"),
        ("1/2", "0.1", "30.00", "1"),
    ]


def test_the_table_has_every_trial(report):
    assert [row["number"] for row in cells_of(report.files["trials.csv"])] == [str(n) for n in range(9)]


def test_the_table_has_every_column(report):
    assert cells_of(report.files["trials.csv"])[0].keys() == trial(0, 1.0).keys()


def test_a_cell_like_a_formula_is_inert(report):
    assert cells_of(report.files["trials.csv"])[5]["reason"] == "'=cmd|' /C calc'!A0"


@pytest.mark.usefixtures("unpainted")
def test_a_negative_number_stays_a_number(tmp_path):
    found = written(tmp_path, trials({(0.1, 0.0): [10.0]}, seconds=-1.5))
    assert cells_of(found.files["trials.csv"])[0]["seconds"] == "-1.5"


def test_the_summary_is_the_file(report):
    assert json.loads(report.files["summary.json"].read_text(encoding="utf-8")) == report.summary


def test_the_summary_has_its_keys(report):
    assert report.summary.keys() == {
        "name", "hash", "specification", "statistic", "split", "chance_error", "seeds", "trials", "best", "maps",
        "other_split", "provenance", "figures",
    }  # fmt: skip


def test_the_summary_counts_every_outcome(report):
    assert report.summary["trials"] == {
        "total": 8,
        "complete": 4,
        "diverged": 1,
        "failed": 1,
        "cancelled": 0,
        "running": 1,
        "waiting": 1,
        "superseded": 1,
    }


def test_the_summary_has_the_best_configuration(report):
    assert report.summary["best"] == {
        "configuration": {"lr": 0.1, "p": 0.0},
        "median": 11.0,
        "mean": 11.0,
        "standard_error": pytest.approx(1.0),
        "n": 2,
        "diverged": 0,
    }


def test_a_superseded_trial_is_in_no_figure(report):
    (found,) = report.summary["maps"]
    assert found["median"] == [[11.0, 55.0], [30.0, None]]
    assert found["n"] == [[2, 2], [1, 0]]


def test_the_summary_says_what_it_measures(report):
    summary = report.summary
    assert (summary["statistic"], summary["split"], summary["chance_error"], summary["seeds"]) == (
        "final", "test", 90.0, 2,
    )  # fmt: skip


def test_the_summary_holds_the_whole_specification(report):
    assert report.summary["specification"] == specification().document()


def test_the_summary_says_where_it_was_made(report):
    assert report.summary["provenance"] == {
        "code_version_of_study": "0.1.0+aa",
        "code_versions": ["0.1.0+aa"],
        "hosts": ["node1"],
        "devices": ["cpu"],
        "libraries": [{"torch": "2.14.1"}],
        "attempts": 5,
        "attempts_by_ending": {"complete": 4, "diverged": 1},
        "training_seconds": 10.0,
    }


@pytest.mark.usefixtures("unpainted")
def test_an_attempt_that_never_ended_is_counted_without_provenance(tmp_path):
    made = material(trials({(0.1, 0.0): [10.0]}))
    made.attempts.append(attempt(0, None, host=None, device=None, libraries=None, code_version=None, seconds=None))
    provenance = write_report(made, tmp_path)["provenance"]
    assert (provenance["attempts"], provenance["attempts_by_ending"]) == (2, {"complete": 1})


def test_the_same_material_gives_the_same_bytes(tmp_path):
    found = [written(tmp_path / name, trials(CELLS)).files for name in ("first", "second")]
    first, second = ({name: path.read_bytes() for name, path in files.items()} for files in found)
    assert first == second


@pytest.mark.parametrize(
    ("statistic", "label", "median"),
    [("mean_last5", "mean of the last 5 epochs of test error", 12.0), ("min", "minimum over epochs of", 5.5)],
)
@pytest.mark.usefixtures("unpainted")
def test_another_statistic_is_named_and_shown(tmp_path, statistic, label, median):
    found = written(tmp_path, trials(CELLS), statistic)
    assert found.summary["best"]["median"] == median
    assert label in found.html


@pytest.mark.usefixtures("unpainted")
def test_best_and_map_agree_where_configurations_tie(tmp_path):
    cells = {(1.0, 0.0): [10.0], (0.1, 0.5): [10.0], (0.1, 0.0): [20.0], (1.0, 0.5): [20.0]}
    summary = written(tmp_path, trials(cells)).summary
    best = summary["maps"][0]["best"]
    assert summary["best"]["configuration"] == {"lr": best["lr"], "p": best["p"]}


def test_a_study_without_outcome_says_so(tmp_path):
    found = written(tmp_path, trials(UNFINISHED))
    assert found.summary["best"] is None
    assert "No trial has an outcome yet." in found.html


@pytest.mark.usefixtures("unpainted")
def test_a_study_without_outcome_has_no_curves(tmp_path):
    assert written(tmp_path, trials(UNFINISHED)).files.keys() == FILES - {"figures/curves.png", "figures/curves.svg"}


@pytest.mark.usefixtures("unpainted")
def test_a_study_whose_trials_all_failed_has_no_best(tmp_path):
    assert written(tmp_path, trials({cell: ["failed"] for cell in CELLS})).summary["best"] is None


@pytest.mark.usefixtures("unpainted")
def test_a_study_whose_trials_all_diverged_has_no_best(tmp_path):
    found = written(tmp_path, trials({cell: ["diverged"] for cell in CELLS}))
    assert found.summary["best"] is None
    assert "Every trial diverged." in found.html


@pytest.mark.usefixtures("unpainted")
def test_one_seed_has_no_standard_error(tmp_path):
    assert written(tmp_path, trials({(0.1, 0.0): [10.0]})).summary["best"]["standard_error"] is None


@pytest.mark.parametrize("results", [[10.0, 12.0], ["diverged"], ["waiting"], ["failed"]], ids=str)
def test_one_hyperparameter_is_drawn_as_points(tmp_path, results):
    rows = trials({(0.1,): results, (1.0,): results}, ("lr",))
    found = written(tmp_path, rows, space=LINE)
    assert {"figures/map.png", "figures/map.svg"} <= found.files.keys()
    assert found.summary["maps"] == []


@pytest.mark.parametrize("design", ["random", "sobol", "tpe"])
def test_a_design_without_grid_is_drawn_as_points(tmp_path, design):
    cells = {(0.02, 0.1): [10.0, 12.0], (5.0, 0.3): [20.0, "diverged"], (None, None): ["waiting", "waiting"]}
    found = written(tmp_path, trials(cells), space=PLANE, design={"name": design, "configurations": 3})
    assert found.files.keys() == {name.replace("heatmap", "map") for name in FILES}
    assert found.summary["best"]["configuration"] == {"lr": 0.02, "p": 0.1}


@pytest.mark.usefixtures("unpainted")
def test_a_third_hyperparameter_makes_panels(tmp_path):
    cells = {(lr, p, b): [10.0 * lr] for lr in (0.1, 1.0) for p in (0.0, 0.5) for b in (0.9, 0.99)}
    space = DOCUMENT["space"] | {"beta2": {"values": [0.9, 0.99]}}
    found = written(tmp_path, trials(cells, ("lr", "p", "beta2")), space=space)
    assert {"figures/heatmap-1.png", "figures/heatmap-2.svg"} <= found.files.keys()
    assert [result["fixed"] for result in found.summary["maps"]] == [{"beta2": 0.9}, {"beta2": 0.99}]
    assert "beta2 = 0.99</th>" in found.html


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (["lr"], ("lr", None, [])),
        (["p", "lr"], ("lr", "p", [])),
        (["lr", "weight_decay"], ("lr", "weight_decay", [])),
        (["weight_decay", "lr", "p"], ("lr", "p", ["weight_decay"])),
        (["beta2", "lr"], ("lr", "beta2", [])),
        (["beta1", "beta2"], ("beta1", "beta2", [])),
    ],
)
def test_hyperparameters_have_their_axes(names, axes):
    assert axes_of(names) == axes


@pytest.mark.usefixtures("unpainted")
def test_a_study_trained_with_two_versions_of_the_code_says_so(tmp_path):
    made = material(trials({(0.1, 0.0): [10.0, 12.0]}))
    write_report(made, tmp_path)
    assert "versions of the code" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    made.attempts[0]["code_version"] = "0.1.0+bb"
    write_report(made, tmp_path)
    assert "Trained with 2 versions of the code" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_without_held_out_images_there_is_no_other_split(report):
    assert report.summary["other_split"] is None
    assert "No images were held out for validation" in words(report)

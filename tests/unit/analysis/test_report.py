from __future__ import annotations

import csv
import html
import json
import re

import pytest

import analysis.findings
import analysis.maps
import analysis.optima
from analysis.findings import Clip
from analysis.report import View, write_report
from tests.unit.analysis.common import trial, trials
from tests.unit.analysis.reports import (
    CELLS,
    CHOSEN_ON_VALIDATION,
    CUBE,
    GONE,
    LINE,
    NAMES,
    PLANE,
    UNFINISHED,
    cube_rows,
    files_of,
    source,
    space_of,
    words,
    written,
)

DASH = "\N{EN DASH}"


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
    assert report.files.keys() == files_of(*NAMES)


def test_the_summary_lists_the_figures(report):
    assert report.summary["figures"] == sorted(name for name in files_of(*NAMES) if name.startswith("figures/"))


def test_no_file_is_empty(report):
    assert all(path.stat().st_size > 100 for path in report.files.values())


def test_the_page_needs_nothing_else(report):
    assert "http://" not in report.html
    assert "https://" not in report.html
    assert not re.search(r"<(link|script|iframe|object|embed)|url\(|@import", report.html)
    assert re.findall(r'href="([^"]*)"', report.html) == ["figures/map.html"]
    assert "figures/map.html" in report.files


def test_the_pictures_are_in_the_page(report):
    sources = re.findall(r'src="([^"]{0,22})', report.html)
    assert sources == ["data:image/png;base64,"] * 4


def test_every_picture_has_its_text_instead(report):
    texts = [html.unescape(text) for text in re.findall(r'alt="([^"]*)"', report.html)]
    assert texts[0].startswith(
        "test error over learning rate and partial-adaptivity exponent p. study: padam (torch), beta1 = 0.9"
    )
    assert "Star: best cell, lr = 0.1, p = 0, mean 11.00 %." in texts[0]
    assert texts[1].startswith("best learning rate for each partial-adaptivity exponent p. study: ")
    assert texts[2].startswith("divergence over learning rate and partial-adaptivity exponent p. study: ")
    assert texts[3].startswith("train loss and error over epochs, for each learning rate and partial-adaptivity")


def test_markup_of_a_specification_is_text(report):
    assert "<script>" not in report.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in report.html


@pytest.mark.usefixtures("unpainted")
def test_markup_of_a_device_is_text(tmp_path):
    made = source(trials({(0.1, 0.0): [10.0]}))
    made.tries[0]["device"] = "<img src=x>"
    write_report([made], tmp_path)
    assert "<img src=x>" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_page_says_the_best_configuration(report):
    assert "Best configuration: lr = 0.1, p = 0, mean 11.00 % over 2 seeds (standard error 1.00)" in words(report)


def test_the_page_names_statistic_and_split(report):
    assert "final test error (%), split test, statistic final" in report.html


def test_the_page_says_that_what_finished_can_be_lost_too(report):
    assert "0 of the complete trials learned nothing (final test error at least 88.0 %, or" in words(report)


def table_of_the_best(report, columns=6):
    rows = re.findall(rf"<tr>((?:<td>[^<]*</td>){{{columns}}})</tr>", report.html)
    return [re.findall(r">([^<]*)</td", row) for row in rows]


def test_the_page_has_the_best_x_of_every_y(report):
    assert table_of_the_best(report) == [
        ["0", "0.1 (lowest tried)", DASH, "0.1, 0.1", "11.00", "2"],
        ["1/2", "0.1", DASH, "", "30.00", "1"],
    ]
    assert "the optimum may lie beyond the grid" in words(report)


@pytest.mark.usefixtures("unpainted")
def test_the_page_has_the_candidates_of_every_row(tmp_path):
    cells = {(lr, p): [5.0 + abs(lr - 1) + s for s in (0, 1, 2)] for lr in (0.5, 1.0, 1.5, 60.0) for p in (0.0, 0.5)}
    found = written(tmp_path, trials(cells), space=space_of(cells), seeds=3)
    assert table_of_the_best(found)[0] == ["0", "1", "1", "1, 1, 1", "6.00", "3"]
    near = {0.5: [10.0, 12.0, 15.0], 1.0: [11.0, 11.0, 13.0], 1.5: [10.0, 14.0, 13.0], 60.0: [60.0, 61.0, 62.0]}
    found = written(tmp_path, trials({(lr, p): near[lr] for (lr, p) in cells}), space=space_of(cells), seeds=3)
    assert table_of_the_best(found)[0][1:4] == ["1", "1/2 to 1.5", "1/2, 1, 1"]


@pytest.mark.usefixtures("unpainted")
def test_values_just_below_one_are_written_in_full(tmp_path):
    cells = {(lr, b): [10.0 * lr, 10.0 * lr + b] for lr in (0.1, 1.0) for b in (0.9995, 0.9999)}
    found = written(tmp_path, trials(cells, ("lr", "beta2")), space=space_of(cells, ("lr", "beta2")))
    assert [row[0] for row in table_of_the_best(found)] == ["0.9995", "0.9999"]
    assert "lr = 0.1, beta2 = 0.9995" in words(found)


@pytest.mark.usefixtures("unpainted")
def test_one_hyperparameter_has_a_table_without_rows(tmp_path):
    found = written(tmp_path, trials({(0.1,): [10.0, 12.0], (1.0,): [30.0, 31.0]}, ("lr",)), space=LINE)
    assert table_of_the_best(found, 5) == [["0.1 (lowest tried)", DASH, "0.1, 0.1", "11.00", "2"]]


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


def test_the_same_material_gives_the_same_bytes(tmp_path):
    found = [written(tmp_path / name, trials(CELLS)).files for name in ("first", "second")]
    first, second = ({name: path.read_bytes() for name, path in files.items()} for files in found)
    assert first == second


@pytest.mark.usefixtures("unpainted")
def test_each_thing_is_computed_once(tmp_path, monkeypatch):
    """Two panels of two rows, each by two splits."""
    calls = {}

    def watch(module, name):
        real = getattr(module, name)

        def counting(*arguments, **options):
            calls[name, module.__name__] = calls.get((name, module.__name__), 0) + 1
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, counting)

    watch(analysis.findings, "ranking")
    watch(analysis.findings, "panels")
    watch(analysis.findings, "limits")
    watch(analysis.maps, "grid_of_trials")
    watch(analysis.maps, "candidates")
    watch(analysis.optima, "candidates")
    written(tmp_path, cube_rows(), space=CUBE, **CHOSEN_ON_VALIDATION)
    assert calls == {
        ("ranking", "analysis.findings"): 2,
        ("panels", "analysis.findings"): 2,
        ("limits", "analysis.findings"): 1,
        ("grid_of_trials", "analysis.maps"): 4,
        ("candidates", "analysis.maps"): 4,
        ("candidates", "analysis.optima"): 8,
    }


@pytest.mark.parametrize(
    ("statistic", "label", "mean"),
    [
        ("mean_last5", "mean of the last 2 epochs, all there are, of test error", 12.0),
        ("min", "minimum over epochs of", 5.5),
    ],
)
@pytest.mark.usefixtures("unpainted")
def test_another_statistic_is_named_and_shown(tmp_path, statistic, label, mean):
    found = written(tmp_path, trials(CELLS), statistic)
    assert found.summary["best"]["mean"] == mean
    assert label in found.html


@pytest.mark.usefixtures("unpainted")
def test_a_clip_changes_colours_and_no_number(tmp_path):
    made = source(trials(CELLS))
    summaries = [write_report([made], tmp_path, View(clip=clip)) for clip in (Clip(), Clip(low=1.0, high=10.0))]
    assert summaries[0] == summaries[1]


@pytest.mark.usefixtures("unpainted")
def test_the_page_says_what_a_reader_of_the_specification_should_know(tmp_path):
    objective = {"statistic": "mean_last5", "split": "test"}
    found = written(tmp_path, trials(CELLS), objective=objective)
    assert "Objective.statistic mean_last5 is the mean of all 2 epochs, over which" in words(found)
    assert "takes the last epoch alone." in words(found)


def test_a_study_without_outcome_says_so(tmp_path):
    found = written(tmp_path, trials(UNFINISHED))
    assert found.files.keys() == files_of("heatmap")
    assert "No best: no configuration has all its seeds in." in words(found)


def test_a_study_whose_trials_all_failed_has_no_best(tmp_path):
    found = written(tmp_path, trials({cell: ["failed"] for cell in CELLS}))
    assert found.summary["best"] is None
    assert "No best: no configuration has all its seeds in." in words(found)


@pytest.mark.usefixtures("unpainted")
def test_a_study_whose_trials_all_diverged_has_no_best(tmp_path):
    found = written(tmp_path, trials(GONE))
    assert found.summary["best"] is None
    assert "Every trial diverged." in found.html


@pytest.mark.usefixtures("unpainted")
def test_the_page_says_that_a_seed_of_the_best_diverged_and_that_the_study_is_unfinished(tmp_path):
    found = written(tmp_path, trials({(0.1, 0.0): [10.0, 10.0, "diverged"], (1.0, 0.5): ["waiting"]}), seeds=3)
    assert found.summary["best"]["diverged"] == 1
    assert "mean 36.67 % over 3 seeds (standard error 26.67; 1 of them diverged" in words(found)
    assert "The study is unfinished: 1 of 4 trials are still to be trained." in words(found)


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize(
    ("results", "names"),
    [
        ([10.0, 12.0], ("map", "curves")),
        (["diverged"], ("map", "curves")),
        (["waiting"], ("map",)),
        (["failed"], ("map",)),
    ],
    ids=str,
)
def test_one_hyperparameter_is_drawn_as_points(tmp_path, results, names):
    found = written(tmp_path, trials({(0.1,): results, (1.0,): results}, ("lr",)), space=LINE)
    assert found.files.keys() == files_of(*names)


@pytest.mark.parametrize("design", ["random", "sobol", "tpe"])
def test_a_design_without_grid_is_drawn_as_points(tmp_path, design):
    cells = {(0.02, 0.1): [10.0, 12.0], (5.0, 0.3): [20.0, "diverged"], (None, None): ["waiting", "waiting"]}
    found = written(tmp_path, trials(cells), space=PLANE, design={"name": design, "configurations": 3})
    assert found.files.keys() == files_of("map", "slices", "history", "curves")
    assert found.summary["best"]["configuration"] == {"lr": 0.02, "p": 0.1}


@pytest.mark.usefixtures("unpainted")
def test_configurations_may_have_seeds_of_different_number(tmp_path):
    cells = {(0.02, 0.1): [10.0, 12.0, 11.0], (5.0, 0.3): [20.0], (1.0, 0.2): ["diverged"], (None, None): ["waiting"]}
    design = {"name": "levelset", "configurations": 2}
    found = written(tmp_path, trials(cells), space=PLANE, design=design, seeds=3)
    assert found.files.keys() == files_of("map", "slices", "history", "curves")
    assert found.summary["best"]["configuration"] == {"lr": 0.02, "p": 0.1}


@pytest.mark.usefixtures("unpainted")
def test_a_third_hyperparameter_makes_panels(tmp_path):
    found = written(tmp_path, cube_rows(), space=CUBE)
    assert found.files.keys() == files_of("heatmap", "heatmap-1", "heatmap-2", "optima", "slices", "curves")
    assert "beta2 = 0.99</th>" in found.html
    texts = re.findall(r'alt="([^"]*)"', found.html)
    assert texts[1].startswith("test error over learning rate and partial-adaptivity exponent p, beta2 = 0.9. study")
    assert texts[2].startswith("test error over learning rate and partial-adaptivity exponent p, beta2 = 0.99. study")


@pytest.mark.usefixtures("unpainted")
def test_a_study_trained_with_two_versions_of_the_code_says_so(tmp_path):
    made = source(trials({(0.1, 0.0): [10.0, 12.0]}))
    write_report([made], tmp_path)
    assert "versions of the code" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    made.tries[0]["code_version"] = "0.1.0+bb"
    write_report([made], tmp_path)
    assert "Trained with 2 versions of the code" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_page_names_the_rules_that_were_stepped_by(report):
    rule = "padam torch amsgrad; decay l2; eps outside the root, after bias correction"
    assert f"<tr><th>rules</th><td>{rule}</td></tr>" in report.html


def test_without_held_out_images_the_page_says_so(report):
    assert "No images were held out for validation" in words(report)


@pytest.mark.usefixtures("unpainted")
def test_the_page_shows_the_scale_that_was_asked_for_and_what_differs_on_others(tmp_path):
    """Beyond a separable bowl everything diverged: entangled at the worst, and not where that is a bound."""
    lrs, ps = (0.1, 1.0, 10.0, 100.0), (0.0, 0.25, 0.5)
    cells = {
        (lr, p): [10.0 + 4.0 * column + 3.0 * row + s for s in (0.0, 0.2, 0.1)] if column < 3 else ["diverged"] * 3
        for column, lr in enumerate(lrs)
        for row, p in enumerate(ps)
    }
    made = source(trials(cells), space=space_of(cells))
    pages = {}
    for scale in ("raw", "censored"):
        numbers = write_report([made], tmp_path, View(scale=scale))
        pages[scale] = re.sub(r"\s+", " ", (tmp_path / "report.html").read_text(encoding="utf-8"))
    assert numbers["maps"][0]["numbers"]["interaction_share"]["value"] > 0.001
    assert numbers["maps"][0]["scales"]["censored"]["interaction_share"]["value"] == pytest.approx(0.0, abs=1e-12)
    assert "<th>on other scales</th><th>raw</th><th>logit</th><th>censored</th>" in pages["raw"]
    assert "These numbers are on the scale censored" in pages["censored"]
    assert "These numbers are on the scale" not in pages["raw"]
    assert "--scale censored" in pages["censored"]
    assert "--scale" not in pages["raw"]

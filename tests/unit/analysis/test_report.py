from __future__ import annotations

import csv
import json
import re
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.captions import described, measured
from analysis.maps import axes_of
from analysis.material import Material
from analysis.report import write_report
from search_spaces.validation import loads
from tests.unit.analysis.common import MEASURE, curve, save_nothing, trial, trials

DOCUMENT = {
    "name": "study",
    "summary": "<script>alert(1)</script> & more",
    "task": {"dataset": "digits", "network": "mlp"},
    "epochs": 2,
    "space": {"lr": {"values": [0.1, 1.0]}, "p": {"values": [0.0, 0.5]}},
    "seeds": 2,
    "objective": {"statistic": "final", "split": "test"},
}
PLANE = {"lr": {"low": 0.01, "high": 10.0, "log": True}, "p": {"low": 0.0, "high": 0.5}}
CELLS = {
    (0.1, 0.0): [10.0, 12.0],
    (1.0, 0.0): [20.0, "diverged"],
    (0.1, 0.5): [30.0, "failed"],
    (1.0, 0.5): ["waiting", "running"],
}
UNFINISHED = {cell: ["waiting", "waiting"] for cell in CELLS}
FILES = {
    "report.html", "summary.json", "trials.csv", "figures/heatmap.png", "figures/heatmap.svg", "figures/curves.png",
    "figures/curves.svg",
}  # fmt: skip


def specification(**changes):
    return loads(json.dumps(DOCUMENT | changes))


def attempt(number, ending="complete", **changes):
    row = {
        "number": number,
        "attempt": 1,
        "ending": ending,
        "reason": None,
        "host": "node1",
        "device": "cpu",
        "libraries": '{"torch": "2.14.1"}',
        "code_version": "0.1.0+aa",
        "started_at": 1.0,
        "ended_at": 3.0,
        "seconds": 2.0,
        "images_per_second": 100.0,
    }
    return row | changes


def material(rows, **changes):
    drawn = [row for row in rows if row["state"] in {"complete", "diverged"} and not row["superseded"]]
    return Material(
        specification=specification(**changes),
        hash="0123456789abcdef" * 4,
        code_version="0.1.0+aa",
        trials=rows,
        curves=[record for row in drawn for record in curve(row)],
        attempts=[attempt(row["number"], row["state"]) for row in drawn],
    )


def written(folder, rows, statistic=None, **changes):
    """Write a report and return what it holds."""
    summary = write_report(material(rows, **changes), folder, statistic)
    return SimpleNamespace(
        folder=folder,
        summary=summary,
        html=(folder / "report.html").read_text(encoding="utf-8"),
        files={path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()},
    )


@pytest.fixture
def unpainted(monkeypatch):
    """Draw figures, but keep files of a few bytes: for tests that look at numbers and words."""
    monkeypatch.setattr("analysis.gallery.save", save_nothing)


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


LINE = {"lr": {"values": [0.1, 1.0]}}


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


def text_of(cells, **changes):
    return described(specification(**changes), pd.DataFrame(trials(cells)))


def test_a_caption_says_what_was_trained():
    assert text_of(CELLS).startswith("study: padam (torch), mlp on digits, 2 epochs, decay l2; ")


def test_a_caption_says_n():
    assert "n = 8 trials, 2 seeds a configuration: 4 complete, 1 diverged" in text_of(CELLS)


def test_the_caption_of_a_map_says_at_what_diverged_trials_count():
    assert "a diverged seed counts at chance, 90 %." in measured(MEASURE)


def test_a_caption_says_how_many_were_superseded():
    text = described(specification(), pd.DataFrame(trials(CELLS)), superseded=2)
    assert "2 superseded by a retry (left out)" in text


def test_a_caption_says_what_was_left_out():
    assert "1 failed or cancelled (left out)" in text_of(CELLS)


def test_a_caption_says_what_is_still_open():
    assert text_of(CELLS).endswith(", 2 still to be trained.")


def test_a_caption_of_complete_trials_says_no_more():
    assert text_of({(0.1, 0.0): [1.0, 2.0]}).endswith("2 complete, 0 diverged.")


def test_a_caption_says_the_subset():
    task = DOCUMENT["task"] | {"subset": 100}
    assert "on digits, subset of 100 training images, 2 epochs" in text_of(CELLS, task=task)


def test_an_optimizer_of_one_form_has_no_variant():
    assert text_of(CELLS, optimizer={"name": "adam"}, space=LINE).startswith("study: adam, mlp")


@pytest.fixture
def captions(unpainted, monkeypatch, tmp_path):
    """Return the captions of the figures of a report, by function."""
    found = {}

    def caught(name):
        import analysis.gallery as module

        real = getattr(module, name)

        def draw(*arguments, **options):
            found.setdefault(name, next(a for a in reversed(arguments) if isinstance(a, str)))
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, draw)

    for name in ("draw_heatmap", "draw_points", "draw_curves"):
        caught(name)

    def of(cells, names=("lr", "p"), **changes):
        write_report(material(trials(cells, names), **changes), tmp_path)
        return found

    return of


def test_the_caption_of_a_heatmap_names_statistic_split_and_n(captions):
    text = captions(CELLS)["draw_heatmap"]
    assert "n = 8 trials" in text
    assert "final test error (%), split test, statistic final" in text


def test_the_caption_of_a_heatmap_says_its_star(captions):
    text = captions(CELLS)["draw_heatmap"]
    assert "Star: best cell, lr = 0.1, p = 0, median 11.00 %. " in text
    assert "Outlined: median within one standard error of its mean (1.00)" in text


def test_the_caption_of_a_heatmap_without_outcome_says_so(captions):
    assert captions(UNFINISHED)["draw_heatmap"].endswith("No trial has an outcome yet.")


def test_the_caption_of_one_seed_a_cell_says_so(captions):
    text = captions({cell: [10.0] for cell in CELLS}, seeds=1)["draw_heatmap"]
    assert "One seed there, so no standard error." in text


def test_the_caption_of_curves_has_n(captions):
    assert "n = 8 trials" in captions(CELLS)["draw_curves"]


def test_the_caption_of_points_names_statistic_split_and_n(captions):
    text = captions({(0.1,): [10.0, 12.0]}, ("lr",), space=LINE)["draw_points"]
    assert "n = 2 trials" in text
    assert "split test, statistic final" in text


def test_the_split_of_the_objective_is_shown(captions):
    changes = {
        "task": DOCUMENT["task"] | {"validation": 50},
        "objective": {"split": "validation", "statistic": "final"},
    }
    text = captions({(0.1,): ["diverged"]}, ("lr",), space=LINE, **changes)["draw_points"]
    assert "final validation error (%), split validation, statistic final" in text


@pytest.mark.usefixtures("unpainted")
def test_a_study_trained_with_two_versions_of_the_code_says_so(tmp_path):
    made = material(trials({(0.1, 0.0): [10.0, 12.0]}))
    write_report(made, tmp_path)
    assert "versions of the code" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    made.attempts[0]["code_version"] = "0.1.0+bb"
    write_report(made, tmp_path)
    assert "Trained with 2 versions of the code" in (tmp_path / "report.html").read_text(encoding="utf-8")


# -- the other split


CHOSEN_ON_VALIDATION = {
    "task": DOCUMENT["task"] | {"validation": 50},
    "objective": {"split": "validation", "statistic": "final"},
}
CROSSED = {  # (test error, validation error): what validation chooses is not what test would
    (0.1, 0.0): [(10.0, 21.0), (12.0, 21.0)],
    (1.0, 0.0): [(14.0, 20.0), (18.0, 18.0)],
    (0.1, 0.5): [(30.0, 40.0), "diverged"],
    (1.0, 0.5): ["failed", "waiting"],
}


def crossed_rows():
    rows = trials({cell: [r if isinstance(r, str) else r[0] for r in results] for cell, results in CROSSED.items()})
    flat = [result for results in CROSSED.values() for result in results]
    for row, result in zip(rows, flat, strict=True):
        row["validation_error_final"] = None if isinstance(result, str) else result[1]
    return rows


@pytest.fixture(scope="module")
def validated(tmp_path_factory):
    return written(tmp_path_factory.mktemp("validated"), crossed_rows(), **CHOSEN_ON_VALIDATION)


def words(report):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", report.html))


def test_without_held_out_images_there_is_no_other_split(report):
    assert report.summary["other_split"] is None
    assert "No images were held out for validation" in words(report)


def test_the_best_is_chosen_on_the_split_of_the_objective(validated):
    assert validated.summary["split"] == "validation"
    assert validated.summary["best"]["configuration"] == {"lr": 1.0, "p": 0.0}


def test_the_other_split_is_told_for_the_best_configuration(validated):
    other = validated.summary["other_split"]
    assert other["split"] == "test"
    assert other["at_best"] == {
        "configuration": {"lr": 1.0, "p": 0.0},
        "median": 16.0,
        "mean": 16.0,
        "standard_error": pytest.approx(2.0),
        "n": 2,
        "diverged": 0,
    }
    assert other["best"]["configuration"] == {"lr": 0.1, "p": 0.0}


def test_the_other_split_has_its_own_map(validated):
    (found,) = validated.summary["other_split"]["maps"]
    assert found["median"] == [[11.0, 16.0], [60.0, None]]
    assert {"figures/heatmap.png", "figures/heatmap-test.png", "figures/heatmap-test.svg"} <= validated.files.keys()


def test_the_page_says_which_split_decides_and_shows_the_other(validated):
    text = words(validated)
    assert "Choices are made, and numbers shown, on the validation split" in text
    assert "The test split stands beside it." in text
    assert "The same trials on the test split: median 16.00 % over 2 seeds" in text
    assert "On that split another one would be best: lr = 0.1, p = 0, median 11.00 %" in text


def test_the_table_of_the_best_has_the_other_split_beside(validated):
    rows = re.findall(r"<tr>((?:<td>[^<]*</td>){5})</tr>", validated.html)
    assert [re.findall(r">([^<]*)</td", row) for row in rows] == [
        ["0", "1", "19.00", "16.00", "2"],
        ["1/2", "0.1", "65.00", "60.00", "2"],
    ]


@pytest.mark.usefixtures("unpainted")
def test_where_both_splits_agree_the_page_says_so(tmp_path):
    found = written(tmp_path, trials(CELLS), **(CHOSEN_ON_VALIDATION | {"objective": DOCUMENT["objective"]}))
    assert found.summary["other_split"]["split"] == "validation"
    assert "It is the best on that split too." in words(found)


@pytest.mark.usefixtures("unpainted")
def test_no_outcome_is_no_number_of_either_split(tmp_path):
    other = written(tmp_path, trials(UNFINISHED), **CHOSEN_ON_VALIDATION).summary["other_split"]
    assert (other["at_best"], other["best"]) == (None, None)


def test_both_maps_share_their_colours(unpainted, monkeypatch, tmp_path):
    import analysis.gallery as module

    limits = []
    real = module.draw_heatmap
    monkeypatch.setattr(module, "draw_heatmap", lambda *a: limits.append(a[2]) or real(*a))
    write_report(material(crossed_rows(), **CHOSEN_ON_VALIDATION), tmp_path)
    assert limits == [(11.0, 65.0)] * 2


@pytest.fixture
def curves_drawn(unpainted, monkeypatch, tmp_path):
    """Return the bundles and the caption of the curves of a report."""
    import analysis.gallery as module

    found = []
    real = module.draw_curves
    monkeypatch.setattr(module, "draw_curves", lambda *a: found.append(a) or real(*a))

    def of(rows, **changes):
        write_report(material(rows, **changes), tmp_path)
        ((drawn, _, y, caption, _),) = found
        return [(b.y, b.x, dict(b.others)) for b in drawn], y, caption, drawn

    return of


def test_curves_have_the_errors_of_both_splits(curves_drawn):
    *_, drawn = curves_drawn(crossed_rows(), **CHOSEN_ON_VALIDATION)
    assert list(drawn[0].errors) == ["validation", "test"]


def test_curves_of_one_hyperparameter_have_no_rows(curves_drawn):
    points, y, *_ = curves_drawn(trials({(0.1,): [1.0], (1.0,): [2.0]}, ("lr",)), space=LINE)
    assert (points, y) == ([(None, 0.1, {}), (None, 1.0, {})], None)


def test_curves_of_a_larger_grid_are_those_around_the_best(curves_drawn):
    cells = {(lr, p, b): [lr + p + b] for lr in (0.1, 1.0) for p in (0.0, 0.5) for b in (0.9, 0.99)}
    space = DOCUMENT["space"] | {"beta2": {"values": [0.9, 0.99]}}
    points, _, caption, _ = curves_drawn(trials(cells, ("lr", "p", "beta2")), space=space)
    assert len(points) == 4
    assert "beta2 = 0.9, where the best configuration lies (final, split test)." in caption


def test_curves_without_a_grid_are_those_of_the_best_configurations(curves_drawn):
    cells = {(0.02 * n, 0.05 * n): [10.0 + n] for n in range(1, 9)}
    points, y, caption, _ = curves_drawn(
        trials(cells), space=PLANE, design={"name": "random", "configurations": 8}, seeds=1
    )
    assert [x for _, x, _ in points] == [pytest.approx(0.02 * n) for n in range(1, 7)]
    assert y is None
    assert "The 6 best of 8 configurations (final, split test) are drawn." in caption


@pytest.mark.usefixtures("unpainted")
def test_the_page_says_that_a_seed_of_the_best_diverged_and_that_the_study_is_unfinished(tmp_path):
    found = written(tmp_path, trials({(0.1, 0.0): [10.0, 10.0, "diverged"], (1.0, 0.5): ["waiting"]}))
    assert found.summary["best"]["diverged"] == 1
    assert "over 3 seeds (mean 36.67 %, standard error 26.67; 1 of them diverged" in words(found)
    assert "The study is unfinished: 1 of 4 trials are still to be trained." in words(found)


@pytest.mark.usefixtures("unpainted")
def test_the_page_warns_of_a_choice_on_test_images_and_of_the_minimum(tmp_path):
    rows = trials(CELLS)
    chosen = written(tmp_path / "a", rows, **(CHOSEN_ON_VALIDATION | {"objective": DOCUMENT["objective"]}))
    assert "was chosen on the test images themselves" in words(chosen)
    assert "minimum over epochs looks at the curve" not in words(chosen)
    assert "minimum over epochs looks at the curve" in words(written(tmp_path / "b", rows, "min"))


def test_captions_count_the_trials_that_are_drawn(captions):
    cells = {(lr, p, b): [lr + p + b] for lr in (0.1, 1.0) for p in (0.0, 0.5) for b in (0.9, 0.99)}
    space = DOCUMENT["space"] | {"beta2": {"values": [0.9, 0.99]}}
    assert "n = 4 trials" in captions(cells, ("lr", "p", "beta2"), space=space)["draw_heatmap"]


def test_the_caption_of_the_best_curves_counts_their_trials(curves_drawn):
    cells = {(0.02 * n, 0.05 * n): [10.0 + n] for n in range(1, 9)}
    design = {"name": "random", "configurations": 8}
    *_, caption, _ = curves_drawn(trials(cells), space=PLANE, design=design, seeds=1)
    assert "n = 6 trials" in caption

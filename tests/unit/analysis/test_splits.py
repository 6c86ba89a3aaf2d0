"""Reports of both splits, and the curves a report picks."""

from __future__ import annotations

import re

import pytest

from analysis.report import write_report
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import (
    CELLS,
    CHOSEN_ON_VALIDATION,
    DOCUMENT,
    LINE,
    PLANE,
    UNFINISHED,
    crossed_rows,
    material,
    words,
    written,
)


@pytest.fixture(scope="module")
def validated(tmp_path_factory):
    return written(tmp_path_factory.mktemp("validated"), crossed_rows(), **CHOSEN_ON_VALIDATION)


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


def test_the_caption_of_the_best_curves_counts_their_trials(curves_drawn):
    cells = {(0.02 * n, 0.05 * n): [10.0 + n] for n in range(1, 9)}
    design = {"name": "random", "configurations": 8}
    *_, caption, _ = curves_drawn(trials(cells), space=PLANE, design=design, seeds=1)
    assert "n = 6 trials" in caption

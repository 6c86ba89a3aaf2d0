from __future__ import annotations

import pandas as pd
import pytest

from analysis.captions import described, measured
from analysis.report import write_report
from tests.unit.analysis.common import MEASURE, trials
from tests.unit.analysis.reports import (
    CELLS,
    DOCUMENT,
    LINE,
    UNFINISHED,
    material,
    specification,
)


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
    task = DOCUMENT["task"] | {"subset": 100, "batch_size": 50}
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


def test_captions_count_the_trials_that_are_drawn(captions):
    cells = {(lr, p, b): [lr + p + b] for lr in (0.1, 1.0) for p in (0.0, 0.5) for b in (0.9, 0.99)}
    space = DOCUMENT["space"] | {"beta2": {"values": [0.9, 0.99]}}
    assert "n = 4 trials" in captions(cells, ("lr", "p", "beta2"), space=space)["draw_heatmap"]

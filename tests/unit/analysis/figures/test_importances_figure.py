"""Importances as a figure: rows in the order of what decides most, dots where the numbers are."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.figures import importances
from analysis.irregular import METHODS
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import PLANE, findings

NAMES = ("lr", "p", "beta2")


def study(*, lost=0, design="random", n=30, noise=0.0):
    """Return findings of configurations whose value p decides most, and lr hardly."""
    generator = np.random.default_rng(5)
    points = np.column_stack(
        [10 ** generator.uniform(-2, 1, n), generator.uniform(0, 0.5, n), generator.uniform(0.9, 0.99, n)]
    )
    cells = {
        tuple(point): [20.0 + 60.0 * point[1] + np.log10(point[0]) + more, "diverged" if place < lost else 25.0]
        for place, (point, more) in enumerate(zip(points.tolist(), generator.uniform(0.0, noise, n), strict=True))
    }
    space = PLANE | {"beta2": {"low": 0.9, "high": 0.99}}
    return findings(trials(cells, NAMES), space=space, design={"name": design, "configurations": n})


def test_rows_stand_in_the_order_of_what_decides_most():
    (found,) = importances.compute(study())
    assert found.names[0] == "p"
    assert set(found.pairs) == {"lr x p", "lr x beta2", "p x beta2"}
    figure = importances.draw(found)
    labels = [it.get_text() for it in figure.axes[0].get_yticklabels()]
    assert labels == list(found.names)
    low, high = figure.axes[0].get_ylim()
    assert low > high, "the first stands on top"


def test_every_dot_is_its_number_and_every_line_its_interval():
    (found,) = importances.compute(study(lost=3))
    assert list(found.importances) == ["all", "trained"]
    figure = importances.draw(found)
    for axes, method in zip(figure.axes, METHODS, strict=False):
        dots = sorted(line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o")
        numbers = [it.numbers[method][name] for it in found.importances.values() for name in found.names]
        assert dots == pytest.approx(sorted(number.value for number in numbers))
        ends = {tuple(line.get_xdata()) for line in axes.lines if line.get_marker() != "o"}
        assert {(number.low, number.high) for number in numbers} <= ends


def test_the_caption_says_what_is_drawn_and_what_speaks_against_it():
    assert "Configurations: all 30 (dots)." in importances.compute(study())[0].caption
    both = importances.compute(study(lost=3))[0].caption
    assert "all 30 (dots) and the 27 of which every seed learned something (rings)" in both
    assert "Biased design" not in both
    assert "Biased design" in importances.compute(study(design="tpe"))[0].caption


def test_of_few_configurations_nothing_is_drawn():
    assert importances.compute(study(n=19)) == []


def test_a_surface_that_predicts_nothing_is_told_to_say_little():
    assert "these indices say little" not in importances.compute(study())[0].caption
    (found,) = importances.compute(study(noise=70.0))
    assert found.importances["all"].says_little
    assert "of what it has not seen: these indices say little" in found.caption

"""Plays of the online sequence, from the store to the picture."""

from __future__ import annotations

import pytest

from analysis.figures import plays as figure
from analysis.plays import plays
from tests.unit.analysis.common import faults
from tests.unit.analysis.descents import CELLS, descents
from tests.unit.analysis.studies import measured_findings

ONLINE = {
    "task": {"name": "online", "steps": 10},
    "objective": {"statistic": "final", "metric": "regret"},
    "arms": {"sgd": {}, "adam": {"optimizer": {"name": "adam"}, "task": {"largest": 4}}},
}


@pytest.fixture(scope="module")
def found():
    return descents(CELLS, metrics=("regret",), **ONLINE)


def test_plays_are_told_apart_by_what_the_large_loss_is(found):
    rows = plays(found)
    assert {c: [play.arm.name for play in row] for c, row in rows.items()} == {3.0: ["sgd"], 4.0: ["adam"]}
    (play,) = rows[3.0]
    assert play.steps.tolist() == [10, 20, 30]
    assert play.regret.tolist() == [1.0, 0.5, 1.0 / 3.0]
    assert play.x.tolist() == [0.5, 0.2, 0.0]


def test_the_figure_has_a_row_for_each(found):
    (result,) = figure.compute(found)
    drawn = figure.draw(result)
    drawn.draw_without_rendering()
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["C = 3", "", "C = 4", ""]
    first, place, second, _ = drawn.axes
    assert first.lines[0].get_ydata().tolist() == [1.0, 0.5, 1.0 / 3.0]
    assert place.lines[0].get_ydata().tolist() == [0.5, 0.2, 0.0]
    # What staying at the worst point costs, 2 (C - 2) / 3.
    assert [axes.lines[-1].get_ydata()[0] for axes in (first, second)] == pytest.approx([2 / 3, 4 / 3])
    assert "what staying at x = 1 costs" in result.caption


def test_what_plays_no_sequence_has_no_such_figure():
    assert figure.compute(measured_findings()) == []


def test_in_a_column_its_panels_stand_on_one_another(found):
    (result,) = figure.compute(found)
    drawn = figure.column(result)
    assert faults(drawn) == []
    assert len({axes.get_position().x0 for axes in drawn.axes}) == 1
    (legend,) = drawn.legends
    assert [it.get_text() for it in legend.get_texts()] == ["sgd, lr = 0.1", "adam, lr = 0.01"]

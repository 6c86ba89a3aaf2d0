"""Every kind of figure keeps the protocol of the list."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from analysis.figures import FIGURES, bests, curves, decoupling, effective, heatmap, optima, paths, plays, points
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import CELLS, CUBE, LINE, PLANE, UNFINISHED, cube_rows, findings

STUDIES = {
    "grid": findings(trials(CELLS)),
    "cube": findings(cube_rows(), space=CUBE),
    "line": findings(trials({(0.1,): [10.0, 12.0], (1.0,): [20.0, 22.0]}, ("lr",)), space=LINE),
    "tpe": findings(trials(CELLS), space=PLANE, design={"name": "tpe", "configurations": 4}),
    "unfinished": findings(trials(UNFINISHED)),
}
EXPECTED = {
    "grid": ["heatmap", "optima", "curves"],
    "cube": ["heatmap", "heatmap-1", "heatmap-2", "optima", "curves"],
    "line": ["map", "curves"],
    "tpe": ["map", "curves"],
    "unfinished": ["heatmap"],
}


def test_every_kind_is_in_the_list_once():
    assert list(FIGURES) == [paths, plays, bests, decoupling, heatmap, points, optima, effective, curves]


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_has_its_figures_in_the_order_of_the_list(study):
    found = [result for kind in FIGURES for result in kind.compute(STUDIES[study])]
    assert [result.name for result in found] == EXPECTED[study]
    assert all(result.title and result.caption for result in found)


@pytest.mark.parametrize("study", STUDIES)
def test_every_figure_is_drawn_with_the_caption_of_its_result(study):
    for kind in FIGURES:
        for result in kind.compute(STUDIES[study]):
            assert kind.caption(result) == result.caption
            figure = kind.draw(result)
            below = figure.texts[-1].get_text().replace("\n", " ")
            assert below.replace("- ", "-") == result.caption.replace("- ", "-")


@pytest.mark.parametrize(
    ("kind", "study"),
    [(heatmap, "grid"), (optima, "grid"), (points, "line"), (points, "tpe"), (curves, "line"), (curves, "tpe")],
)
def test_every_kind_draws_on_axes_of_a_figure_of_ones_own(kind, study):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert kind.draw(kind.compute(STUDIES[study])[0], ax=right) is figure
    figure.draw_without_rendering()
    assert (figure.axes, figure.texts, figure.legends) == ([left, right], [], [])
    assert right.has_data() or right.patches
    assert not left.has_data()

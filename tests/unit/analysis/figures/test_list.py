"""Every kind of figure keeps the protocol of the list."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis import figures
from analysis.figures import (
    FIGURES,
    IN_A_COLUMN,
    contest,
    contour,
    curves,
    decoupling,
    divergence,
    edf,
    effective,
    expected,
    foretelling,
    heatmap,
    history,
    horizon,
    importances,
    optima,
    parallel,
    paths,
    plays,
    points,
    sensitivity,
    slices,
)
from analysis.figures.style import CAPTION
from analysis.findings import Findings
from tests.unit.analysis.common import faults, trials
from tests.unit.analysis.reports import CELLS, CUBE, LINE, PLANE, UNFINISHED, cube_rows, findings, material
from tests.unit.analysis.studies import ARMS, armed

ROW = {"lr": {"values": [0.1, 1.0, 2.0]}}
BUDGETS = {(0.1,): [20.0, 21.0], (1.0,): [10.0, 11.0], (10.0,): [30.0, "diverged"]}
STUDIES = {
    "grid": findings(trials(CELLS)),
    "cube": findings(cube_rows(), space=CUBE),
    "line": findings(trials({(0.1,): [10.0, 12.0], (1.0,): [20.0, 22.0]}, ("lr",)), space=LINE),
    "tpe": findings(trials(CELLS), space=PLANE, design={"name": "tpe", "configurations": 4}),
    "unfinished": findings(trials(UNFINISHED)),
    "sobol": findings(
        trials({(0.02 * 1.6**i, (7 * i % 12) / 24): [5.0 + 3 * i, 6.0 + 2 * i] for i in range(12)}),
        space=PLANE,
        design={"name": "sobol", "configurations": 12},
    ),
    "random cube": findings(
        trials(
            {(0.02 * 1.6**i, i / 24, 0.9 + i / 200): [5.0 + i, "diverged"] for i in range(6)}, ("lr", "p", "beta2")
        ),
        space=PLANE | {"beta2": {"low": 0.9, "high": 0.99}},
        design={"name": "random", "configurations": 6},
    ),
    "many": findings(
        trials(
            {(0.02 * 1.2**i, (7 * i % 24) / 48): [5.0 + i, "diverged" if i > 22 else 6.0 + i] for i in range(24)},
            ("lr", "p"),
        ),
        space=PLANE,
        design={"name": "random", "configurations": 24},
    ),
    "arms": findings(armed(), arms=ARMS),
    "two studies": Findings(
        material(trials({(0.1,): [10.0, 12.0], (1.0,): [20.0, 22.0], (2.0,): [9.0, 9.0]}, ("lr",)), space=ROW),
        others=(material(trials({(0.1,): [11.0, 13.0], (1.0,): [2.0, 3.0]}, ("lr",)), name="other", space=LINE),),
    ),
    "row": findings(
        trials({(lr, p): [10 * lr + p, 12.0] for lr in (0.1, 1.0, 2.0) for p in (0.0, 0.5)}),
        space={"lr": {"values": [0.1, 1.0, 2.0]}, "p": {"values": [0.0, 0.5]}},
    ),
    "budgets": findings(
        armed({"short": BUDGETS, "long": BUDGETS}, ("lr",)),
        arms={"short": {}, "long": {"epochs": 4}},
        space={"lr": {"values": [0.1, 1.0, 10.0]}},
    ),
}
EXPECTED = {
    "grid": ["heatmap", "optima", "divergence", "curves"],
    "cube": ["heatmap", "heatmap-1", "heatmap-2", "optima", "slices", "curves"],
    "line": ["map", "curves"],
    "tpe": ["map", "slices", "history", "curves"],
    "unfinished": ["heatmap"],
    "sobol": ["map", "fitted", "slices", "distribution", "history", "expected-best", "curves"],
    "random cube": ["map", "slices", "parallel", "distribution", "history", "expected-best", "curves"],
    "many": ["map", "fitted", "slices", "distribution", "history", "expected-best", "importances", "curves"],
    "arms": [
        *("bests", "heatmap", "heatmap-arm-base", "heatmap-arm-decoupled", "heatmap-arm-cosine"),
        *("optima-arm-base", "optima-arm-decoupled", "optima-arm-cosine", "divergence-arm-base", "arms"),
        *("curves-arm-base", "curves-arm-decoupled", "curves-arm-cosine"),
    ],
    "two studies": ["bests", "map-study", "map-other", "arms", "curves-study", "curves-other"],
    "row": ["heatmap", "optima", "sensitivity", "curves"],
    "budgets": [
        *("bests", "map-arm-short", "map-arm-long", "sensitivity", "arms", "horizon-lr"),
        *("curves-arm-short", "curves-arm-long"),
    ],
}


def test_every_kind_is_in_the_list_once():
    folder = Path(figures.__file__).parent
    kinds = {path.stem for path in folder.glob("*.py") if "\ndef compute(" in path.read_text(encoding="utf-8")}
    names = [kind.__name__.rpartition(".")[2] for kind in FIGURES]
    assert len(names) == len(set(names))
    assert {*names, "interactive"} == kinds


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_has_its_figures_in_the_order_of_the_list(study):
    found = [result for kind in FIGURES for result in kind.compute(STUDIES[study])]
    assert [result.name for result in found] == EXPECTED[study]
    assert all(result.title and result.caption for result in found)


def shrunk(figure):
    """Return the scale at which a figure is printed: in one column of a paper, or a wide one over both."""
    width = figure.get_size_inches()[0]
    return min(1.0, (3.25 if width < 5.0 else 6.75) / width)


@pytest.mark.parametrize("study", STUDIES)
def test_every_figure_is_drawn_with_the_caption_of_its_result(study):
    for kind in FIGURES:
        for result in kind.compute(STUDIES[study]):
            assert kind.caption(result) == result.caption
            figure = kind.draw(result)
            figure.draw_without_rendering()
            written = [it for it in figure.findobj(Text) if it.get_text() and it.get_visible()]
            assert not [it for it in written if "\\math" in it.get_text()], "a formula, as letters"
            if kind not in IN_A_COLUMN:
                assert min(it.get_fontsize() for it in written) * shrunk(figure) >= 4.0
            (below,) = [it for it in figure.texts if str(it.get_gid()).startswith(CAPTION)]
            below = below.get_text().replace("\n", " ")
            assert below.replace("- ", "-") == result.caption.replace("- ", "-")


@pytest.mark.parametrize(
    ("kind", "study"),
    [
        *[
            (heatmap, "grid"),
            (optima, "grid"),
            (divergence, "grid"),
            (points, "line"),
            (points, "tpe"),
            (curves, "line"),
        ],
        *[(curves, "tpe"), (slices, "tpe"), (slices, "cube"), (history, "tpe"), (contour, "sobol"), (edf, "sobol")],
        *[(expected, "sobol"), (parallel, "random cube"), (contest, "budgets"), (horizon, "budgets")],
        *[(sensitivity, "row"), (sensitivity, "budgets"), (importances, "many")],
    ],
)
def test_every_kind_draws_on_axes_of_a_figure_of_ones_own(kind, study):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert kind.draw(kind.compute(STUDIES[study])[0], ax=right) is figure
    figure.draw_without_rendering()
    assert (figure.axes, figure.texts, figure.legends) == ([left, right], [], [])
    assert right.has_data() or right.patches
    assert not left.has_data()


NARROW = ["grid", "line", "cube", "random cube", "many", "arms", "row", "budgets"]
"""Studies that have every kind of figure between them, but those of toys and of decays."""


@pytest.mark.parametrize("study", NARROW)
def test_a_figure_for_a_column_of_a_paper_is_as_wide_and_every_letter_of_it_is_read(study):
    for kind in FIGURES:
        for result in kind.compute(STUDIES[study])[-1:]:
            figure = kind.column(result)
            assert faults(figure) == [], result.name
            assert figure._suptitle is None
            assert not [it for it in figure.texts if str(it.get_gid()).startswith(CAPTION)]
            shown = [it for it in figure.findobj(Text) if it.get_visible() and it.get_text()]
            assert min(it.get_fontsize() for it in shown) >= 4.0


def test_studies_of_narrow_figures_have_every_kind():
    drawn = {kind for study in NARROW for kind in FIGURES if kind.compute(STUDIES[study])}
    assert set(FIGURES) - drawn == {paths, plays, decoupling, effective, foretelling}  # which have files of their own

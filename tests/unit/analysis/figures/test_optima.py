from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures import optima
from analysis.figures.style import save
from tests.unit.analysis.common import caption_of, drawn_through, marks
from tests.unit.analysis.reports import CHOSEN_ON_VALIDATION, GONE, UNFINISHED, cube, findings_of

LRS = (0.01, 0.1, 1.0, 10.0)
FAR, NEAR, LOW = [60.0, 61.0, 66.0], [5.0, 6.0, 6.0], [4.0, 7.0, 5.0]
CELLS = {
    **{(lr, 0.0): errors for lr, errors in zip(LRS, (FAR, LOW, NEAR, FAR), strict=True)},
    **{(lr, 0.25): errors for lr, errors in zip(LRS, (FAR, FAR, FAR, LOW), strict=True)},
    **{(lr, 0.5): errors for lr, errors in zip(LRS, (FAR, FAR, LOW, FAR), strict=True)},
}


def ridge(cells=CELLS, names=("lr", "p"), **options):
    (found,) = optima.compute(findings_of(cells, names, **({"seeds": 3} | options)))
    return found


def axes_of(result):
    axes = Figure(figsize=(6, 4)).add_subplot()
    optima.draw(result, ax=axes)
    return axes


def circles(axes):
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in marks(axes, "o") if line.get_markersize() == 9]


def bars(axes):
    return [list(line.get_xdata()) for line in marks(axes, "o") if line.get_markersize() == 7]


def arrows(axes):
    return [(text.xyann, text.xy) for text in axes.texts if text.arrow_patch is not None]


def test_a_circle_marks_the_best_of_every_row():
    assert circles(axes_of(ridge())) == [(0.1, 0), (10.0, 1), (1.0, 2)]


def test_a_line_joins_the_circles():
    axes = axes_of(ridge())
    assert [list(line.get_xdata()) for line in axes.lines if line.get_marker() in {"None", ""}] == [[0.1, 10.0, 1.0]]


def test_a_bar_reaches_over_the_candidates_of_its_row_and_is_seen_where_there_is_one():
    assert bars(axes_of(ridge())) == [[0.1, 1.0], [10.0, 10.0], [1.0, 1.0]]


def test_no_decay_has_a_row_but_no_cross_and_the_slope_is_said_to_be_without_it():
    decays, rates = (0.0, 1e-4, 1e-3, 1e-2), (1e-3, 1e-2, 1e-1, 1.0)
    cells = {
        (lr, decay): [10.0 + (np.log10(lr) + 1.6 - 0.2 * row) ** 2 + it for it in (0.01, -0.01, 0.0)]
        for row, decay in enumerate(decays)
        for lr in rates
    }
    result = ridge(cells, ("lr", "weight_decay"))
    assert result.map.log == (True, True)
    assert result.map.to_dict()["left_out"] == ["weight_decay"]
    slope = result.map.numbers["ridge_slope"]
    assert slope.value == pytest.approx(0.2)
    assert [it["at"] for it in slope.details["best"]] == pytest.approx([-4.0, -3.0, -2.0])
    crosses = next(line for line in axes_of(result).lines if line.get_marker() == "x")
    assert crosses.get_ydata() == pytest.approx([1, 2, 3])
    assert np.log10(crosses.get_xdata()) == pytest.approx([-1.4, -1.2, -1.0])
    assert "per decade, without weight_decay = 0." in result.caption


def test_too_few_seeds_have_no_bars():
    assert bars(axes_of(ridge({cell: errors[:2] for cell, errors in CELLS.items()}, seeds=2))) == []


def test_the_lowest_point_of_a_row_has_its_interval():
    result = ridge()
    spans = [list(line.get_xdata()) for line in axes_of(result).lines if line.get_marker() == "|"]
    best = [it for it in result.map.numbers["ridge_slope"].details["best"] if it["best"] is not None]
    assert len(best) == 2
    assert np.log10(spans) == pytest.approx(np.array([[it["low"], it["high"]] for it in best]))
    assert "with its 95 % interval; slope" in result.caption


def test_dots_mark_the_best_of_each_seed():
    (first, *_) = axes_of(ridge()).collections
    assert first.get_offsets()[:, 0].tolist() == [0.1, 1.0, 0.1]
    assert first.get_offsets()[:, 1].tolist() == pytest.approx([-0.13, 0.0, 0.13])


def test_an_arrow_points_off_the_grid_where_the_best_is_at_its_edge():
    ((origin, tip),) = arrows(axes_of(ridge()))
    assert origin == (10.0, 1)
    assert tip[0] > 10.0
    lowest = {cell: LOW if cell[0] == 0.01 else FAR for cell in CELLS}
    assert [tip[0] < 0.01 for _, tip in arrows(axes_of(ridge(lowest)))] == [True] * 3


def test_rates_that_lie_close_are_drawn_evenly():
    near = dict(zip(LRS, (0.1, 0.11, 1.0, 10.0), strict=True))
    axes = axes_of(ridge({(near[lr], p): errors for (lr, p), errors in CELLS.items()}))
    assert circles(axes) == [(1.0, 0), (3.0, 1), (2.0, 2)]
    assert bars(axes)[0] == [1.0, 2.0]
    assert axes.get_xlabel() == "learning rate (evenly spaced)"


def test_rows_and_columns_are_those_of_the_heatmap():
    axes = axes_of(ridge())
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1/4", "1/2"]
    assert axes.get_xticks().tolist() == list(LRS)
    assert axes.get_xscale() == "log"


def test_values_just_below_one_never_read_as_one():
    cells = {(lr, b): [lr, lr + b] for lr in (0.1, 1.0) for b in (0.9995, 0.9999)}
    axes = axes_of(ridge(cells, ("lr", "beta2"), seeds=2))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.9995", "0.9999"]


def test_of_a_larger_grid_the_plane_of_the_best_is_drawn():
    result = ridge(cube(lambda lr, p, b: [1 + lr + p - b]), ("lr", "p", "beta2"), seeds=1)
    assert result.map.grid.fixed == {"beta2": 0.99}
    assert result.title == "best learning rate for each partial-adaptivity exponent p, beta2 = 0.99"


@pytest.mark.parametrize(
    "cells",
    [UNFINISHED, GONE, {(0.1, 0.0): [1.0], (1.0, 0.0): [2.0]}, {(0.1, 0.0): [1.0], (0.1, 0.5): ["waiting"]}],
    ids=["unfinished", "diverged", "one row", "one row with a best"],
)
def test_where_no_two_rows_have_a_best_there_is_nothing_to_draw(cells):
    assert optima.compute(findings_of(cells)) == []


def test_the_ridge_is_that_of_the_split_of_the_objective():
    result = ridge(**CHOSEN_ON_VALIDATION)
    assert result.map.measure.split == "validation"
    assert "final validation error (%)" in result.caption


@pytest.mark.parametrize("rows", [2, 10])
def test_a_ridge_is_drawn_whole_with_its_caption(rows):
    cells = {
        (lr, round(row / 20, 3)): [abs(lr - 1) + 5.0 + s for s in (0, 1, 2)] for lr in LRS for row in range(rows)
    }
    result = ridge(cells, name="m" * 30)
    figure = optima.draw(result)
    assert drawn_through(figure)
    assert optima.caption(result) == result.caption
    assert caption_of(figure).replace("- ", "-") == result.caption.replace("- ", "-")
    axes, box = figure.axes[0], figure.texts[0].get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width
    assert box.y1 < axes.xaxis.label.get_window_extent().y0
    assert axes.title.get_window_extent().y1 <= figure.bbox.height
    assert axes._left_title.get_window_extent().x1 <= figure.bbox.width


def test_on_axes_of_ones_own_there_is_no_caption():
    figure = Figure()
    _, right = figure.subplots(1, 2)
    assert optima.draw(ridge(), ax=right) is figure
    assert (len(figure.axes), figure.texts) == (2, [])


def test_the_same_ridge_drawn_twice_gives_the_same_bytes(tmp_path):
    found = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        paths = save(optima.draw(ridge()), folder, "optima")
        found.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert found[0] == found[1]

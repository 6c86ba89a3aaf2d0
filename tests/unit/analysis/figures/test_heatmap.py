from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.figures import save
from analysis.figures.heatmap import cell_edges, draw_heatmap
from analysis.figures.scale import shared_limits
from analysis.maps import Measure, sensitivity_map
from tests.unit.analysis.common import (
    MEASURE,
    caption_of,
    drawn_through,
    mapped,
    rectangles,
    stars,
    table,
    texts,
    trials,
)

CELLS = {
    (0.1, 0.0): [10.0, 12.0, 14.0],
    (1.0, 0.0): [8.5, "diverged", "diverged"],
    (0.1, 0.5): ["diverged", "diverged", "diverged"],
    (1.0, 0.5): ["failed", "waiting", "running"],
}


def grid(columns, rows, result=lambda x, y: [10.0 + x + y]):
    """Return cells of powers of ten against multiples of 1/32."""
    return {(10.0 ** (x - 3), y / 32): result(x, y) for x in range(columns) for y in range(rows)}


SITUATIONS = {
    "one cell": grid(1, 1),
    "one row": grid(5, 1),
    "one column": grid(1, 4),
    "twelve by nine": grid(12, 9),
    "all missing": grid(3, 2, lambda _x, _y: ["waiting"]),
    "all diverged": grid(3, 2, lambda _x, _y: ["diverged", "diverged"]),
    "partly diverged": grid(3, 2, lambda x, _y: [10.0, "diverged"] if x else [5.0, 6.0]),
    "zero errors": grid(3, 2, lambda _x, _y: [0.0, 0.0]),
    "some zero errors": grid(3, 2, lambda x, _y: [10.0 * x]),
    "x of zero": {(0.0, 0.0): [1.0], (0.5, 0.0): [2.0], (1.0, 0.0): [3.0]},
    "x of zero alone": {(0.0, 0.0): [1.0]},
    "negative x": {(-1.0, 0.0): [1.0], (2.0, 0.0): [2.0]},
}


@pytest.mark.parametrize("cells", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_a_heatmap_is_drawn_in_every_situation(cells):
    assert drawn_through(draw_heatmap(mapped(cells), "A caption."))


@pytest.mark.parametrize("cells", [*SITUATIONS.values(), CELLS], ids=[*SITUATIONS.keys(), "every outcome"])
def test_as_many_cells_are_drawn_and_hatched_as_have_outcomes_and_divergence(cells):
    result = mapped(cells)
    figure = draw_heatmap(result, "")
    assert len(rectangles(figure, hatched=False)) == (result.n > 0).sum()
    assert len(rectangles(figure, hatched=True)) == (result.diverged > 0).sum()


def test_the_share_of_diverged_seeds_is_written():
    assert "90.0\n2/3 div." in texts(draw_heatmap(mapped(CELLS), ""))


def test_a_cell_where_all_diverged_says_so_without_a_number():
    assert "3/3 div." in texts(draw_heatmap(mapped(CELLS), ""))


@pytest.mark.parametrize(("error", "text"), [(0.0, "0.00"), (0.126, "0.13"), (9.87, "9.87"), (12.34, "12.3")])
def test_the_median_is_written_in_its_cell(error, text):
    assert texts(draw_heatmap(mapped({(0.1, 0.0): [error]}), "")) == [text]


def test_a_cell_without_outcome_is_blank():
    assert len(texts(draw_heatmap(mapped(CELLS), ""))) == 3


def test_a_cell_lies_between_its_edges():
    (cell,) = rectangles(draw_heatmap(mapped({(0.1, 0.0): [5.0]}), ""), hatched=False)
    left, right = cell_edges(np.array([0.1]))
    assert (cell.get_x(), cell.get_x() + cell.get_width()) == pytest.approx((left, right))
    assert (cell.get_y(), cell.get_height()) == (-0.5, 1)


@pytest.mark.parametrize(
    "cells",
    [grid(4, 3, lambda x, y: [10.0 + abs(x - 2) + abs(y - 1)]), {(0.0, 0.0): [2.0], (1.0, 0.0): [1.0]}],
    ids=["log", "linear"],
)
def test_the_star_lies_in_the_best_cell(cells):
    result = mapped(cells)
    ((x, y),) = stars(draw_heatmap(result, ""))
    row, column = result.best
    edges = cell_edges(result.xs)
    assert edges[column] < x < edges[column + 1]
    assert row - 0.5 < y < row + 0.5


def test_without_outcomes_there_is_no_star():
    assert stars(draw_heatmap(mapped(SITUATIONS["all missing"]), "")) == []


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        ([1.0, 10.0, 100.0], [10**-0.5, 10**0.5, 10**1.5, 10**2.5]),
        ([1.0], [10**-0.5, 10**0.5]),
        ([1.0, 100.0], [0.1, 10.0, 1000.0]),
        ([0.0], [-0.5, 0.5]),
        ([0.0, 1.0, 3.0], [-0.5, 0.5, 2.0, 4.0]),
        ([-2.0, 2.0], [-4.0, 0.0, 4.0]),
    ],
)
def test_edges_lie_half_way_between_neighbours(values, edges):
    assert cell_edges(np.array(values)) == pytest.approx(edges)


@pytest.mark.parametrize(
    ("xs", "scale"), [([0.1, 1.0], "log"), ([0.5], "log"), ([0.0, 1.0], "linear"), ([-1.0, 1.0], "linear")]
)
def test_the_axis_is_logarithmic_where_every_value_is_positive(xs, scale):
    axes = draw_heatmap(mapped({(x, 0.0): [1.0] for x in xs}), "").axes[0]
    assert axes.get_xscale() == scale
    assert ("log scale" in axes.get_xlabel()) == (scale == "log")


def test_rows_are_labelled_with_their_value():
    axes = draw_heatmap(mapped({(0.1, p): [1.0] for p in (0.0, 0.125, 0.5)}), "").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1/8", "1/2"]


def test_columns_are_labelled_at_their_value():
    axes = draw_heatmap(mapped({(x, 0.0): [1.0] for x in (0.01, 0.1, 1.0)}), "").axes[0]
    assert axes.get_xticks().tolist() == [0.01, 0.1, 1.0]


@pytest.mark.parametrize(
    ("medians", "expected"),
    [
        ([10.0, 40.0], (10.0, 40.0)),
        ([0.0, 40.0], (40.0 / 1.5, 40.0)),
        ([0.0], (0.1 / 1.5, 0.1)),
        ([72.0, 90.0], (60.0, 90.0)),  # no colour stands for more than 100 %
        ([], (0.1, 1.0)),
    ],
)
def test_colour_limits_are_above_zero_and_apart(medians, expected):
    cells = {(10.0**x, 0.0): [error] for x, error in enumerate(medians)} or {(1.0, 0.0): ["waiting"]}
    assert shared_limits([mapped(cells)]) == pytest.approx(expected)


def test_panels_share_their_colour_limits():
    assert shared_limits([mapped({(1.0, 0.0): [5.0]}), mapped({(1.0, 0.0): [50.0]})]) == (5.0, 50.0)


@pytest.mark.parametrize("errors", [(11.0, 19.0), (3.1, 4.8), (5.2, 9.5), (0.002, 0.003), (15.0, 85.0)])
def test_the_colour_bar_can_be_read(errors):
    bar = draw_heatmap(mapped({(10.0**x, 0.0): [error] for x, error in enumerate(errors)}), "").axes[1]
    low, high = bar.get_ylim()
    assert len([tick for tick in bar.get_yticks() if low <= tick <= high]) >= 2


def test_the_colour_bar_names_the_measure():
    assert "final test error (%)" in draw_heatmap(mapped(CELLS), "").axes[1].get_ylabel()


def test_the_title_names_what_a_panel_holds_fixed():
    result = sensitivity_map(table(CELLS), "lr", "p", MEASURE, {"beta2": 0.99})
    assert draw_heatmap(result, "").axes[0].get_title(loc="left").endswith(", beta2 = 0.99")


def test_the_caption_stands_below():
    assert "n = 4 trials" in caption_of(draw_heatmap(mapped(CELLS), "n = 4 trials"))


def test_the_outline_surrounds_every_cell_within_one_standard_error():
    # Three cells in a row: eight sides around them, none between.
    cells = {(x, 0.0): [10.0, 12.0] for x in (0.1, 1.0, 10.0)} | {(100.0, 0.0): [50.0, 50.0]}
    lines = [line for line in draw_heatmap(mapped(cells), "").axes[0].lines if line.get_marker() in {"None", ""}]
    assert len(lines) == 8


def test_the_same_map_drawn_twice_gives_the_same_bytes(tmp_path):
    drawn = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        paths = save(draw_heatmap(mapped(CELLS), "A caption."), folder, "heatmap")
        drawn.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert drawn[0] == drawn[1]


def test_the_label_of_the_colour_bar_lies_within_the_lowest_figure():
    measure = Measure(statistic="mean_last5", split="validation", chance=90.0)
    rows = trials({(0.1, 0.0): [10.0], (1.0, 0.5): [20.0]}, validation_error_mean_last5=10.0)
    figure = draw_heatmap(sensitivity_map(pd.DataFrame(rows), "lr", "p", measure), "")
    figure.draw_without_rendering()
    box = figure.axes[1].yaxis.label.get_window_extent()
    assert 0 <= box.y0 < box.y1 <= figure.bbox.height
    assert box.x1 <= figure.bbox.width

"""The ridge: the best x for each y, with the candidates of each row and the best of each seed."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import label_of
from analysis.captions import chosen, described
from analysis.figures.cells import (
    HIGHEST,
    NUMBERED,
    WIDEST,
    is_numbered,
    label_axes,
    left_of,
    narrow_labels,
    narrow_left_of,
    wrapped,
)
from analysis.figures.columns import columns_of
from analysis.figures.ridges import draw_null, draw_vertices, null_told, slope_of
from analysis.figures.style import BEST, COLUMN, COLUMN_WIDTH, STYLE, Caption
from analysis.findings import ArmFindings, Findings
from analysis.maps import SensitivityMap
from analysis.null_model import NullModel
from analysis.numbers import point

SPREAD = 0.13
"""Rows between the dots of two seeds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ridge:
    """The best x of each row of one map; the other attributes are those of every figure."""

    name: str
    title: str
    caption: str
    map: SensitivityMap
    null: NullModel | None


def compute(findings: Findings) -> list[Ridge]:
    """Return the ridge of each arm's grid of two hyperparameters; of a larger one, that of its best panel."""
    found = [_ridge(one, findings.null_models.get(one.name)) for one in findings.arms]
    return [ridge for ridge in found if ridge is not None]


def _ridge(arm: ArmFindings, null: NullModel | None) -> Ridge | None:
    maps = [one for one in arm.maps[0] if one.grid.y is not None and len(one.optima) > 1]
    best = arm.best
    if not maps or best is None:
        return None
    one = arm.map_of_best
    if one is None or one not in maps:
        return None
    grid = one.grid
    title = f"best {label_of(grid.x)} for each {label_of(str(grid.y))}"
    title += f", {arm.said}" if arm.armed else ""
    title += f", {point(grid.panel)}" if grid.fixed else ""
    where = f"{point(grid.panel)}: where the best configuration lies. " if grid.fixed else ""
    text = (
        f"{described([(arm, arm.at(grid.fixed))], grid.fixed)} {where}Circles: the {grid.x} with the "
        f"{one.measure.lowest} mean over seeds of the {one.measure.label} in each row, among the values of the grid. "
        "The line joins them."
    )
    text += " Dots: the best of each seed alone." if any(len(it.by_seed) > 1 for it in one.optima) else ""
    if any(optimum.likely for optimum in one.optima):
        text += " Bars: candidates for the best of the row at 95 % (paired over seeds, one-sided Dunnett bound)."
    else:
        text += " No bars: they take two values with all their seeds in, and three seeds."
    if any(optimum.edge for optimum in one.optima):
        text += " Arrows: the best lies at the edge of the grid, the optimum perhaps beyond."
    text += _told(one, null)
    name = f"optima{arm.suffix}"
    return Ridge(name=name, title=title, caption=f"{text} {chosen(one.measure)}".strip(), map=one, null=null)


def _told(one: SensitivityMap, null: NullModel | None) -> str:
    """Return what a caption says of the slopes."""
    slope = slope_of(one)
    told = (
        " Crosses: the lowest point of the parabola through a row's lowest cell and its neighbours, with its 95 % "
        f"interval; slope {slope}."
    )
    return (told if slope else "") + ("" if null is None else f" {null_told(null)}")


def caption(result: Ridge) -> str:
    """Return the text below a ridge."""
    return result.caption


def draw(result: Ridge, ax: Axes | None = None) -> Figure:
    """Draw a ridge on the axes of its heatmap: the same columns and rows.

    ``ax`` are axes of a figure of one's own, without a caption; None makes a figure with it.
    """
    with mpl.rc_context(STYLE):
        if ax is not None:
            _draw_ridge(ax, result, result.title)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        rows, columns = result.map.grid.mean.shape
        left = left_of(result.map.grid)
        numbered = is_numbered(result.map.grid)
        width = left + (0.82 * max(columns, 4) if numbered else WIDEST) + 0.5
        below = Caption(result.caption, width)
        title = wrapped(result.title, width - left)
        head = 0.35 + 0.16 * (title.count("\n") + 1)
        bottom, cells = 0.62 + below.height, 0.45 * max(rows, 3) if numbered else HIGHEST
        size = (width, head + cells + bottom)
        figure = Figure(figsize=size)
        axes = figure.add_axes((left / width, bottom / size[1], 1 - (left + 0.5) / width, cells / size[1]))
        _draw_ridge(axes, result, title)
        below.write(figure)
        return figure


def column(result: Ridge) -> Figure:
    """Draw a ridge as wide as a column of a paper, without title and caption."""
    with mpl.rc_context(COLUMN):
        rows, width = min(result.map.grid.mean.shape[0], NUMBERED), COLUMN_WIDTH
        left, cells = narrow_left_of(result.map.grid), max(0.24 * rows, 1.0)
        height = cells + 0.55
        figure = Figure(figsize=(width, height))
        place = (left / width, 0.45 / height, 1 - (left + 0.15) / width, cells / height)
        axes = figure.add_axes(place)
        _draw_ridge(axes, result, "", least=4.5)
        narrow_labels(axes, result.map.grid)
        return figure


def _draw_ridge(axes: Axes, result: Ridge, title: str, least: float = 0.0) -> None:
    grid = result.map.grid
    columns = columns_of(grid.xs)
    label_axes(axes, grid, columns, label_of(grid.x), label_of(str(grid.y)), least)
    axes.grid(alpha=0.3, linewidth=0.5)
    axes.set_title(title, loc="left")
    draw_vertices(axes, result.map, columns)
    if result.null is not None:
        draw_null(axes, result.map, result.null, columns)
    bests = []
    for optimum in result.map.optima:
        if optimum.likely:
            spans = optimum.low is not None and optimum.high is not None
            ends = [optimum.low, optimum.high] if spans else optimum.likely
            places = [columns.at(x) for x in ends if x is not None]
            width = 7 if spans else 0  # nothing lies between two choices
            height = [optimum.row] * len(places)
            axes.plot(places, height, color="0.75", linewidth=width, marker="o", markersize=7, zorder=1)
        offsets = SPREAD * (np.arange(len(optimum.by_seed)) - (len(optimum.by_seed) - 1) / 2)
        axes.scatter([columns.at(x) for x in optimum.by_seed], optimum.row + offsets, s=9, color="0.25", zorder=3)
        at = columns.at(optimum.x)
        bests.append((at, optimum.row))
        axes.plot([at], [optimum.row], marker="o", markersize=9, color="none", markeredgecolor=BEST, zorder=4)
        if optimum.edge is not None:
            beyond = columns.edges[0 if optimum.edge == "lowest" else -1]
            style = {"arrowstyle": "->", "color": BEST}
            axes.annotate("", xy=(beyond, optimum.row), xytext=(at, optimum.row), arrowprops=style)
    if not result.map.grid.y_axis.choices:  # nothing lies between two choices
        axes.plot(*zip(*bests, strict=True), color=BEST, linewidth=0.9, alpha=0.6, zorder=2)

"""The ridge: the best x for each y, with the candidates of each row and the best of each seed."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import label_of
from analysis.captions import chosen, described
from analysis.figures.cells import HIGHEST, WIDEST, is_numbered, label_axes, left_of, wrapped
from analysis.figures.columns import columns_of
from analysis.figures.style import BEST, STYLE, Caption
from analysis.findings import ArmFindings, Findings
from analysis.maps import SensitivityMap
from analysis.null_model import NullModel, null_model
from analysis.numbers import plain, point

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
    found = [_ridge(one, null_model(findings.material, one)) for one in findings.arms]
    return [ridge for ridge in found if ridge is not None]


def _ridge(arm: ArmFindings, null: NullModel | None) -> Ridge | None:
    maps = [one for one in arm.maps[0] if one.grid.y is not None and len(one.optima) > 1]
    best = arm.best
    if not maps or best is None:
        return None
    one = next((m for m in maps if all(best[k] == v for k, v in m.grid.fixed.items())), None)
    if one is None:
        return None
    grid = one.grid
    title = f"best {label_of(grid.x)} for each {label_of(str(grid.y))}"
    title += f", arm {arm.name}" if arm.armed else ""
    title += f", {point(grid.panel)}" if grid.fixed else ""
    where = f"{point(grid.panel)}: where the best configuration lies. " if grid.fixed else ""
    text = (
        f"{described([(arm, arm.at(grid.fixed))], grid.fixed)} {where}Circles: the {grid.x} with the "
        f"{one.measure.lowest} mean over seeds of the {one.measure.label} in each row, among the values of the grid. "
        "Dots: the best of each seed alone."
    )
    if any(optimum.likely for optimum in one.optima):
        text += " Bars: candidates for the best of the row at 95 % (paired over seeds, one-sided Dunnett bound)."
    else:
        text += " No bars: two values with every seed in, three at least, are needed."
    if any(optimum.edge for optimum in one.optima):
        text += " Arrows: the best lies at the edge of the grid, the optimum perhaps beyond."
    text += _told(one, null)
    name = f"optima{arm.suffix}"
    return Ridge(name=name, title=title, caption=f"{text} {chosen(one.measure)}".strip(), map=one, null=null)


def _told(one: SensitivityMap, null: NullModel | None) -> str:
    """Return what a caption says of the slopes."""
    slope, told = one.numbers.get("ridge_slope"), ""
    if slope is not None and slope.value is not None:
        told = " Crosses: the lowest point of the parabola through a row's lowest cell and its neighbours; slope "
        told += plain(slope.value)
        if slope.low is not None and slope.high is not None:
            told += f" [{plain(slope.low)}, {plain(slope.high)}]"
        told += " decades" if one.log[0] else ""
        told += " per decade." if one.log[1] else " per unit."
    if null is not None:
        told += (
            f" Dashed: the null model, in which a step depends on p through the scale of gradients alone, 10^"
            f"{plain(null.log10_scale)} at the best configuration: slope {plain(null.slope)}."
        )
    return told


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


def _draw_ridge(axes: Axes, result: Ridge, title: str) -> None:
    grid = result.map.grid
    columns = columns_of(grid.xs)
    label_axes(axes, grid, columns, label_of(grid.x), label_of(str(grid.y)))
    axes.grid(alpha=0.3, linewidth=0.5)
    axes.set_title(title, loc="left")
    _draw_lines(axes, result)
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


def _draw_lines(axes: Axes, result: Ridge) -> None:
    """Draw the lowest points of the rows' parabolas, and the ridge that the null model predicts."""
    grid, log = result.map.grid, result.map.log[0]
    columns = columns_of(grid.xs)
    slope = result.map.numbers.get("ridge_slope")
    if slope is not None:
        rows = [(it["best"], row) for row, it in enumerate(slope.details.get("best", ())) if it["best"] is not None]
        places = [columns.between(10.0**x if log else x) for x, _ in rows]
        axes.plot(places, [row for _, row in rows], linestyle="none", marker="x", markersize=6, color="0.1", zorder=5)
    if result.null is not None:
        places = [columns.between(result.null.at(y)) for y in grid.ys.tolist()]
        ends = axes.get_xlim()
        axes.plot(places, range(len(grid.ys)), color="0.1", linestyle=(0, (4, 3)), linewidth=1.0, zorder=2)
        axes.set_xlim(ends)

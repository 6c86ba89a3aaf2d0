"""The divergence map: in which cells seeds diverged, how many of them, and in which epoch."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from analysis.axes import label_of
from analysis.captions import described
from analysis.figures import narrow
from analysis.figures.cells import NUMBERED, Look, draw_cell, label_axes, left_of, narrow_labels, narrow_left_of
from analysis.figures.columns import columns_of
from analysis.figures.style import COLUMN, STYLE, Caption
from analysis.findings import ArmFindings, Findings
from analysis.grid import Matrix
from analysis.maps import SensitivityMap, numbers
from analysis.numbers import point

MOST = 6
"""Panels of one study at the most, those with the most diverged seeds first."""

SHARE = "Greys"
EPOCH = "cividis"


@dataclass(frozen=True, kw_only=True, eq=False)
class Divergence:
    """The divergence of one map: ``epochs`` is ``[y, x]``, the median epoch of divergence, NaN where no seed did."""

    name: str
    title: str
    caption: str
    map: SensitivityMap
    epochs: Matrix
    budget: int


def compute(findings: Findings) -> list[Divergence]:
    """Return the divergence of every map in which a seed diverged, the most of it first."""
    maps = [(one, i, m) for one in findings.arms for i, m in enumerate(one.maps[0]) if m.grid.y is not None]
    found = [it for it in maps if it[2].grid.diverged.any()]
    found.sort(key=lambda it: -int(it[2].grid.diverged.sum()))
    return [_divergence(one, i, shown, len(found)) for one, i, shown in found[:MOST]]


def _divergence(arm: ArmFindings, index: int, shown: SensitivityMap, total: int) -> Divergence:
    grid = shown.grid
    trials = arm.at(grid.fixed)
    gone = trials[trials["state"] == "diverged"]
    epochs = np.full(grid.mean.shape, np.nan)
    for values, part in gone.groupby([str(grid.y), grid.x]):
        y, x = numbers(values)
        cell = int(np.searchsorted(grid.ys, y)), int(np.searchsorted(grid.xs, x))
        epochs[cell] = float(part["diverged_epoch"].median())
    title = f"divergence over {label_of(grid.x)} and {label_of(str(grid.y))}"
    title += f", {point(grid.panel)}" if grid.fixed else ""
    text = (
        f"{described([(arm, trials)], grid.fixed)} First: share of the seeds that count that "
        f"diverged. Second: median epoch in which they did, of {arm.arm.epochs}. Blank: no seed."
    )
    text += f" {MOST} of {total} maps in which seeds diverged are drawn." if total > MOST else ""
    panel = f"-{index + 1}" if len(arm.maps[0]) > 1 else ""
    return Divergence(
        name=f"divergence{arm.suffix}{panel}",
        title=title + (f", {arm.said}" if arm.armed else ""),
        caption=text,
        map=shown,
        epochs=epochs,
        budget=arm.arm.epochs,
    )


def caption(result: Divergence) -> str:
    """Return the text below a divergence map."""
    return result.caption


def draw(result: Divergence, ax: Axes | None = None) -> Figure:
    """Draw shares and epochs side by side; on ``ax``, axes of a figure of one's own, the shares alone."""
    with mpl.rc_context(STYLE):
        if ax is not None:
            _shares(ax, result, 8.0)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        rows, columns = (min(count, NUMBERED) for count in result.map.grid.mean.shape)
        left, one, high = left_of(result.map.grid), 0.36 * max(columns, 6), 0.34 * max(rows, 4)
        width = left + 2 * one + 0.85
        below = Caption(result.caption, width)
        size = (width, 0.75 + high + 0.55 + below.height)
        figure = Figure(figsize=size)
        for place, panel in enumerate((_shares, _epochs)):
            box = ((left + place * (one + 0.3)) / width, (0.55 + below.height) / size[1], one / width, high / size[1])
            panel(figure.add_axes(box), result, 6.5)
        figure.axes[1].set_ylabel("")
        figure.axes[1].set_yticklabels([])
        figure.text(0.12 / width, 1 - 0.08 / size[1], result.title, va="top", fontsize=10)
        below.write(figure)
        return figure


def column(result: Divergence) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption: one map below the other."""
    with mpl.rc_context(COLUMN):
        grid = result.map.grid
        height = max(0.9, 0.2 * min(grid.mean.shape[0], NUMBERED))
        figure, axes = narrow.stacked(2, height, left=narrow_left_of(grid), between=0.62, head=0.25)
        for place, panel in zip(axes, (_shares, _epochs), strict=True):
            panel(place, result, 6.0)
            narrow_labels(place, grid)
        return narrow.settled(figure)


def _shares(axes: Axes, result: Divergence, size: float) -> None:
    grid, scale = result.map.grid, ScalarMappable(Normalize(0.0, 1.25), SHARE)
    for row, column in np.argwhere(grid.n > 0):
        cell = (int(row), int(column))
        gone, n = int(grid.diverged[cell].sum()), int(grid.n[cell])
        look = Look(value=gone / n, lines=(f"{gone}/{n}",) if gone else ())
        draw_cell(axes, grid, cell, look, columns_of(grid.xs), scale, size)
    _labelled(axes, result, "share of seeds diverged")


def _epochs(axes: Axes, result: Divergence, size: float) -> None:
    grid, scale = result.map.grid, ScalarMappable(Normalize(1.0, max(result.budget, 2)), EPOCH)
    for row, column in np.argwhere(np.isfinite(result.epochs)):
        cell = (int(row), int(column))
        epoch = float(result.epochs[cell])
        draw_cell(axes, grid, cell, Look(value=epoch, lines=(f"{epoch:g}",)), columns_of(grid.xs), scale, size)
    _labelled(axes, result, "median epoch of divergence")


def _labelled(axes: Axes, result: Divergence, title: str) -> None:
    grid = result.map.grid
    label_axes(axes, grid, columns_of(grid.xs), label_of(grid.x), label_of(str(grid.y)), least=6.0)
    axes.set_title(title, loc="left", fontsize=8.5)
    for spine in axes.spines.values():
        spine.set(visible=True, color="0.8", linewidth=0.6)

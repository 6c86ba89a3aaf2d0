"""Paths over the contour of a landscape, with what was measured on the way below, as a picture and as a film.

The four problems are those of A. Radford's animations of optimizers (2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.captions import described
from analysis.figures import narrow
from analysis.figures.film import Frame, film
from analysis.figures.palette import label, styles
from analysis.figures.style import COLUMN, STYLE, Caption, plain_log
from analysis.findings import Findings
from analysis.paths import Ways, ways

WIDTH = 8.2
ACROSS = 121
"""Points of the contour in each direction."""

LEVELS = 13
FRAMES = 80
"""Pictures of a film at the most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Paths:
    """The paths over one landscape.

    Attributes
    ----------
    name, title, caption
        As of every figure.
    ways
        What is drawn.
    labels
        What the legend calls each path.
    """

    name: str
    title: str
    caption: str
    ways: Ways
    labels: Sequence[str]

    @cached_property
    def contour(self) -> tuple[npt.NDArray[np.float64], ...]:
        """Return x, y, and the excess of the loss there, each ``[ACROSS, ACROSS]``."""
        left, right, bottom, top = self.ways.view
        x, y = np.meshgrid(np.linspace(left, right, ACROSS), np.linspace(bottom, top, ACROSS))
        return x, y, self.ways.landscape.value(x, y) - self.ways.landscape.lowest

    @cached_property
    def levels(self) -> npt.NDArray[np.float64]:
        """Heights of the contour, evenly spaced in their logarithm."""
        excess = self.contour[2]
        return np.geomspace(np.quantile(excess[excess > 0], 0.005), excess.max(), LEVELS)

    @cached_property
    def styles(self) -> list[dict[str, Any]]:
        """Colour and dashes of each path."""
        return styles([path.arm for path in self.ways.paths])


def compute(findings: Findings) -> list[Paths]:
    """Return one figure for each landscape that arms of a study descend."""
    every = ways(findings)
    return [
        Paths(
            name="paths" if len(every) == 1 else f"paths-{one.landscape.name}",
            title=f"paths over {one.landscape.title}",
            caption=_caption(one),
            ways=one,
            labels=[label(path.arm, path.trial) for path in one.paths],
        )
        for one in every
    ]


def _caption(found: Ways) -> str:
    one, paths = found.landscape, found.paths
    text = described([(path.arm, path.trial) for path in paths])
    text += " Each path is that of the best configuration of its arm, with its lowest seed; later arms lie on top."
    longest = max(path.every for path in paths)
    text += f" A point every {longest} steps." if longest > 1 else " A point each step."
    text += " Contours: the loss above its minimum, evenly spaced in its logarithm, higher is darker."
    text += f" Circle: start. Star: minimum{' (there are two)' if len(one.minima) > 1 else ''}."
    if any((path.values < found.floor).any() for path in paths):
        text += f" What is below {found.floor:.0e} lies on the lower edge."
    gone = [path.arm.name for path in paths if path.leaves]
    text += f" Left the drawn plane, where the lines are cut off: {', '.join(gone)}." if gone else ""
    lost = [path.arm.name for path in paths if path.diverged]
    return text + (f" Crosses: the last point before {', '.join(lost)} diverged." if lost else "")


def caption(result: Paths) -> str:
    """Return the text below the paths."""
    return result.caption


def draw(result: Paths, ax: Axes | None = None) -> Figure:
    """Draw the paths over the contour, and what was measured on the way below it.

    ``ax`` are axes of a figure of one's own, which are given the contour and the paths alone.
    """
    with mpl.rc_context(STYLE):
        if ax is not None:
            _draw_contour(ax, result)
            _draw_paths(ax, result)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        below = Caption(result.caption, WIDTH)
        figure, plane, chart = _figure(result, below.height)
        _draw_paths(plane, result)
        _draw_chart(chart, result)
        below.write(figure)
        return figure


def column(result: Paths) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption."""
    with mpl.rc_context(COLUMN):
        figure, (plane, chart) = narrow.stacked(2, 2.0, between=0.45)
        _draw_contour(plane, result)
        plane.set_title("", loc="left")
        _draw_paths(plane, result)
        _draw_chart(chart, result)
        narrow.key(figure, _handles(result), result.labels)
        return narrow.settled(figure)


def animate(result: Paths) -> bytes:
    """Return the paths as a film, a GIF in which each path grows at the same pace."""
    with mpl.rc_context(STYLE):
        figure, plane, chart = _figure(result, 0.0)
        canvas, above = FigureCanvasAgg(figure), list(plane.lines)
        lines = [*_draw_paths(plane, result, whole=False), *_draw_chart(chart, result)]
        told = plane.text(0.985, 0.975, "", transform=plane.transAxes, ha="right", va="top", fontsize=9)
        last = max(int(path.steps[-1]) for path in result.ways.paths)
        ends = np.unique(np.linspace(0, last, min(FRAMES, last + 1)).round().astype(int))
        return film(canvas, lines, told, [_frame(result.ways, int(end)) for end in ends], above)


def _frame(found: Ways, step: int) -> Frame:
    """Return what is there after some steps: paths, where each is, and charts, as they are drawn."""
    shown = [(path, int(np.searchsorted(path.steps, step, side="right"))) for path in found.paths]
    lines = [(path.x[:count], path.y[:count]) for path, count in shown]
    heads = [(x[-1:], y[-1:]) for x, y in lines]
    charts = [(path.steps[:count], found.heights(path)[:count]) for path, count in shown]
    return Frame(points=[*lines, *heads, *charts], words=f"step {step}")


def _figure(result: Paths, below: float) -> tuple[Figure, Axes, Axes]:
    """Return a figure with the contour, the axes of the chart, and the legend; ``below`` inches for a caption."""
    height = 6.3 + below
    figure = Figure(figsize=(WIDTH, height))
    legend = 0.55 + 0.075 * max(map(len, result.labels))
    left, right = 0.75 / WIDTH, 1 - legend / WIDTH
    plane = figure.add_axes((left, (below + 2.05) / height, right - left, 3.95 / height))
    chart = figure.add_axes((left, (below + 0.5) / height, right - left, 1.1 / height))
    _draw_contour(plane, result)
    place = (right + 0.08 / WIDTH, (below + 6.0) / height)
    figure.legend(handles=_handles(result), loc="upper left", bbox_to_anchor=place, frameon=False, fontsize=8)
    return figure, plane, chart


def _handles(result: Paths) -> list[Line2D]:
    """Return the entries of the legend."""
    return [
        Line2D([], [], linewidth=1.8, label=label, **style)
        for label, style in zip(result.labels, result.styles, strict=True)
    ]


def _draw_contour(axes: Axes, result: Paths) -> None:
    one = result.ways.landscape
    x, y, excess = result.contour
    heights = np.log10(np.maximum(excess, result.levels[0] / 10.0))
    levels = np.log10(result.levels)
    axes.contourf(
        x,
        y,
        heights,
        levels=levels,
        cmap="Greys",
        vmin=levels[0],
        vmax=2.2 * levels[-1] - 1.2 * levels[0],
        extend="min",
    )
    axes.contour(x, y, heights, levels=levels, colors="0.55", linewidths=0.5, linestyles="solid")
    left, right, bottom, top = result.ways.view
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.plot(*one.start, marker="o", markersize=7, markerfacecolor="white", markeredgecolor="black", zorder=6)
    for minimum in one.minima:
        axes.plot(*minimum, marker="*", markersize=11, color="white", markeredgecolor="black", zorder=6)
    axes.set_xlabel(one.axes[0])
    axes.set_ylabel(one.axes[1])
    axes.set_title(result.title, loc="left")


def _draw_paths(axes: Axes, result: Paths, *, whole: bool = True) -> list[Line2D]:
    """Draw the paths, and a mark where each is; return them, the marks last."""
    heads = []
    lines = []
    for path, style in zip(result.ways.paths, result.styles, strict=True):
        lines += axes.plot(path.x, path.y, linewidth=1.5, zorder=4, **style)
        marker = "x" if path.diverged and whole else "o"
        heads += axes.plot(path.x[-1:], path.y[-1:], marker=marker, markersize=5, color=style["color"], zorder=5)
    return [*lines, *heads]


def _draw_chart(axes: Axes, result: Paths) -> list[Line2D]:
    """Draw what was measured over steps."""
    metric = result.ways.metric
    lines = []
    for path, style in zip(result.ways.paths, result.styles, strict=True):
        lines += axes.plot(path.steps, result.ways.heights(path), linewidth=1.2, **style)
    values = np.concatenate([result.ways.heights(path) for path in result.ways.paths])
    values = values[np.isfinite(values)]
    if metric.log and len(values):
        axes.set_yscale("log")
        axes.set_ylim(values.min() / 1.5, values.max() * 1.5)
        plain_log(axes.yaxis)
    axes.set_xlim(0, max(max(int(path.steps[-1]), path.every) for path in result.ways.paths))
    axes.set_xlabel("step")
    axes.set_ylabel(f"{metric.name} ({metric.unit})" if metric.unit else metric.name)
    axes.grid(alpha=0.25, linewidth=0.5)
    return lines

"""The heatmap: cells of two hyperparameters, coloured by error, never interpolated."""

from __future__ import annotations

import textwrap

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.figures import STYLE, label_of, plain, short
from analysis.figures.scale import BEST, COLOURS, draw_bar, shared_limits
from analysis.maps import SensitivityMap


def draw_heatmap(result: SensitivityMap, caption: str, colour_limits: tuple[float, float] | None = None) -> Figure:
    """Draw a map.

    The x axis is logarithmic where every value is positive, and cells reach half way to their neighbours; rows are
    evenly spaced and labelled with their value. Blank cells have no outcome. A star marks the best cell, a heavy line
    the cells within one standard error of it; hatching marks cells where seeds diverged, with their share.
    """
    with mpl.rc_context(STYLE):
        rows, columns = result.median.shape
        lines = textwrap.wrap(caption, max(60, 17 * columns))
        bottom = 0.75 + 0.16 * len(lines)
        size = (2.3 + 0.82 * max(columns, 4), 0.7 + 0.62 * max(rows, 2) + bottom)
        figure = Figure(figsize=size)
        axes = figure.add_axes((0.95 / size[0], bottom / size[1], 1 - 2.2 / size[0], 1 - (bottom + 0.45) / size[1]))
        norm = LogNorm(*(colour_limits or shared_limits([result])))
        colours = mpl.colormaps[COLOURS]
        edges = cell_edges(result.xs)
        for row in range(rows):
            for column in range(columns):
                _draw_cell(axes, result, row, column, edges, ScalarMappable(norm, colours))
        _outline(axes, result, edges)
        _label_axes(axes, result, edges)
        bar = figure.add_axes((1 - 1.05 / size[0], bottom / size[1], 0.16 / size[0], 1 - (bottom + 0.45) / size[1]))
        draw_bar(figure, bar, norm, result.measure)
        title = f"{label_of(result.y)} against {label_of(result.x)}"
        if result.fixed:
            title += ", " + ", ".join(f"{name} = {value:g}" for name, value in result.fixed.items())
        axes.set_title(title, loc="left")
        figure.text(0.12 / size[0], 0.1 / size[1], "\n".join(lines), va="bottom", fontsize=7.5, linespacing=1.35)
        return figure


def cell_edges(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the borders of cells around ascending values: geometric midpoints where all are positive."""
    positive = bool((values > 0).all())
    centres = np.log10(values) if positive else values.astype(float)
    if len(centres) == 1:
        inner, first, last = np.array([]), centres[0] - 0.5, centres[0] + 0.5
    else:
        inner = (centres[1:] + centres[:-1]) / 2
        first, last = centres[0] - (inner[0] - centres[0]), centres[-1] + (centres[-1] - inner[-1])
    edges = np.concatenate([[first], inner, [last]])
    return 10.0**edges if positive else edges


def _draw_cell(
    axes: Axes,
    result: SensitivityMap,
    row: int,
    column: int,
    edges: npt.NDArray[np.float64],
    colours: ScalarMappable,
) -> None:
    n = int(result.n[row, column])
    if not n:
        return
    value, diverged = float(result.median[row, column]), int(result.diverged[row, column])
    low, _ = colours.get_clim()
    colour = np.asarray(colours.to_rgba(np.array([max(value, low or value)])))[0]
    corner, width = (edges[column], row - 0.5), edges[column + 1] - edges[column]
    if diverged == n:
        colour = np.array([0.85, 0.85, 0.85, 1.0])
    axes.add_patch(Rectangle(corner, width, 1, facecolor=tuple(colour), edgecolor="white", linewidth=0.8))
    ink = "black" if colour[:3] @ (0.299, 0.587, 0.114) > 0.5 else "white"
    if diverged:
        axes.add_patch(
            Rectangle(corner, width, 1, facecolor="none", edgecolor=(0.35, 0.35, 0.35), hatch="////", linewidth=0)
        )
    centre = np.sqrt(edges[column] * edges[column + 1]) if edges[0] > 0 else (edges[column] + edges[column + 1]) / 2
    text = "" if diverged == n else _percent(value)
    if diverged:
        text = f"{text}\n{diverged}/{n} div.".strip()
    box = {"facecolor": tuple(colour), "edgecolor": "none", "pad": 1.2} if diverged else None
    axes.text(centre, row, text, ha="center", va="center", color=ink, fontsize=8, bbox=box)
    if result.best == (row, column):
        at = (
            edges[column] * (edges[column + 1] / edges[column]) ** 0.16
            if edges[0] > 0
            else edges[column] + 0.16 * width
        )
        axes.plot([at], [row + 0.32], marker="*", markersize=11, color=BEST, markeredgecolor="white", zorder=5)


def _percent(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _outline(axes: Axes, result: SensitivityMap, edges: npt.NDArray[np.float64]) -> None:
    """Draw the border of the set of cells within one standard error of the best."""
    inside = np.pad(result.within, 1)
    for row, column in zip(*np.nonzero(result.within), strict=True):
        left, right = edges[column], edges[column + 1]
        sides = {
            (0, -1): ([left, left], [row - 0.5, row + 0.5]),
            (0, 1): ([right, right], [row - 0.5, row + 0.5]),
            (-1, 0): ([left, right], [row - 0.5, row - 0.5]),
            (1, 0): ([left, right], [row + 0.5, row + 0.5]),
        }
        for (down, across), (xs, ys) in sides.items():
            if not inside[row + 1 + down, column + 1 + across]:
                axes.plot(xs, ys, color=BEST, linewidth=2.2, solid_capstyle="projecting", zorder=4, clip_on=False)


def _label_axes(axes: Axes, result: SensitivityMap, edges: npt.NDArray[np.float64]) -> None:
    if edges[0] > 0:
        axes.set_xscale("log")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(-0.5, len(result.ys) - 0.5)
    axes.xaxis.set_major_locator(FixedLocator(result.xs.tolist()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.set_yticks(range(len(result.ys)), [short(float(value)) for value in result.ys])
    axes.tick_params(length=2)
    axes.set_xlabel(label_of(result.x) + (" (log scale)" if edges[0] > 0 else ""))
    axes.set_ylabel(label_of(result.y))
    for spine in axes.spines.values():
        spine.set_visible(False)

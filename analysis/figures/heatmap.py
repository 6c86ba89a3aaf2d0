"""The heatmap: cells of two hyperparameters, coloured by error, never interpolated; and several on one page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from analysis.axes import label_of
from analysis.captions import described, map_legend, measured, panels_legend
from analysis.figures.columns import SUFFIX, Columns, columns_of, fitting, width_of
from analysis.figures.scale import BAR, draw_bar, right_of, scale_of
from analysis.figures.style import BEST, STYLE, Caption
from analysis.findings import Findings, Limits
from analysis.grid import Grid
from analysis.maps import SensitivityMap
from analysis.numbers import plain, point

MAX_PANELS = 12
"""Maps drawn at the most, of each split."""

ACROSS = 2
"""Panels beside one another on a page of several."""

NUMBERED = 30
"""Columns, and rows, up to which every cell has room for its number."""

LABELLED = 15
"""Values of an axis that are labelled where cells have no numbers, evenly chosen ones."""

WIDEST, HIGHEST = 11.0, 8.5
"""Inches that the cells of a map without numbers share."""

LOST = (0.85, 0.85, 0.85, 1.0)
"""The colour of a cell that lost every seed: its number is that of guessing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Heatmap:
    """One map, or several panels with one colour scale.

    Attributes
    ----------
    name
        Of its files.
    title
        What it shows, in words; above the picture and instead of it.
    caption
        The text below.
    maps
        The panels.
    panels
        What each of them holds fixed, in words; of one map the title says it.
    of_study
        Panels that hold the best configuration of the whole study; the stars of the others are hollow.
    limits
        Of the colours.
    """

    name: str
    title: str
    caption: str
    maps: tuple[SensitivityMap, ...]
    panels: tuple[str, ...]
    of_study: tuple[bool, ...]
    limits: Limits


def compute(findings: Findings) -> list[Heatmap]:
    """Return every heatmap of a study: of each split one page of all panels, then each panel alone."""
    found: list[Heatmap] = []
    for index, (measure, maps) in enumerate(zip(findings.measures, findings.maps, strict=True)):
        if not maps or maps[0].grid.y is None:
            continue
        name = f"heatmap-{measure.split}" if index else "heatmap"
        shown, best = maps[:MAX_PANELS], findings.bests[index]
        found.append(_heatmap(findings, name, shown, best, len(maps)))
        if len(shown) > 1:
            found += [_heatmap(findings, f"{name}-{i}", [one], best, 1) for i, one in enumerate(shown, start=1)]
    return found


def _heatmap(
    findings: Findings, name: str, maps: Sequence[SensitivityMap], best: Mapping[str, float] | None, total: int
) -> Heatmap:
    """Return the figure of some panels of the ``total`` there are; ``best`` is that of all, by the same measure."""
    first, alone = maps[0], len(maps) == 1
    grid, measure = first.grid, first.measure
    panels = tuple(_panel_titles(findings, maps))
    title = f"{measure.split} error over {label_of(grid.x)} and {label_of(str(grid.y))}"
    title += f", {panels[0]}" if alone and grid.fixed else ""
    drawn = pd.concat([findings.at(one.grid.fixed) for one in maps])
    text = described(findings, drawn, grid.fixed if alone else {})
    diverged = any(bool(one.grid.diverged.any()) for one in maps)
    text += f" {measured(measure, 'Colour and numbers', diverged=diverged)}"
    of_study = tuple(_holds_best(one, best) for one in maps)
    if alone:
        numbered = is_numbered(grid)
        text += f" {map_legend(first, numbered=numbered)}"
        text += "" if numbered else " Too many cells for numbers; summary.json has them."
        if not of_study[0] and best is not None and grid.best is not None:
            text += f" Hollow star: the best of the study lies elsewhere, at {point(findings.named(best))}."
    else:
        text += f" {panels_legend(maps)}"
        if total > len(maps):
            text += f" {len(maps)} of {total} panels are drawn; summary.json has all of them."
    return Heatmap(
        name=name,
        title=title,
        caption=text,
        maps=tuple(maps),
        panels=panels,
        of_study=of_study,
        limits=findings.limits,
    )


def _holds_best(result: SensitivityMap, best: Mapping[str, float] | None) -> bool:
    grid = result.grid
    if grid.best is None:
        return False
    row, column = grid.best
    mine = dict(grid.fixed) | {grid.x: float(grid.xs[column]), str(grid.y): float(grid.ys[row])}
    return mine == best


def _panel_titles(findings: Findings, maps: Sequence[SensitivityMap]) -> list[str]:
    """Return what each panel holds fixed, in digits that tell all panels of the study apart."""
    every = [dict(one.grid.fixed) for one in findings.maps[0]]
    texts = {name: findings.scales[name].texts(sorted({fixed[name] for fixed in every})) for name in every[0]}
    return [", ".join(f"{name} = {texts[name][value]}" for name, value in one.grid.fixed.items()) for one in maps]


def caption(result: Heatmap) -> str:
    """Return the text below a heatmap."""
    return result.caption


def draw(result: Heatmap, ax: Axes | None = None) -> Figure:
    """Draw a heatmap.

    Columns lie as :mod:`analysis.figures.columns` says; rows are evenly spaced. Blank cells have no outcome. A star
    marks the best cell, a heavy line the candidates for it; lines across mark cells where seeds diverged, dots those
    where seeds learned nothing, each with the share.

    Parameters
    ----------
    result
        What to draw.
    ax
        Axes of a figure of one's own, for one map; it gets cells, labels and title, and no caption or colour bar.
        None makes a figure with both.
    """
    with mpl.rc_context(STYLE):
        if ax is not None:
            if len(result.maps) > 1:
                raise ValueError(
                    f"several panels need a figure of their own, got axes for {len(result.maps)} of them"
                )
            _draw_map(ax, result.maps[0], result.limits, result.title, filled=result.of_study[0], size=8.0)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        return _alone(result) if len(result.maps) == 1 else _together(result)


def _alone(result: Heatmap) -> Figure:
    grid, measure = result.maps[0].grid, result.maps[0].measure
    rows, columns = grid.mean.shape
    left, right = left_of(grid), right_of(result.limits, measure)
    numbered = is_numbered(grid)
    width = left + (0.82 * max(columns, 4) if numbered else WIDEST) + 0.2 + right
    below = Caption(result.caption, width)
    title = wrapped(result.title, width - left)
    head = 0.35 + 0.16 * (title.count("\n") + 1)
    cells, bottom = 0.62 * max(rows, 2) if numbered else HIGHEST, 0.62 + below.height
    size = (width, head + cells + bottom)
    figure = Figure(figsize=size)
    place = (bottom / size[1], cells / size[1])
    axes = figure.add_axes((left / width, place[0], 1 - (left + 0.2 + right) / width, place[1]))
    _draw_map(axes, result.maps[0], result.limits, title, filled=result.of_study[0], size=8.0)
    bar = figure.add_axes((1 - right / width, place[0], BAR / width, place[1]))
    draw_bar(figure, bar, result.limits, measure)
    below.write(figure)
    return figure


def _together(result: Heatmap) -> Figure:
    """Draw small multiples with one colour bar."""
    across = min(ACROSS, len(result.maps))
    down = math.ceil(len(result.maps) / across)
    columns = max(len(one.grid.xs) for one in result.maps)
    rows = max(len(one.grid.ys) for one in result.maps)
    left, right = max(left_of(one.grid) for one in result.maps) - 0.2, right_of(result.limits, result.maps[0].measure)
    columns, rows = min(columns, NUMBERED), min(rows, NUMBERED)
    panel = (left + 0.1 + 0.52 * max(columns, 4), 0.85 + 0.42 * max(rows, 2))
    width = across * panel[0] + 0.25 + right
    below = Caption(result.caption, width)
    size = (width, 0.3 + down * panel[1] + below.height)
    figure = Figure(figsize=size)
    figure.text(0.12 / width, 1 - 0.08 / size[1], result.title, va="top", fontsize=10)
    for number, one in enumerate(result.maps):
        row, column = divmod(number, across)
        bottom = size[1] - 0.3 - (row + 1) * panel[1] + 0.5
        place = ((column * panel[0] + left) / width, bottom / size[1])
        box = (*place, (panel[0] - left - 0.1) / width, (panel[1] - 0.85) / size[1])
        axes = figure.add_axes(box)
        _draw_map(axes, one, result.limits, result.panels[number], filled=result.of_study[number], size=6.5)
        axes.title.set_fontsize(8.5)
        axes.set_xlabel(one.grid.x, fontsize=8)  # the title of the page says both in full
        axes.set_ylabel(str(one.grid.y), fontsize=8)
    height = min(3.0, down * panel[1] - 0.85)
    box = (1 - right / width, 1 - (0.65 + height) / size[1], BAR / width, height / size[1])
    draw_bar(figure, figure.add_axes(box), result.limits, result.maps[0].measure)
    below.write(figure)
    return figure


def is_numbered(grid: Grid) -> bool:
    """Tell whether the cells of a map have room for their numbers."""
    return len(grid.xs) <= NUMBERED and len(grid.ys) <= NUMBERED


def left_of(grid: Grid) -> float:
    """Return the inches that the labels of a grid's rows take."""
    return max(0.95, 0.45 + 0.08 * max(map(len, grid.y_axis.texts(grid.ys.tolist()).values())))


def wrapped(title: str, inches: float) -> str:
    """Return a title in lines that fit on a width."""
    return textwrap.fill(title, int(11.0 * inches))


def _draw_map(axes: Axes, result: SensitivityMap, limits: Limits, title: str, *, filled: bool, size: float) -> None:
    columns = columns_of(result.grid.xs)
    colours = scale_of(limits)
    for row, column in np.argwhere(result.grid.n > 0):
        _draw_cell(axes, result, (int(row), int(column)), columns, colours, size)
    _draw_star(axes, result, columns, filled=filled)
    _outline(axes, result, columns.edges)
    label_axes(axes, result, columns)
    axes.set_title(title, loc="left")


def _draw_cell(
    axes: Axes,
    result: SensitivityMap,
    cell: tuple[int, int],
    columns: Columns,
    colours: ScalarMappable,
    size: float,
) -> None:
    grid, (row, column) = result.grid, cell
    n, diverged, nothing = int(grid.n[cell]), int(grid.diverged[cell].sum()), int(grid.learned_nothing[cell].sum())
    value = float(grid.mean[cell])
    low, _ = colours.get_clim()
    colour = LOST if diverged == n else tuple(np.asarray(colours.to_rgba(np.array([max(value, low or value)])))[0])
    left, right = columns.edges[column : column + 2]
    corner, width = (left, row - 0.5), right - left
    numbered = is_numbered(grid)
    line = 0.8 if numbered else 0.0
    axes.add_patch(Rectangle(corner, width, 1, facecolor=colour, edgecolor="white", linewidth=line))
    dark = np.array(colour[:3]) @ (0.299, 0.587, 0.114) <= 0.5
    marks = [*(["////"] if diverged else []), *([".."] if nothing else [])]
    for hatch in marks:
        ink = (0.6, 0.6, 0.6) if dark else (0.35, 0.35, 0.35)
        axes.add_patch(Rectangle(corner, width, 1, facecolor="none", edgecolor=ink, hatch=hatch, linewidth=0))
    if not numbered:
        return
    lines = [
        *([] if diverged == n else [_percent(value)]),
        *([f"{diverged}/{n} div."] if diverged else []),
        *([f"{nothing}/{n} guess"] if nothing else []),
    ]
    box = {"facecolor": colour, "edgecolor": "none", "pad": 1.0} if marks else None
    text = "\n".join(lines)
    axes.text(
        columns.within(column),
        row,
        text,
        ha="center",
        va="center",
        color="white" if dark else "black",
        fontsize=fitting(text, columns.shares[column] * width_of(axes), size if len(lines) < 3 else size - 1.5),
        linespacing=1.1,
        bbox=box,
    )


def _percent(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def _draw_star(axes: Axes, result: SensitivityMap, columns: Columns, *, filled: bool) -> None:
    if result.grid.best is None:
        return
    row, column = result.grid.best
    face, edge = (BEST, "white") if filled else ("white", BEST)
    at = columns.within(column, 0.16)
    axes.plot([at], [row + 0.32], marker="*", markersize=11, color=face, markeredgecolor=edge, zorder=5)


def _outline(axes: Axes, result: SensitivityMap, edges: npt.NDArray[np.float64]) -> None:
    """Draw the border of the set of candidates."""
    if result.candidates is None:
        return
    cells = result.candidates.cells
    inside = np.pad(cells, 1)
    for row, column in zip(*np.nonzero(cells), strict=True):
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


def label_axes(axes: Axes, result: SensitivityMap, columns: Columns) -> None:
    """Give axes the columns and rows of a grid, each labelled with its value."""
    grid = result.grid
    if columns.scale == "log":
        axes.set_xscale("log")
    axes.set_xlim(columns.edges[0], columns.edges[-1])
    axes.set_ylim(-0.5, len(grid.ys) - 0.5)
    most = NUMBERED if is_numbered(grid) else LABELLED
    across, up = (slice(None, None, math.ceil(count / most)) for count in (len(grid.xs), len(grid.ys)))
    labels = list(grid.x_axis.texts(grid.xs.tolist(), plain).values())[across]
    axes.xaxis.set_major_locator(FixedLocator(columns.places.tolist()[across]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FixedFormatter(labels))
    room = float(columns.shares.min()) * width_of(axes) * (across.step or 1)
    axes.tick_params(axis="x", labelsize=fitting("n" + max(labels, key=len), room, mpl.rcParams["font.size"]))
    axes.set_yticks(range(len(grid.ys))[up], list(grid.y_axis.texts(grid.ys.tolist()).values())[up])
    axes.tick_params(length=2)
    axes.set_xlabel(label_of(grid.x) + SUFFIX[columns.scale])
    axes.set_ylabel(label_of(str(grid.y)))
    for spine in axes.spines.values():
        spine.set_visible(False)

"""The heatmap: cells of two hyperparameters, coloured by a measure, never interpolated; and several on one page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
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
from analysis.findings import ArmFindings, Findings, Limits
from analysis.grid import Grid
from analysis.maps import SensitivityMap
from analysis.measure import Measure
from analysis.numbers import plain, point
from search_spaces.options import Value

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


Panel = tuple[ArmFindings, SensitivityMap]


def compute(findings: Findings) -> list[Heatmap]:
    """Return every heatmap of a study: of each metric one page of all panels, then each panel alone.

    Arms that do not vary the same two hyperparameters first stand on pages of their own.
    """
    found: list[Heatmap] = []
    for index, metric in enumerate(findings.metrics):
        pages: dict[tuple[str, str], list[Panel]] = {}
        for one in findings.arms:
            for shown in one.maps_of(metric):
                if shown.grid.y is not None:
                    pages.setdefault((shown.grid.x, shown.grid.y), []).append((one, shown))
        for number, (axes, panels) in enumerate(pages.items()):
            split = panels[0][1].measure.split
            name = f"heatmap-{split}" if index else "heatmap"
            name += f"-{'-'.join(axes)}" if number else ""
            # Every arm has its panel, on as many pages as that takes; of one arm the first panels are enough.
            drawn = panels if panels[0][0].armed else panels[:MAX_PANELS]
            for page in range(0, len(drawn), MAX_PANELS):
                together = drawn[page : page + MAX_PANELS]
                found.append(
                    _heatmap(
                        findings, name + (f"-page-{page // MAX_PANELS + 1}" if page else ""), together, len(panels)
                    )
                )
            if len(drawn) > 1:
                found += [
                    _heatmap(findings, f"{name}-{_file(panels, i)}", [panel], 1) for i, panel in enumerate(drawn)
                ]
    return found


def _file(panels: Sequence[Panel], index: int) -> str:
    """Return what tells the file of a panel from its neighbours': its number, of arms with one panel their name."""
    arm = panels[index][0]
    alone = sum(one is arm for one, _ in panels) == 1
    return f"arm-{arm.name}" if arm.armed and alone else str(index + 1)


def _heatmap(findings: Findings, name: str, panels: Sequence[Panel], total: int) -> Heatmap:
    """Return the figure of some panels of the ``total`` there are."""
    (arm, first), alone = panels[0], len(panels) == 1
    grid, measure = first.grid, first.measure
    titles = tuple(_panel_titles(one, shown) for one, shown in panels)
    title = f"{measure.metric.summary} over {label_of(grid.x)} and {label_of(str(grid.y))}"
    title += f", {'arm ' * arm.armed}{titles[0]}" if alone and titles[0] else ""
    text = described([(one, one.at(shown.grid.fixed)) for one, shown in panels], grid.fixed if alone else {})
    diverged = any(bool(shown.grid.diverged.any()) for _, shown in panels)
    beside = [shown.measure for _, shown in panels]
    text += f" {measured(measure, 'Colour and numbers', diverged=diverged, beside=beside)}"
    best_of = "study" if findings.material.specification.comparable else "arm"
    of_study = tuple(_holds_best(findings, one, shown) for one, shown in panels)
    if alone:
        numbered = is_numbered(grid)
        text += f" {map_legend(first, numbered=numbered)}"
        text += "" if numbered else " Too many cells for numbers; summary.json has them."
        best, where = _best_elsewhere(findings, arm, measure)
        if not of_study[0] and best is not None and grid.best is not None:
            text += f" Hollow star: the best of the {best_of} lies elsewhere, at {where}{point(best)}."
    else:
        text += f" {panels_legend([shown for _, shown in panels], best_of)}"
        if total > len(panels):
            rest = "others stand on pages of their own" if arm.armed else "summary.json has all of them"
            text += (
                f" {len(panels)} of {total} panels; {rest}."
                if arm.armed
                else f" {len(panels)} of {total} panels are drawn; {rest}."
            )
    return Heatmap(
        name=name,
        title=title,
        caption=text,
        maps=tuple(shown for _, shown in panels),
        panels=titles,
        of_study=of_study,
        limits=findings.limits,
    )


def _holds_best(findings: Findings, arm: ArmFindings, result: SensitivityMap) -> bool:
    """Tell whether a panel holds the best of its study, or of its arm where arms are not to be ranked."""
    index = arm.index_of(result.measure)
    best = findings.best_arm(index)
    if (best is not None and best is not arm) or result.grid.best is None:
        return False
    grid, (row, column) = result.grid, result.grid.best
    mine = dict(grid.fixed) | {grid.x: float(grid.xs[column]), str(grid.y): float(grid.ys[row])}
    return mine == arm.bests[index]


def _best_elsewhere(findings: Findings, arm: ArmFindings, measure: Measure) -> tuple[Mapping[str, Value] | None, str]:
    """Return the best configuration of the study, and in which arm it lies."""
    index = arm.index_of(measure)
    one = findings.best_arm(index) or arm
    best = one.bests[index]
    return (None if best is None else one.named(best)), (f"arm {one.name}, " if one.armed else "")


def _panel_titles(arm: ArmFindings, result: SensitivityMap) -> str:
    """Return what a panel holds fixed, in digits that tell all panels of its arm apart, and its arm."""
    every = [dict(one.grid.fixed) for one in arm.maps_of(result.measure.metric.name)]
    texts = {name: arm.scales[name].texts(sorted({fixed[name] for fixed in every})) for name in every[0]}
    fixed = ", ".join(f"{name} = {texts[name][value]}" for name, value in result.grid.fixed.items())
    return ": ".join(part for part in (arm.name if arm.armed else "", fixed) if part)


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
        _draw_map(axes, one, result.limits, "", filled=result.of_study[number], size=6.5)
        axes.set_title(**_panel_title(result.panels[number], panel[0]), loc="left")
        axes.set_xlabel(one.grid.x, fontsize=8)  # the title of the page says both in full
        axes.set_ylabel(str(one.grid.y), fontsize=8)
    height = min(3.0, down * panel[1] - 0.85)
    box = (1 - right / width, 1 - (0.65 + height) / size[1], BAR / width, height / size[1])
    draw_bar(figure, figure.add_axes(box), result.limits, result.maps[0].measure)
    below.write(figure)
    return figure


def _panel_title(title: str, inches: float) -> dict[str, Any]:
    """Return the title of a panel and its size: one line, or where that reached its neighbour two small ones."""
    if len(title) <= int(11.0 * inches):
        return {"label": title, "fontsize": mpl.rcParams["axes.titlesize"]}
    lines = textwrap.wrap(title, int(13.0 * (inches - 0.2)))
    return {"label": "\n".join(lines), "fontsize": 8.0 * min(1.0, 2 / len(lines))}


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
    colour = (
        LOST
        if diverged == n
        else tuple(np.asarray(colours.to_rgba(np.array([max(value, colours.get_clim()[0] or value)])))[0])
    )
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
        *([] if diverged == n else [result.measure.number(value)]),
        *([f"{diverged}/{n} div."] if diverged else []),
        *([f"{nothing}/{n} {result.measure.lost}"] if nothing else []),
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

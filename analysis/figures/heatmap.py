"""The heatmap: cells of two hyperparameters, coloured by a measure, never interpolated; and several on one page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import label_of
from analysis.captions import described, map_legend, measured, panels_legend
from analysis.figures import narrow, ridges
from analysis.figures.cells import (
    HIGHEST,
    NARROW_LABEL,
    NUMBERED,
    PAIRED_LABEL,
    WIDE_LABEL,
    WIDEST,
    Look,
    draw_cell,
    draw_star,
    is_numbered,
    label_axes,
    label_rows,
    left_of,
    narrow_labels,
    narrow_left_of,
    outline,
    wrapped,
)
from analysis.figures.columns import columns_of, width_of
from analysis.figures.scale import BAR, NARROW, bar_lines, draw_bar, right_of, scale_of
from analysis.figures.style import COLUMN, COLUMN_WIDTH, STYLE, Caption
from analysis.findings import ArmFindings, Findings, Limits
from analysis.maps import SensitivityMap
from analysis.measure import Measure
from analysis.null_model import NullModel
from analysis.numbers import point
from search_spaces.options import Value

MAX_PANELS = 12
"""Maps drawn at the most, of each split."""

ACROSS = 2
"""Panels beside one another on a page of several."""

STACKED = 4
"""Panels that have a column of a paper to themselves; more stand side by side."""


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
    null
        The ridge that gradients predict, where a map that stands alone has one.
    """

    name: str
    title: str
    caption: str
    maps: tuple[SensitivityMap, ...]
    panels: tuple[str, ...]
    of_study: tuple[bool, ...]
    limits: Limits
    null: NullModel | None = None


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
    return arm.suffix[1:] if arm.armed and alone else str(index + 1)


def _heatmap(findings: Findings, name: str, panels: Sequence[Panel], total: int) -> Heatmap:
    """Return the figure of some panels of the ``total`` there are."""
    (arm, first), alone = panels[0], len(panels) == 1
    grid, measure = first.grid, first.measure
    titles = tuple(_panel_titles(one, shown) for one, shown in panels)
    title = f"{measure.metric.summary} over {label_of(grid.x)} and {label_of(str(grid.y))}"
    title += f", {_word(arm)}{titles[0]}" if alone and titles[0] else ""
    text = described([(one, one.at(shown.grid.fixed)) for one, shown in panels], grid.fixed if alone else {})
    diverged = any(bool(shown.grid.diverged.any()) for _, shown in panels)
    beside = [shown.measure for _, shown in panels]
    text += f" {measured(measure, 'Colour and numbers', diverged=diverged, beside=beside)}"
    best_of = ("study" if arm.alone else "studies") if findings.comparable else arm.kind
    of_study = tuple(_holds_best(findings, one, shown) for one, shown in panels)
    null = findings.null_models.get(arm.name) if alone and first is arm.map_of_best else None
    if alone:
        numbered = is_numbered(grid)
        text += f" {map_legend(first, numbered=numbered)}"
        text += "" if numbered else " Too many cells for numbers; summary.json has them."
        best, where = _best_elsewhere(findings, arm, measure)
        if not of_study[0] and best is not None and grid.best is not None:
            text += f" Hollow star: the best of the {best_of} lies elsewhere, at {where}{point(best)}."
        if null is not None:
            slope = ridges.slope_of(first)
            text += f" Crosses: the best {grid.x} of each row, as a parabola says it; slope {slope}." if slope else ""
            text += f" {ridges.null_told(null)}"
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
        null=null,
    )


def _word(arm: ArmFindings) -> str:
    """Return what a title calls what it names."""
    return "" if not arm.armed else "arm " if arm.alone else "study "


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
    return (None if best is None else one.named(best)), (f"{one.said}, " if one.armed else "")


def _panel_titles(arm: ArmFindings, result: SensitivityMap) -> str:
    """Return what a panel holds fixed, in digits that tell all panels of its arm apart, and its arm."""
    every = [dict(one.grid.fixed) for one in arm.maps_of(result.measure.metric.name)]
    texts = {name: arm.scales[name].labels(sorted({fixed[name] for fixed in every}), WIDE_LABEL) for name in every[0]}
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
            _draw_ridges(ax, result)
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
    _draw_ridges(axes, result)
    bar = figure.add_axes((1 - right / width, place[0], BAR / width, place[1]))
    draw_bar(figure, bar, result.limits, measure)
    below.write(figure)
    return figure


def column(result: Heatmap) -> Figure:
    """Draw maps as wide as a column of a paper, without title and caption; of several one below the other."""
    if len(result.maps) > 1:
        return _stacked(result)
    shown = result.maps[0]
    rows, columns = (min(count, NUMBERED) for count in shown.grid.mean.shape)
    with mpl.rc_context(COLUMN):
        left, right = narrow_left_of(shown.grid), 0.42 + 0.13 * bar_lines(result.limits, shown.measure, NARROW)
        cells = max(0.24 * rows, 0.9) if columns < 12 else 2.2
        width, height = COLUMN_WIDTH, cells + 0.55
        figure = Figure(figsize=(width, height))
        place = (left / width, 0.45 / height, 1 - (left + right + BAR + 0.1) / width, cells / height)
        axes = figure.add_axes(place)
        _draw_map(axes, shown, result.limits, "", filled=result.of_study[0], size=6.5, least=4.0, star=7.0)
        _draw_ridges(axes, result, ridges.NARROW)
        narrow_labels(axes, shown.grid)
        bar = figure.add_axes((1 - right / width - BAR / width, place[1], BAR / width, place[3]))
        draw_bar(figure, bar, result.limits, shown.measure, narrow=True)
        return figure


def _stacked(result: Heatmap) -> Figure:
    """Draw small multiples as wide as a column of a paper, two in a row where they are many."""
    with mpl.rc_context(COLUMN):
        across = 1 if len(result.maps) <= STACKED else 2
        rows = min(max(len(one.grid.ys) for one in result.maps), NUMBERED)
        longest = NARROW_LABEL if across == 1 else PAIRED_LABEL
        left = max(narrow_left_of(one.grid, longest) for one in result.maps)
        figure, axes = narrow.stacked(
            len(result.maps),
            max((0.2 if across == 1 else 0.13) * rows, 0.7),
            across=across,
            left=left,
            apart=left - 0.2,
            between=0.62,
            head=0.25,
        )
        for place, one, filled, title in zip(axes, result.maps, result.of_study, result.panels, strict=True):
            _draw_map(place, one, result.limits, "", filled=filled, size=6.5, least=4.0, star=7.0)
            narrow_labels(place, one.grid, longest)
            place.set_title(
                textwrap.fill(title, min(50, int(20 * width_of(place))) if across == 1 else 24), loc="left"
            )
            if place in axes[1::2] and across > 1:
                place.set_ylabel("")
        narrow.bar(figure, result.limits, result.maps[0].measure)
        return narrow.settled(figure)


def _together(result: Heatmap) -> Figure:
    """Draw small multiples with one colour bar."""
    across = min(ACROSS, len(result.maps))
    down = math.ceil(len(result.maps) / across)
    columns = max(len(one.grid.xs) for one in result.maps)
    rows = max(len(one.grid.ys) for one in result.maps)
    named = any(one.grid.y_axis.choices for one in result.maps)  # letters are wider than digits
    left = max(left_of(one.grid, NARROW_LABEL) for one in result.maps) - (0.1 if named else 0.2)
    right = right_of(result.limits, result.maps[0].measure)
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
        label_rows(axes, one.grid, NARROW_LABEL)
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


def _draw_map(
    axes: Axes,
    result: SensitivityMap,
    limits: Limits,
    title: str,
    *,
    filled: bool,
    size: float,
    least: float = 0.0,
    star: float = 11.0,
) -> None:
    grid, columns, colours = result.grid, columns_of(result.grid.xs), scale_of(limits)
    for row, column in np.argwhere(grid.n > 0):
        cell = (int(row), int(column))
        draw_cell(axes, grid, cell, _look(result, cell), columns, colours, size, least)
    if grid.best is not None:
        draw_star(axes, grid.best, columns, filled=filled, size=star)
    if result.candidates is not None:
        outline(axes, result.candidates.cells, columns.edges)
    label_axes(axes, grid, columns, label_of(grid.x), label_of(str(grid.y)), least)
    axes.set_title(title, loc="left")


def _draw_ridges(axes: Axes, result: Heatmap, line: float = ridges.LINE) -> None:
    """Draw the measured and the predicted ridge on a map that stands alone, where there is a prediction."""
    if result.null is not None:
        columns = columns_of(result.maps[0].grid.xs)
        ridges.draw_vertices(axes, result.maps[0], columns, halo=True, line=line)
        ridges.draw_null(axes, result.maps[0], result.null, columns, halo=True, line=line)


def _look(result: SensitivityMap, cell: tuple[int, int]) -> Look:
    """Return what a cell of a study shows: its mean, and the shares of seeds that diverged or learned nothing."""
    grid, value = result.grid, float(result.grid.mean[cell])
    n, diverged, nothing = int(grid.n[cell]), int(grid.diverged[cell].sum()), int(grid.learned_nothing[cell].sum())
    lines = [
        *([] if diverged == n else [result.measure.number(value)]),
        *([f"{diverged}/{n} div."] if diverged else []),
        *([f"{nothing}/{n} {result.measure.lost}"] if nothing else []),
    ]
    marks = [*(["////"] if diverged else []), *([".."] if nothing else [])]
    return Look(value=None if diverged == n else value, lines=tuple(lines), marks=tuple(marks))

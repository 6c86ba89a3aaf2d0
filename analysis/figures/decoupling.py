"""Decoupling: learning rate against weight decay, a schedule a row, an optimizer a column, on both axes of a decay.

The layout of the AdamW paper (I. Loshchilov, F. Hutter, arXiv:1711.05101, Figures 1 and 2): the learning rate
upwards, the decay to the right, powers of two, a column without decay, one colour scale, circles around the ten best
cells. The second page has the same trials at the other place that :mod:`analysis.decoupling` says a decay has. What
was a rectangle of cells is a parallelogram there; every cell is one configuration, and nothing lies between them.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis as MatplotlibAxis
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from analysis.captions import described, measured
from analysis.decoupling import BEST as MOST
from analysis.decoupling import Axis, Decoupling, Panel
from analysis.figures import narrow
from analysis.figures.cells import LOST
from analysis.figures.scale import BAR, draw_bar, right_of, scale_of
from analysis.figures.style import BEST, COLUMN, STYLE, Caption
from analysis.findings import WHOLE, Clip, Findings, Limits, limits
from analysis.grid import Cell, Grid, Mask, Matrix
from analysis.measure import Measure
from analysis.measures.sheared import SAME
from analysis.numbers import plain

SPAN = 7.0 / 3.0
"""Where colours end, in units of the lowest mean, where nobody said: the paper's end at 3 and 7 % of error."""

WIDE, HIGH = 2.1, 1.65
"""Inches of a panel's cells."""

LEFT, ABOVE, BELOW = 0.5, 0.45, 0.42
"""Inches around them, for labels."""

APART = 0.5
"""Columns between the one without decay and the others."""

LABELS, FEWER = 5, 4
"""Ticks of an axis at the most, about."""


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Exponents as letters: names are no formulas, and neither is anything else that is drawn."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Maps:
    """All panels on one of the two axes; the other attributes are those of every figure."""

    name: str
    title: str
    caption: str
    arms: Decoupling
    paper: bool
    measure: Measure
    limits: Limits

    def axis(self, panel: Panel) -> Axis:
        """Return the axis that a panel is drawn on."""
        return panel.paper if self.paper else panel.other


def compute(findings: Findings) -> list[Maps]:
    """Return the panels as the paper has them, then the same trials on the other axis; none of other studies."""
    arms = findings.decoupling
    if arms is None:
        return []
    shown = _limits(findings, arms)
    first = f"{findings.measure.metric.summary} over learning rate and weight decay, on the axes of the AdamW paper"
    found = []
    for paper, name, title in (
        (True, "decoupling", first),
        (False, "decoupling-other-axis", "the same trials, decay on its other axis"),
    ):
        result = Maps(
            name=name,
            title=title,
            caption="",
            arms=arms,
            paper=paper,
            measure=findings.measure,
            limits=shown,
        )
        found.append(replace(result, caption=_caption(findings, result)))
    return found


def _limits(findings: Findings, arms: Decoupling) -> Limits:
    """Return the colours that were asked for; else those from the lowest mean to a bit above twice as much."""
    if findings.clip != WHOLE or not findings.limits.log:
        return findings.limits
    kept = [it.grid.mean[(it.grid.n > 0) & (it.grid.diverged.sum(axis=2) < it.grid.n)] for it in arms.panels]
    values = np.concatenate(kept)
    if not (values > 0).any():
        return findings.limits
    return limits(values, Clip(high=float(SPAN * values[values > 0].min())))


def _caption(findings: Findings, result: Maps) -> str:
    panels = result.arms.panels
    grids = [it.grid for it in panels]
    measures = [it.arm.measures[0] for it in panels]
    text = described([(it.arm, it.arm.in_force) for it in panels], each=False)
    diverged = any(grid.diverged.any() for grid in grids)
    text += f" {measured(result.measure, 'Colour', diverged=bool(diverged), beside=measures)}"
    text += " Rows: schedules. Columns: optimizers and the form of their decay." if len(result.arms.rows) > 1 else ""
    if result.paper:
        text += (
            " Decay as in the paper: decoupled, what a step takes off a weight; L2, what is added to the gradient."
        )
    else:
        text += (
            " Decay on its other axis: decoupled, divided by the learning rate, which is the weight_decay of torch's "
            "AdamW; L2, times the learning rate. Cells as they lie there; none between them was trained."
        )
    text += f" Circles: the {MOST} best cells of each panel, the star the best of them."
    shown, cautioned = [result.axis(it) for it in panels], any(it.caution for it in panels)
    text += " Above each: share of interaction and rho (0: the basin lies along the axes), 95 % intervals"
    text += ", open where noise leaves the curvature so" if any(map(_is_open, shown)) else ""
    text += "; in brackets not calibrated, for some cells hold seeds that diverged beside others" if cautioned else ""
    text += "; these numbers see all values, also those whose colours end" if result.limits.above else ""
    text += "."
    if not result.paper:
        text += " Where cells lie on a parallelogram, a share is smaller than it would be on a rectangle there."
    if any((grid.ys == 0).any() for grid in grids):
        text += " Set apart on the left: no decay, which these numbers leave out."
    if result.limits.above and findings.clip == WHOLE:
        text += f" Colours end at {plain(SPAN)} times the lowest mean, as the paper's at 3 and 7 %."
    text += " Grey, hatched: every seed diverged." if _lost(grids).any() else ""
    text += " Hatched: seeds diverged." if (diverged and not _lost(grids).all()) else ""
    nothing = any(grid.learned_nothing.any() for grid in grids)
    text += f" Dotted: seeds learned nothing ({result.measure.rule})." if nothing else ""
    text += " Empty: no outcome." if any((grid.n == 0).any() for grid in grids) else ""
    return text


def _lost(grids: list[Grid]) -> Mask:
    """Return which cells that lost a seed lost every one."""
    found = [(grid.diverged.sum(axis=2) == grid.n)[grid.diverged.any(axis=2)] for grid in grids]
    return np.concatenate(found)


def caption(result: Maps) -> str:
    """Return the text below the panels."""
    return result.caption


def draw(result: Maps, ax: Axes | None = None) -> Figure:
    """Draw all panels with one colour bar.

    Raises
    ------
    ValueError
        ``ax`` is given: several panels need a figure of their own.
    """
    if ax is not None:
        raise ValueError(f"several panels need a figure of their own, got axes for {len(result.arms.panels)} of them")
    with mpl.rc_context(STYLE):
        return _draw(result)


def _draw(result: Maps) -> Figure:
    arms, right = result.arms, right_of(result.limits, result.measure)
    across, down = LEFT + WIDE + 0.15, ABOVE + HIGH
    side = 0.35 if len(arms.rows) > 1 else 0.15
    width = side + across * len(arms.columns) + right
    below = Caption(result.caption, width)
    head = 0.45
    size = (width, head + down * len(arms.rows) + BELOW + below.height)  # a title, panels, labels, the caption
    figure = Figure(figsize=size)
    figure.text(0.12 / width, 1 - 0.08 / size[1], result.title, va="top", fontsize=10)
    for panel in arms.panels:
        left = side + panel.column * across + LEFT
        bottom = size[1] - head - (panel.row + 1) * down
        axes = figure.add_axes((left / width, bottom / size[1], WIDE / width, HIGH / size[1]))
        _draw_panel(axes, result, panel)
    for column, title in enumerate(arms.columns):
        middle = (side + column * across + LEFT + WIDE / 2) / width
        told = textwrap.fill(title, 34)
        figure.text(middle, 1 - (head + ABOVE - 0.22) / size[1], told, ha="center", va="bottom", fontsize=8.5)
    for row, title in enumerate(arms.rows if len(arms.rows) > 1 else ()):
        middle = size[1] - head - row * down - ABOVE - HIGH / 2
        told = textwrap.fill(title, 26)
        figure.text(0.08 / width, middle / size[1], told, rotation=90, ha="left", va="center", fontsize=8)
    height = min(3.0, down * len(arms.rows) - ABOVE)
    box = (1 - right / width, 1 - (head + ABOVE + height) / size[1], BAR / width, height / size[1])
    draw_bar(figure, figure.add_axes(box), result.limits, result.measure)
    below.write(figure)
    return figure


def column(result: Maps) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption: two panels in a row."""
    with mpl.rc_context(COLUMN):
        arms = result.arms
        panels = sorted(arms.panels, key=lambda it: (it.row, it.column))
        rows = arms.rows if len(arms.rows) > 1 else [""]
        names = [textwrap.fill(f"{arms.columns[it.column]}, {rows[it.row]}".strip(", "), 28) for it in panels]
        above = 0.1 * (max(name.count("\n") for name in names) + 3)  # and two lines of numbers
        between = 0.36 + above
        figure, axes = narrow.stacked(
            len(panels),
            0.75 if len(panels) > 8 else 1.0,
            across=min(2, len(panels)),
            left=0.42,
            apart=0.42,
            between=between,
            head=above,
        )
        for place, panel, name in zip(axes, panels, names, strict=True):
            _draw_panel(place, result, panel, FEWER)
            told = place.get_title(loc="left").replace("   ", "\n")
            place.set_title(f"{name}\n{told}", loc="left", fontsize=5.8)
            place.tick_params(labelsize=5.8)
            for line in place.lines:
                line.set_markersize(0.6 * line.get_markersize())
                line.set_markeredgewidth(0.6 * line.get_markeredgewidth())
        narrow.bar(figure, result.limits, result.measure)
        return narrow.settled(figure)


def _draw_panel(axes: Axes, result: Maps, panel: Panel, most: int = LABELS) -> None:
    axis, grid, colours = result.axis(panel), panel.grid, scale_of(result.limits)
    at = Places.of(grid, axis.power)
    _draw_cells(axes, grid, at, colours)
    ink: Any = {"linestyle": "none", "marker": "o", "markersize": 5.5, "markerfacecolor": "none"}
    for place, cell in enumerate(panel.best):
        left, right, bottom, top = at.box(cell)
        middle = [(left + right) / 2], [(bottom + top) / 2]
        axes.plot(*middle, **ink, markeredgecolor="white", markeredgewidth=2.2, zorder=3)
        axes.plot(*middle, **ink, markeredgecolor="black", markeredgewidth=1.0, zorder=4)
        if place == 0:
            axes.plot(*middle, marker="*", markersize=7.5, color=BEST, markeredgecolor="white", zorder=5)
    corners = np.array([at.box(cell) for cell in grid.cells])
    axes.set_xlim(corners[:, 0].min(), corners[:, 1].max())
    axes.set_ylim(corners[:, 2].min(), corners[:, 3].max())
    none = [(at.none + at.wide / 2, "0")] if (grid.ys == 0).any() else []
    _ticks(axes.xaxis, at.decays, none, most)
    _ticks(axes.yaxis, np.log2(grid.xs), [], most)
    axes.tick_params(length=2, labelsize=6.5, pad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if panel.row == max(it.row for it in result.arms.panels if it.column == panel.column):
        axes.set_xlabel(axis.title, fontsize=7.5, labelpad=1.5)
    if panel.column == min(it.column for it in result.arms.panels if it.row == panel.row):
        axes.set_ylabel("lr", fontsize=7.5, labelpad=1.5)
    axes.set_title(_told(axis), fontsize=6.5, loc="left", pad=2.5)


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """Where cells lie, in powers of two.

    Attributes
    ----------
    rates, along
        Borders of the columns of lr, and of the rows of positive decays as they are given.
    shifts
        By how much each lr moves the decays.
    none, wide
        Where the column without decay begins, and how wide it is.
    zeros
        How many rows have no decay.
    """

    rates: Matrix
    along: Matrix
    shifts: Matrix
    none: float
    wide: float
    zeros: int

    @classmethod
    def of(cls, grid: Grid, power: int) -> Places:
        """Return the places of a grid where lr to some power multiplies the decay."""
        along, shifts = _borders(np.log2(grid.ys[grid.ys > 0])), power * np.log2(grid.xs)
        wide = float(along[-1] - along[0]) / (len(along) - 1)
        none = float(along[0] + shifts.min()) - (1.0 + APART) * wide
        return cls(
            rates=_borders(np.log2(grid.xs)),
            along=along,
            shifts=shifts,
            none=none,
            wide=wide,
            zeros=int((grid.ys == 0).sum()),
        )

    @property
    def decays(self) -> Matrix:
        """Every place that a decay has, ascending."""
        middles = (self.along[1:] + self.along[:-1]) / 2
        found: Matrix = np.unique((middles[:, None] + self.shifts).round(SAME))
        return found

    def box(self, cell: Cell) -> tuple[float, float, float, float]:
        """Return the left, the right, the lower and the upper border of a cell."""
        row, column = cell
        low, high = self.rates[column : column + 2].tolist()
        if row < self.zeros:
            return self.none, self.none + self.wide, low, high
        left, right = (self.along[row - self.zeros : row - self.zeros + 2] + self.shifts[column]).tolist()
        return left, right, low, high


def _borders(values: Matrix) -> Matrix:
    """Return the borders of ascending values, half way to their neighbours."""
    inner = (values[1:] + values[:-1]) / 2
    return np.concatenate([[2 * values[0] - inner[0]], inner, [2 * values[-1] - inner[-1]]])


def _draw_cells(axes: Axes, grid: Grid, at: Places, colours: ScalarMappable) -> None:
    """Draw the means of all cells, and marks; a cell without an outcome is empty."""
    boxes = np.array([at.box(cell) for cell in grid.cells])
    corners = boxes[:, [[0, 2], [1, 2], [1, 3], [0, 3]]]  # [cell, corner, (across, up)]
    n, diverged = grid.n.ravel(), grid.diverged.sum(axis=2).ravel()
    lost, there = (n > 0) & (diverged == n), n > 0
    faces = colours.to_rgba(np.where(there, grid.mean.ravel(), np.nan))
    faces[lost], faces[~there] = LOST, (1.0, 1.0, 1.0, 0.0)
    edges = np.where(there[:, None], (1.0, 1.0, 1.0), (0.8, 0.8, 0.8))
    axes.add_collection(PolyCollection(list(corners), facecolors=faces, edgecolors=edges, linewidths=0.5))
    for hatch, marked in (("/////", diverged > 0), (".....", grid.learned_nothing.any(axis=2).ravel())):
        axes.add_collection(
            PolyCollection(
                list(corners[marked]), facecolors="none", edgecolors=(0.6, 0.6, 0.6), hatch=hatch, linewidths=0
            )
        )


def _ticks(axis: MatplotlibAxis, places: Matrix, others: list[tuple[float, str]], most: int) -> None:
    """Label places, as powers of two where all are: each or every so many, the highest too; and some others."""
    every = -(-len(places) // most)
    kept = places[::-1][::every][::-1].tolist()
    powers = all(abs(place - round(place)) < 10.0**-SAME for place in places.tolist())
    ticks = [*others, *((place, _power(place) if powers else plain(2.0**place, 2)) for place in kept)]
    axis.set_major_locator(FixedLocator([place for place, _ in ticks]))
    axis.set_major_formatter(FixedFormatter([text for _, text in ticks]))


def _power(place: float) -> str:
    return f"2{str(round(place)).translate(RAISED)}"


def _told(axis: Axis) -> str:
    """Return the numbers that stand above a panel."""
    share, rho = axis.numbers["interaction_share"], axis.numbers["canonical_rho"]
    told = f"share {share.told(lambda it: plain(100.0 * it, 2), ' %')}   rho {rho.told(lambda it: plain(it, 2))}"
    told += " [open]" if _is_open(axis) else ""
    return f"({told})" if "caution" in share.details else told


def _is_open(axis: Axis) -> bool:
    """Tell whether rho has a value and no interval, though there are seeds."""
    rho = axis.numbers["canonical_rho"]
    return rho.value is not None and rho.low is None and rho.n > 1

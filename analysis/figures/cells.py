"""Cells: how a grid is drawn, whatever it is of: colours, numbers, marks, the star, the outline, the axes."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.cm import ScalarMappable
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from analysis.axes import label_of
from analysis.figures.columns import CHARACTER, SUFFIX, Columns, columns_of, fitting, height_of, width_of
from analysis.figures.style import BEST
from analysis.grid import Cell, Grid, Mask
from analysis.numbers import plain

NUMBERED = 30
"""Columns, and rows, up to which every cell has room for its number."""

LABELLED = 15
"""Values of an axis that are labelled where cells have no numbers, evenly chosen ones."""

WIDEST, HIGHEST = 11.0, 8.5
"""Inches that the cells of a map without numbers share."""

LOST = (0.85, 0.85, 0.85, 1.0)
"""The colour of a cell that lost every seed: its number is that of guessing, or there is none."""

WIDE_LABEL, NARROW_LABEL, PAIRED_LABEL = 34, 17, 10
"""Characters that the label of a row has at the most: it takes less than half of the width of a figure on a page, of
one as wide as a column or of a panel among others, and of a panel beside another one in a column."""

LEAST_CHOICE = 6.0
"""Points of the letters below which the names of choices are shortened rather than made smaller."""

ROOM = 0.8
"""Share of their size that axes may lose to a layout that comes after the labels."""

LINE = 1.3
"""Height of a line of a cell, in units of the size of its letters."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a cell shows.

    Attributes
    ----------
    value
        What its colour says, None where it has none of the scale.
    lines
        Of text.
    marks
        Hatches, of Matplotlib's letters.
    """

    value: float | None
    lines: tuple[str, ...]
    marks: tuple[str, ...] = ()


def is_numbered(grid: Grid) -> bool:
    """Tell whether the cells of a map have room for their numbers."""
    return len(grid.xs) <= NUMBERED and len(grid.ys) <= NUMBERED


def left_of(grid: Grid, longest: int = WIDE_LABEL) -> float:
    """Return the inches that the labels of a grid's rows take, each of so many characters at the most."""
    return max(0.95, 0.45 + 0.08 * max(map(len, grid.y_axis.labels(grid.ys.tolist(), longest).values())))


def narrow_left_of(grid: Grid, longest: int = NARROW_LABEL) -> float:
    """Return :func:`left_of` in the letters of a figure as wide as a column."""
    return 0.72 * left_of(grid, longest)


def wrapped(title: str, inches: float) -> str:
    """Return a title in lines that fit on a width."""
    return textwrap.fill(title, int(11.0 * inches))


def draw_cell(
    axes: Axes,
    grid: Grid,
    cell: Cell,
    look: Look,
    columns: Columns,
    colours: ScalarMappable,
    size: float,
    least: float = 0.0,
) -> None:
    """Draw one cell of a grid.

    Parameters
    ----------
    axes, grid, cell
        Where: ``(row, column)``.
    look
        What it shows.
    columns
        Where columns lie.
    colours
        The scale.
    size, least
        Points of its letters at the most; where so few as ``least`` do not fit, it has none.
    """
    (row, column), lines = cell, look.lines
    lowest = colours.get_clim()[0]
    colour = (
        LOST
        if look.value is None
        else tuple(np.asarray(colours.to_rgba(np.array([max(look.value, lowest or look.value)])))[0])
    )
    left, right = columns.edges[column : column + 2]
    corner, width = (left, row - 0.5), right - left
    numbered = is_numbered(grid)
    line = 0.8 if numbered else 0.0
    axes.add_patch(Rectangle(corner, width, 1, facecolor=colour, edgecolor="white", linewidth=line))
    dark = np.array(colour[:3]) @ (0.299, 0.587, 0.114) <= 0.5
    for hatch in look.marks:
        ink = (0.6, 0.6, 0.6) if dark else (0.35, 0.35, 0.35)
        axes.add_patch(Rectangle(corner, width, 1, facecolor="none", edgecolor=ink, hatch=hatch, linewidth=0))
    if not numbered or not lines:
        return
    text = Fitted(
        columns.within(column),
        row,
        lines,
        share=float(columns.shares[column]),
        rows=len(grid.ys),
        size=size,
        least=least,
        ha="center",
        va="center",
        color="white" if dark else "black",
        linespacing=1.1,
        box={"facecolor": colour, "edgecolor": "none", "pad": 1.0},
    )
    axes.add_artist(text)
    text.set_clip_on(False)
    text.fit()


class Fitted(Text):
    """Text in a cell, as large as the cell is when it is drawn: a layout may have changed the axes since.

    Parameters
    ----------
    x, y
        Where, in data.
    lines
        Of text; where they do not fit, the first alone, or none.
    share, rows
        Of the width of the axes that the cell takes, and of rows that share their height.
    size, least
        Points of the letters at the most and at the least.
    box
        Behind the letters, which may stand on marks or on a line.
    kwargs
        As of any text.
    """

    def __init__(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        *,
        share: float,
        rows: int,
        size: float,
        least: float,
        box: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(x, y, "\n".join(lines), **kwargs)
        self._lines, self._share, self._rows = lines, share, rows
        self._most, self._least, self._box = size, least, box
        self.set_in_layout(False)

    def fit(self) -> bool:
        """Take the text and the size that fit now; tell whether any does."""
        axes = cast("Axes", self.axes)
        for lines in (self._lines, self._lines[:1]):
            text = "\n".join(lines)
            high = 72.0 * height_of(axes) / self._rows / (LINE * len(lines))
            most = min(self._most if len(lines) < 3 else self._most - 1.5, high)
            points = fitting(text, self._share * width_of(axes), most)
            if points >= self._least:
                self.set_text(text)
                self.set_fontsize(points)
                self.set_bbox(self._box)  # its padding is in units of the size
                return True
        return False

    def draw(self, renderer: RendererBase) -> None:
        """Draw what fits."""
        if self.fit():
            super().draw(renderer)


def draw_star(
    axes: Axes,
    best: Cell,
    columns: Columns,
    *,
    filled: bool,
    size: float = 11.0,
    place: tuple[float, float] = (0.16, 0.32),
) -> None:
    """Mark the best cell; hollow where a better one lies elsewhere. ``place`` is where in the cell."""
    row, column = best
    face, edge = (BEST, "white") if filled else ("white", BEST)
    at = columns.within(column, place[0])
    look: dict[str, Any] = {
        "markersize": size,
        "color": face,
        "markeredgecolor": edge,
        "markeredgewidth": size / 11.0,
    }
    axes.plot([at], [row + place[1]], marker="*", zorder=5, **look)


def outline(axes: Axes, cells: Mask, edges: npt.NDArray[np.float64]) -> None:
    """Draw the border of a set of cells."""
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


def label_rows(axes: Axes, grid: Grid, longest: int) -> None:
    """Give the rows that are labelled labels of so many characters at the most."""
    names = list(grid.y_axis.labels(grid.ys.tolist(), longest).values())
    axes.set_yticks(axes.get_yticks(), [names[round(row)] for row in axes.get_yticks()])


def narrow_labels(axes: Axes, grid: Grid, longest: int = NARROW_LABEL) -> None:
    """Give a narrow map shorter labels, and the bare names of its hyperparameters where these are called too long."""
    label_rows(axes, grid, longest)
    columns = columns_of(grid.xs)
    for name, room, side in ((grid.x, width_of(axes), "x"), (str(grid.y), height_of(axes), "y")):
        long = label_of(name) + (SUFFIX[columns.scale] if side == "x" else "")
        if len(long) > 17 * room:
            axes.set(**{f"{side}label": name})


def label_axes(axes: Axes, grid: Grid, columns: Columns, x: str, y: str, least: float = 0.0) -> None:
    """Give axes the columns and rows of a grid, each labelled with its value.

    Parameters
    ----------
    axes, grid, columns
        Where.
    x, y
        What the axes are called.
    least
        Points of the letters below which every second label, or fewer, is written.
    """
    if columns.scale == "log":
        axes.set_xscale("log")
    axes.set_xlim(columns.edges[0], columns.edges[-1])
    axes.set_ylim(-0.5, len(grid.ys) - 0.5)
    most = NUMBERED if is_numbered(grid) else LABELLED
    across, up = (math.ceil(count / most) for count in (len(grid.xs), len(grid.ys)))
    column = float(columns.shares.min()) * width_of(axes)
    legible = max(PAIRED_LABEL, int(72.0 * 0.95 * column / (CHARACTER * LEAST_CHOICE)) - 1)
    names = list(grid.x_axis.labels(grid.xs.tolist(), legible, plain).values())
    widest = "n" + max(names, key=len)
    full = mpl.rcParams["font.size"]
    while across < len(names) and fitting(widest, ROOM * column * across, full) < least:
        across += 1
    while up < len(grid.ys) and 72.0 * ROOM * height_of(axes) * up / len(grid.ys) < least:
        up += 1
    axes.xaxis.set_major_locator(FixedLocator(columns.places.tolist()[::across]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FixedFormatter(names[::across]))
    widest = "n" + max(names[::across], key=len)
    axes.tick_params(axis="x", labelsize=fitting(widest, column * across, full))
    axes.set_yticks(range(len(grid.ys))[::up])
    label_rows(axes, grid, WIDE_LABEL)
    axes.tick_params(length=2)
    axes.set_xlabel(x + SUFFIX[columns.scale])
    axes.set_ylabel(y)
    for spine in axes.spines.values():
        spine.set_visible(False)

"""The heatmap of a foreign table: its cells, its colour bar, and a figure of its own with a caption."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.cells import (
    HIGHEST,
    WIDEST,
    Look,
    draw_cell,
    draw_star,
    is_numbered,
    label_axes,
    left_of,
    wrapped,
)
from analysis.figures.columns import Columns, columns_of, width_of
from analysis.figures.scale import BAR, draw_labelled_bar, scale_of
from analysis.figures.style import STYLE, Caption
from analysis.findings import Limits
from analysis.grid import Cell, Grid
from analysis.numbers import plain

LEAST_NUMBER, LEAST_LABEL = 4.5, 6.0
"""Points of the smallest letters in a cell, and of those of an axis."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ForeignMap:
    """What is drawn of a table.

    Attributes
    ----------
    grid
        Its means; ``excluded`` counts rows without a value, ``diverged`` those that count at the worst.
    x, y, value
        What its columns are called.
    log
        Whether columns lie on a logarithmic scale; the values say so where None.
    limits
        Of the colours.
    digits
        Of the numbers in cells, as Python formats them; None for three significant ones.
    unit
        Of the value; empty where it has none.
    """

    grid: Grid
    x: str
    y: str
    value: str
    log: bool | None
    limits: Limits
    digits: str | None
    unit: str = ""

    @property
    def columns(self) -> Columns:
        """Where columns lie."""
        return columns_of(self.grid.xs, self.log)

    @property
    def measured(self) -> str:
        """The value, with its unit."""
        return f"{self.value} ({self.unit})" if self.unit else self.value

    @property
    def label(self) -> str:
        """What stands beside the colour bar."""
        several = int(self.grid.n.max(initial=0)) > 1
        parts = [self.measured, *(["mean"] if several else []), *(["log scale"] if self.limits.log else [])]
        clipped = [
            *([f"below {self.limits.low:.3g}"] if self.limits.below else []),
            *([f"above {self.limits.high:.3g}"] if self.limits.above else []),
        ]
        return "\n".join([", ".join(parts), *([f"colours clipped {' and '.join(clipped)}"] if clipped else [])])

    @property
    def lacking(self) -> int:
        """Rows without a value."""
        return int(self.grid.excluded.sum() + self.grid.diverged.sum())

    @property
    def best(self) -> Cell | None:
        """The best cell among those that have a value in every row."""
        whole = (self.grid.excluded == 0) & (self.grid.diverged.sum(axis=2) == 0)
        return self.grid.best_of([cell for cell in self.grid.cells if whole[cell]])

    def number(self, value: float) -> str:
        """Return a value as it stands in a cell."""
        return plain(value) if self.digits is None else format(value, self.digits)

    def look(self, cell: Cell) -> Look:
        """Return what a cell shows: its mean, and how many of its rows have no value."""
        grid = self.grid
        lost = int(grid.excluded[cell] + grid.diverged[cell].sum())
        rows = int(grid.n[cell] + grid.excluded[cell])
        if lost == rows:
            return Look(value=None, lines=("NaN" if rows == 1 else f"{lost}/{rows} NaN",), marks=("////",))
        value = float(grid.mean[cell])
        share = (f"{lost}/{rows} NaN",) if lost else ()
        return Look(value=value, lines=(self.number(value), *share), marks=("////",) if lost else ())

    @property
    def caption(self) -> str:
        """What is drawn, of how many rows, and what the marks mean that are there."""
        grid = self.grid
        rows = int(grid.n.sum() + grid.excluded.sum())
        several = int((grid.n + grid.excluded).max()) > 1
        what = f"the mean of {self.measured} over the rows of a cell" if several else self.measured
        marks = "Colour and numbers" if is_numbered(grid) else "Colour"
        parts = [f"n = {rows} row{'' if rows == 1 else 's'}. {marks}: {what}."]
        if self.best is not None:
            row, column = self.best
            place = f"{self.x} = {grid.x_axis.texts(grid.xs.tolist())[float(grid.xs[column])]}, "
            place += f"{self.y} = {grid.y_axis.texts(grid.ys.tolist())[float(grid.ys[row])]}"
            best = "highest" if grid.sign < 0 else "lowest"
            among = " of the cells with a value in every row" if self.lacking else ""
            parts.append(f"Star: {best} mean{among}, {place}: {self.number(float(grid.mean[self.best]))}.")
        if self.lacking:
            counted = "they count at the worst" if grid.diverged.any() else "left out of the mean"
            parts.append(f"Hatched: rows without a value (NaN), {self.lacking} in all; {counted}.")
        if ((grid.n + grid.excluded) == 0).any():
            parts.append("Blank: no row.")
        return " ".join(parts)


def draw(result: ForeignMap, axes: Axes) -> None:
    """Draw cells, star and labels on axes."""
    grid, columns, colours = result.grid, result.columns, scale_of(result.limits)
    for cell in grid.cells:
        if grid.n[cell] + grid.excluded[cell]:
            draw_cell(axes, grid, cell, result.look(cell), columns, colours, 8.0, LEAST_NUMBER)
    if result.best is not None:
        narrow = 72.0 * width_of(axes) * float(columns.shares[result.best[1]])
        where = {} if is_numbered(grid) else {"place": (0.5, 0.0)}
        draw_star(axes, result.best, columns, filled=True, size=max(6.0, min(11.0, 0.3 * narrow)), **where)
    label_axes(axes, grid, columns, result.x, result.y, LEAST_LABEL)


def draw_bar_beside(result: ForeignMap, axes: Axes) -> None:
    """Give axes a colour bar, which takes its room from them."""
    draw_labelled_bar(axes.figure, axes, result.limits, result.label, beside=True)


def draw_alone(result: ForeignMap, title: str, *, bar: bool) -> Axes:
    """Return axes on a figure of pyplot's, which notebooks show: as large as its cells need, with a caption."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - who draws on axes of his own may not want it

    rows, columns = result.grid.mean.shape
    numbered = is_numbered(result.grid)
    left, right = left_of(result.grid), (BAR + 0.6 + 0.145 * (result.label.count("\n") + 1) if bar else 0.1)
    width = left + (0.82 * max(columns, 4) if numbered else WIDEST) + 0.2 + right
    below = Caption(result.caption, width)
    title = wrapped(title, width - left)
    head = 0.35 + 0.16 * (title.count("\n") + 1)
    cells, bottom = 0.62 * max(rows, 2) if numbered else HIGHEST, 0.62 + below.height
    high = head + cells + bottom
    # Made outside of our style, whose end would undo what a notebook sets when its first figure is made.
    figure: Figure = plt.figure(figsize=(width, high), dpi=STYLE["figure.dpi"])
    with mpl.rc_context(STYLE):
        axes = figure.add_axes((left / width, bottom / high, 1 - (left + 0.2 + right) / width, cells / high))
        draw(result, axes)
        axes.set_title(title, loc="left")
        if bar:
            beside = figure.add_axes((1 - right / width, bottom / high, BAR / width, cells / high))
            draw_labelled_bar(figure, beside, result.limits, result.label)
        below.write(figure)
    return axes

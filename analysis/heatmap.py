"""A heatmap of any table: the drawing of a report's maps, for results that Basin has not measured."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd

from analysis.errors import TableError
from analysis.figures.foreign import ForeignMap, draw, draw_alone, draw_bar_beside
from analysis.figures.style import STYLE
from analysis.findings import Clip, Limits, limits, linear_limits
from analysis.foreign import grid_of, is_number, unit_of
from analysis.grid import Grid
from search_spaces.errors import printable, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPAN = 10.0
"""Positive means that differ by this factor have a logarithmic colour scale, unless it is said otherwise."""

Log = bool | Hashable | Iterable[Hashable] | None


def heatmap(  # noqa: PLR0913 - as plotting goes
    table: pd.DataFrame,
    *,
    x: Hashable,
    y: Hashable,
    value: Hashable,
    seed: Hashable | None = None,
    ax: Axes | None = None,
    log: Log = None,
    direction: Literal["minimize", "maximize"] = "minimize",
    worst: float | None = None,
    clip: tuple[float | None, float | None] = (None, None),
    title: str | None = None,
    bar: bool = True,
    digits: str | None = None,
    unit: str = "",
) -> Axes:
    """Draw the mean of a column over two others, as a report draws its maps: every cell is a configuration.

    Nothing is interpolated, and nothing disappears: a cell with rows that have no value (NaN) is hatched and says how
    many, one that has no row is blank. Such rows are left out of the mean, which makes it look better than it is
    where they are trainings that diverged; ``worst`` says what they count at. The star marks the best mean among the
    cells that have a value in every row.

    Parameters
    ----------
    table
        One row a training, in any order.
    x, y
        Columns of numbers, or of text: choices lie at equal steps in the order in which they first stand.
    value
        Column of the number to show.
    seed
        Column that tells the rows of a cell apart, and has to; without it, rows of a cell are replicates.
    ax
        Axes to draw on; a figure of its own, with a caption, where None.
    log
        Which of ``x`` and ``value`` are logarithmic: names, or True and False for both. Where None, ``x`` is where
        all its values are positive, and evenly spaced where some would lie too close together; colours are where
        lower is better and the means are positive and differ by a factor of 10. Rows are evenly spaced always.
    direction
        Which values are better.
    worst
        What a row without a value counts at.
    clip
        Between which values the colours reach; None leaves an end open.
    title
        Above the map.
    bar
        Whether to draw the colour bar.
    digits
        How numbers are written, such as ``".1f"``; in three significant digits where None.
    unit
        Of the value, such as ``%``.

    Returns
    -------
    matplotlib.axes.Axes
        Those that were drawn on.

    Raises
    ------
    TableError
        A ``ValueError``: columns that are not there or hold what cannot be drawn, with the row.

    Examples
    --------
    >>> axes = basin.heatmap(table, x="lr", y="depth", value="loss", seed="run")  # doctest: +SKIP
    """
    if direction not in {"minimize", "maximize"}:
        raise TableError(f"direction must be minimize or maximize, got {shown(direction)}")
    if ax is not None and not hasattr(ax, "pcolormesh"):
        raise TableError(f"ax must be axes of matplotlib, such as plt.subplots() returns second, got {shown(ax)}")
    sign = -1.0 if direction == "maximize" else 1.0
    grid = grid_of(table, x, y, value, seed=seed, worst=worst, sign=sign)
    on_x, on_value = _logarithmic(log, x, y, value)
    if grid.x_axis.choices:
        if on_x and not isinstance(log, bool):
            raise TableError(f"column {_name(x)} must hold numbers to lie on a logarithmic axis, got text")
        on_x = False
    if on_x and not (grid.xs > 0).all():
        raise TableError(f"column {_name(x)} must be above 0 to lie on a logarithmic axis, got {grid.xs.min():g}")
    drawn = ForeignMap(
        grid=grid,
        x=_name(x),
        y=_name(y),
        value=_name(value),
        log=on_x,
        limits=_limits(grid, _clip(clip), on_value, _name(value)),
        digits=_checked(digits),
        unit=unit_of(unit).replace("$", r"\$"),
    )
    if ax is None:
        own = f"{drawn.value} over {drawn.x} and {drawn.y}"
        return draw_alone(drawn, own if title is None else title, bar=bar)
    with mpl.rc_context(STYLE):
        if bar:
            draw_bar_beside(drawn, ax)
        draw(drawn, ax)
        if title is not None:
            ax.set_title(title, loc="left")
    return ax


def _name(column: Hashable) -> str:
    """Return what a figure calls a column; a dollar sign is one, and no mathematics."""
    return printable(str(column)).replace("$", r"\$")


def _checked(digits: str | None) -> str | None:
    if digits is not None:
        try:
            format(1.5, digits)
        except (ValueError, TypeError):
            raise TableError(f"digits must be a format of numbers, such as '.1f', got {shown(digits)}") from None
    return digits


def _clip(clip: tuple[float | None, float | None]) -> Clip:
    given: Any = clip
    pair = tuple(given) if isinstance(given, list | tuple) else ()
    if len(pair) != 2 or not all(it is None or is_number(it) for it in pair):
        raise TableError(
            f"clip must be (low, high), two numbers, or None for an open end, such as (None, 10), got {shown(clip)}"
        )
    return Clip(low=pair[0], high=pair[1])


def _logarithmic(log: Log, x: Hashable, y: Hashable, value: Hashable) -> tuple[bool | None, bool | None]:
    """Return whether x and the colours are logarithmic, None where the numbers are to say so."""
    if log is None or isinstance(log, bool):
        return log, log
    named = [log] if isinstance(log, str) or not isinstance(log, Iterable) else list(log)
    unknown = next((name for name in named if name not in {x, y, value}), None)
    if unknown is not None:
        raise TableError(f"log must name x, y or value, {shown([x, y, value])}, got {shown(unknown)}")
    return x in named, value in named


def _limits(grid: Grid, clip: Clip, log: bool | None, name: str) -> Limits:
    """Return the limits of the colours, and whether they are logarithmic."""
    ends = [end for end in (clip.low, clip.high) if end is not None]
    if not all(np.isfinite(ends)) or ends != sorted(set(ends)):
        raise TableError(f"clip must be (low, high), finite and low < high, or None for an open end, got {ends}")
    means = grid.mean[(grid.n > 0) & (grid.diverged.sum(axis=2) < grid.n)]
    positive = bool(len(means)) and bool((means > 0).all())
    if log is None:
        log = grid.sign > 0 and positive and means.max() >= SPAN * means.min() and all(end > 0 for end in ends)
    elif log and not (positive and all(end > 0 for end in ends)):
        raise TableError(f"the means of {name} and the ends of clip must be above 0 to have logarithmic colours")
    found = limits(means, clip) if log else linear_limits(means, clip)
    return replace(found, highest=grid.sign < 0)

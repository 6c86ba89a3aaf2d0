"""Vertices: the best x of each row, between the values that were tried.

Through the lowest cell of a row and its neighbours (through the first or last three, where it is at an end) goes one
parabola; its lowest point is the best x. Where that lies beyond the values that were tried, or the parabola has none,
the best x is not known: it is censored, at one side or both. Of equal cells that at the lowest x is taken; of two
beside each other it does not matter which, for both have one vertex.

The interval is Fieller's for the ratio that a vertex is of differences of three cells. Where another cell of the row
may be the lowest (:mod:`analysis.measures.lowest`), the parabola through its neighbours counts too, and the interval
spans both. No interval of one cell reaches further than half way to its neighbours: were the vertex beyond, the
neighbour would be the lowest. Beyond an end nothing bounds it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.grid import Mask, Matrix
from analysis.measures.limits import Limits, fieller, t_value
from analysis.measures.lowest import MISSED, lowest
from analysis.measures.surface import Noise, Surface

EDGE = 1e-9
"""Share of an axis by which a vertex may lie beyond it through rounding."""


@dataclass(frozen=True, kw_only=True)
class Vertex:
    """The best x of one row.

    Attributes
    ----------
    row
        Which.
    x
        On the axis's scale; None where it is censored.
    low, high
        Ends of its interval, between the first and the last value that was tried; None with one replicate. Of a
        censored one, what the interval would be.
    edge
        Whether the lowest cell is the first or the last of the row.
    doubtful
        Whether noise may have decided on which side of an end of the row it lies.
    limits
        The lowest point wherever it lies, beyond the ends too, with its limits. None with one replicate.
    bounded
        Whether noise leaves a curvature open, so that the limits are the bounds of what is possible.
    """

    row: int
    x: float | None
    low: float | None
    high: float | None
    edge: bool
    doubtful: bool
    limits: Limits | None
    bounded: bool


def vertices(surface: Surface) -> list[Vertex]:
    """Return the best x of every row; the axis must have three values, and be ordered."""
    noise, rows = surface.noise_of_rows, surface.shape[0]
    return [
        vertex(surface.x, surface.mean[row], (row, rows), noise, surface.smallest, surface.censored[row])
        for row in range(rows)
    ]


def vertex(
    x: Matrix, means: Matrix, place: tuple[int, int], noise: Noise | None, smallest: float, bound: Mask
) -> Vertex:
    """Return the best x of one row of so many, three values at the least.

    Parameters
    ----------
    x, means
        Ascending coordinates, and the mean of each cell.
    place
        Which row it is, and of how many.
    noise
        Of the means; None with one replicate.
    smallest
        Below this, a difference of means is rounding.
    bound
        Cells whose mean is a bound.
    """
    (row, rows), column = place, int(means.argmin())
    first, last = float(x[0]), float(x[-1])
    anywhere = _lowest_point(x, means, column, smallest)
    slack = EDGE * (last - first)
    value = None
    if anywhere is not None and first - slack <= anywhere <= last + slack:
        value = min(max(anywhere, first), last)
    edge = column in {0, len(x) - 1}
    if noise is None:
        return Vertex(row=row, x=value, low=None, high=None, edge=edge, doubtful=False, limits=None, bounded=False)
    choices = lowest(means, noise, rows)
    found = [_part(x, means, it, noise, noise.t, bound) for it in choices]
    farther = t_value(noise.freedom, MISSED / rows)
    widest = [_part(x, means, it, noise, farther, bound) for it in choices]
    low, high = min(it.low for it in found), max(it.high for it in found)
    centre = anywhere if anywhere is not None and low <= anywhere <= high else min(max(float(x[column]), low), high)
    limits = Limits(centre, low, high)
    shown = limits.clipped(first, last)
    return Vertex(
        row=row,
        x=value,
        low=shown.low if value is None else min(shown.low, value),
        high=shown.high if value is None else max(shown.high, value),
        edge=edge,
        doubtful=any(it.beyond for it in widest) and any(it.high > first and it.low < last for it in widest),
        limits=limits,
        bounded=any(it.bounded for it in found),
    )


@dataclass(frozen=True)
class _Part:
    """Where the best x may lie, were one cell the lowest.

    ``bounded`` is whether that follows from where the cell lies, and not from its values; ``beyond``, whether the
    best x may lie beyond the end.
    """

    low: float
    high: float
    bounded: bool
    beyond: bool


def _part(x: Matrix, means: Matrix, column: int, noise: Noise, t: float, bound: Mask) -> _Part:
    first, last = float(x[0]), float(x[-1])
    least = -math.inf if column == 0 else float(x[column - 1] + x[column]) / 2.0
    most = math.inf if column == len(x) - 1 else float(x[column] + x[column + 1]) / 2.0
    top, bottom, here = _ratio(x, column)
    curved = float(bottom @ means[here]) > 0.0 and not bound[here].any()
    found = fieller(top, bottom, means[here], noise.error, t) if curved else Limits(math.nan, -math.inf, math.inf)
    if math.isinf(found.low):
        at_an_end = math.isinf(least) or math.isinf(most)
        return _Part(max(least, first), min(most, last), bounded=True, beyond=at_an_end)
    clipped = found.clipped(least, most)
    return _Part(clipped.low, clipped.high, bounded=False, beyond=clipped.low < first or clipped.high > last)


def _ratio(x: Matrix, column: int) -> tuple[Matrix, Matrix, slice]:
    """Return the coefficients of numerator and denominator of a vertex, and of which three cells of a row."""
    first = min(max(column - 1, 0), len(x) - 3)
    a, b, c = x[first : first + 3].tolist()
    # The derivative of the parabola is `one` at (a + b) / 2 and `other` at (b + c) / 2.
    one = np.array([-1.0 / (b - a), 1.0 / (b - a), 0.0])
    other = np.array([0.0, -1.0 / (c - b), 1.0 / (c - b)])
    bottom = other - one
    top = bottom * (a + b) / 2.0 - one * (c - a) / 2.0
    return top, bottom, slice(first, first + 3)


def _lowest_point(x: Matrix, means: Matrix, column: int, smallest: float) -> float | None:
    top, bottom, here = _ratio(x, column)
    curvature = float(bottom @ means[here])
    if curvature * float(x[-1] - x[0]) <= smallest:
        return None
    return float(top @ means[here]) / curvature

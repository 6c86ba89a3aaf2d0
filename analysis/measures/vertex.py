"""Vertices: the best x of each row, between the values that were tried.

Through the lowest cell of a row and its neighbours (through the first or last three, where it is at an end) goes one
parabola; its lowest point is the best x. Where that lies beyond the values that were tried, or the parabola has none,
the best x is not known: it is censored, at one side or both.

The interval is Fieller's for the ratio that a vertex is of differences of three cells. Where another cell of the row
may be the lowest (:mod:`analysis.measures.lowest`), the parabola through its neighbours counts too, and the interval
spans both; one that is not bounded reaches to the ends of the row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.grid import Matrix
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
        The lowest point wherever it lies, beyond the ends too, with its limits; those of the row where noise leaves
        it anywhere (``unknown``). None with one replicate.
    unknown
        Whether it does.
    """

    row: int
    x: float | None
    low: float | None
    high: float | None
    edge: bool
    doubtful: bool
    limits: Limits | None
    unknown: bool


def vertices(surface: Surface) -> list[Vertex]:
    """Return the best x of every row; the axis must have three values, and be ordered."""
    return [_vertex(surface, row) for row in range(surface.shape[0])]


def _vertex(surface: Surface, row: int) -> Vertex:
    means, x = surface.mean[row], surface.x
    column = int(means.argmin())
    first, last = float(x[0]), float(x[-1])
    anywhere = _lowest_point(x, means, column, surface.smallest)
    slack = EDGE * (last - first)
    value = None
    if anywhere is not None and first - slack <= anywhere <= last + slack:
        value = min(max(anywhere, first), last)
    edge, noise, rows = column in {0, len(x) - 1}, surface.noise_near, surface.shape[0]
    if noise is None:
        return Vertex(row=row, x=value, low=None, high=None, edge=edge, doubtful=False, limits=None, unknown=False)
    middle = (first + last) / 2.0 if value is None else value
    found = _limits(x, means, noise, rows, noise.t)
    widest = _limits(x, means, noise, rows, t_value(noise.freedom, MISSED / rows))
    limits = Limits(middle, first, last) if found is None else found
    shown = limits.clipped(first, last)
    return Vertex(
        row=row,
        x=value,
        low=shown.low if value is None else min(shown.low, value),
        high=shown.high if value is None else max(shown.high, value),
        edge=edge,
        doubtful=widest is None or _crosses(widest, first) or _crosses(widest, last),
        limits=limits,
        unknown=found is None,
    )


def _crosses(limits: Limits, end: float) -> bool:
    return limits.low < end < limits.high


def _ratio(x: Matrix, column: int) -> tuple[Matrix, Matrix]:
    """Return the coefficients of numerator and denominator of a vertex, over the cells of a row."""
    first = min(max(column - 1, 0), len(x) - 3)
    (a, b, c), here = x[first : first + 3], slice(first, first + 3)
    one, other = np.zeros(len(x)), np.zeros(len(x))
    one[here] = np.array([-1.0 / (b - a), 1.0 / (b - a), 0.0])  # slope between the first two
    other[here] = np.array([0.0, -1.0 / (c - b), 1.0 / (c - b)])
    bottom = other - one
    # The derivative of the parabola is `one` at (a + b) / 2 and `other` at (b + c) / 2.
    top = bottom * (a + b) / 2.0 - one * (c - a) / 2.0
    return top, bottom


def _lowest_point(x: Matrix, means: Matrix, column: int, smallest: float) -> float | None:
    top, bottom = _ratio(x, column)
    curvature = float(bottom @ means)
    if curvature * float(x[-1] - x[0]) <= smallest:
        return None
    return float(top @ means) / curvature


def _limits(x: Matrix, means: Matrix, noise: Noise, rows: int, t: float) -> Limits | None:
    """Return a lowest point with its limits, over every cell that may be the lowest; None where there are none."""
    hull: Limits | None = None
    for column in sorted(lowest(means, noise, rows), key=lambda it: float(means[it])):
        top, bottom = _ratio(x, column)
        if float(bottom @ means) <= 0.0:
            return None  # a highest point: the lowest lies at an end, which one nobody knows
        found = fieller(top, bottom, means, noise.error, t)
        if math.isinf(found.low):
            return None
        hull = found if hull is None else hull.hull(found)
    return hull

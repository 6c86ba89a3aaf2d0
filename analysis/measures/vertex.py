"""Vertices: the best x of each row, between the values that were tried.

Through the lowest cell of a row and its neighbours (through the first or last three, where it is at an end) goes one
parabola; its lowest point is the best x. Where that lies beyond the values that were tried, or the parabola has none,
the best x is not known: it is censored, at one side or both.

The interval is Fieller's for the ratio that a vertex is of differences of three cells. Where another cell of the row
may be the lowest (one-sided t at 2.5 %, against the lowest), the parabola through its neighbours counts too, and
the interval spans both; one that is not bounded reaches to the ends of the row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.grid import Matrix
from analysis.measures.limits import Limits, fieller
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
    unknown
        Whether noise leaves it anywhere between the ends of the row.
    """

    row: int
    x: float | None
    low: float | None
    high: float | None
    edge: bool
    doubtful: bool
    unknown: bool

    @property
    def limits(self) -> Limits:
        """The vertex with its limits, infinite with one replicate; a censored one lies in the middle of them."""
        if self.low is None or self.high is None:
            return Limits(math.nan if self.x is None else self.x, -math.inf, math.inf)
        return Limits((self.low + self.high) / 2.0 if self.x is None else self.x, self.low, self.high)


def vertices(surface: Surface) -> list[Vertex]:
    """Return the best x of every row; the axis must have three values, and be ordered."""
    return [_vertex(surface, row) for row in range(surface.shape[0])]


def _vertex(surface: Surface, row: int) -> Vertex:
    means, x = surface.mean[row], surface.x
    lowest = int(means.argmin())
    first, last = float(x[0]), float(x[-1])
    value = _lowest_point(x, means, lowest, surface.smallest)
    slack = EDGE * (last - first)
    if value is not None and not first - slack <= value <= last + slack:
        value = None
    if value is not None:
        value = min(max(value, first), last)
    low = high = None
    doubtful = False
    if surface.noise_near is not None:
        low, high = _interval(x, means, surface.noise_near, surface.smallest)
        doubtful = low < high and (low <= first or high >= last)
        if value is not None:
            low, high = min(low, value), max(high, value)
    unknown = low is not None and low <= first and high is not None and high >= last
    return Vertex(
        row=row, x=value, low=low, high=high, edge=lowest in {0, len(x) - 1}, doubtful=doubtful, unknown=unknown
    )


def _ratio(x: Matrix, lowest: int) -> tuple[Matrix, Matrix]:
    """Return the coefficients of numerator and denominator of a vertex, over the cells of a row."""
    first = min(max(lowest - 1, 0), len(x) - 3)
    (a, b, c), here = x[first : first + 3], slice(first, first + 3)
    one, other = np.zeros(len(x)), np.zeros(len(x))
    one[here] = np.array([-1.0 / (b - a), 1.0 / (b - a), 0.0])  # slope between the first two
    other[here] = np.array([0.0, -1.0 / (c - b), 1.0 / (c - b)])
    bottom = other - one
    # The derivative of the parabola is `one` at (a + b) / 2 and `other` at (b + c) / 2.
    top = bottom * (a + b) / 2.0 - one * (c - a) / 2.0
    return top, bottom


def _lowest_point(x: Matrix, means: Matrix, lowest: int, smallest: float) -> float | None:
    top, bottom = _ratio(x, lowest)
    curvature = float(bottom @ means)
    if curvature * float(x[-1] - x[0]) <= smallest:
        return None
    return float(top @ means) / curvature


def _interval(x: Matrix, means: Matrix, noise: Noise, smallest: float) -> tuple[float, float]:
    """Return the limits of a vertex, over every cell that may be the lowest of its row."""
    first, last = float(x[0]), float(x[-1])
    reach = noise.t * np.sqrt(2.0) * noise.error + smallest
    low, high = last, first
    for lowest in np.flatnonzero(means - means.min() <= reach).tolist():
        top, bottom = _ratio(x, lowest)
        if float(bottom @ means) == 0.0:
            return first, last
        found = fieller(top, bottom, means, noise.error, noise.t)
        if float(bottom @ means) < 0.0:  # a highest point: the lowest lies at an end, which one nobody knows
            return first, last
        found = found.clipped(first, last)
        low, high = min(low, found.low), max(high, found.high)
    return low, high

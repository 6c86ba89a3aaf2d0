"""Limits: intervals of ratios and sums of estimates whose own limits are known, and of sums of squares.

Sources: E. C. Fieller, J. R. Stat. Soc. B 16(2), 1954, doi:10.1111/j.2517-6161.1954.tb00159.x (a ratio of two normal
estimates); G. Y. Zou and A. Donner, Stat. Med. 27(10), 2008, doi:10.1002/sim.3095 (limits of a sum from the limits of
its terms, "method of variance estimates recovery").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analysis.grid import Matrix

LEVEL = 0.95
"""Of every interval."""

TAIL = (1.0 - LEVEL) / 2.0
Z = float(special.ndtri(1.0 - TAIL))

LARGE, CLOSE = 1000.0, 1e-8
"""Of degrees of freedom, from which on roots are nearly normal; the last step of a root, after which it is exact."""

HUGE = 1e8
"""Sums of squares, in units of the noise, above which their roots are normal to eight digits."""


@dataclass(frozen=True)
class Limits:
    """An estimate with its limits, which may be infinite."""

    value: float
    low: float
    high: float

    def hull(self, other: Limits) -> Limits:
        """Return the estimate with the outer ones of two pairs of limits."""
        return Limits(self.value, min(self.low, other.low), max(self.high, other.high))

    def widened(self, by: float) -> Limits:
        """Return the estimate with limits that lie so many times as far from it."""
        return Limits(self.value, *(self.value + by * (end - self.value) for end in (self.low, self.high)))

    def clipped(self, low: float, high: float) -> Limits:
        """Return the limits that lie in a range."""
        return Limits(self.value, *(float(min(max(end, low), high)) for end in (self.low, self.high)))


def t_value(freedom: float, tail: float = TAIL) -> float:
    """Return the value that Student's t exceeds with some probability."""
    return float(special.stdtrit(freedom, 1.0 - tail))


def fieller(top: Matrix, bottom: Matrix, means: Matrix, error: float, t: float) -> Limits:
    """Return the ratio of two linear functions of cell means.

    Parameters
    ----------
    top, bottom
        Coefficients, of the shape of ``means``.
    means
        Independent, of one standard error.
    error
        That standard error.
    t
        Critical value.

    Returns
    -------
    Limits
        Infinite on both sides where the denominator may be 0.
    """
    numerator, denominator = float(np.vdot(top, means)), float(np.vdot(bottom, means))
    spread = (t * error) ** 2
    a = denominator**2 - spread * float(np.vdot(bottom, bottom))
    b = numerator * denominator - spread * float(np.vdot(top, bottom))
    c = numerator**2 - spread * float(np.vdot(top, top))
    if a <= 0.0 or denominator == 0.0:
        return Limits(math.nan, -math.inf, math.inf)
    value = numerator / denominator
    root = math.sqrt(max(b * b - a * c, 0.0))
    return Limits(value, (b - root) / a, (b + root) / a)


def combined(terms: list[Limits], weights: npt.ArrayLike, bounds: list[bool] | None = None) -> Limits:
    """Return the weighted sum of independent estimates with limits of their own.

    Parameters
    ----------
    terms
        The estimates.
    weights
        Of each term; ``[choice, term]`` where there are several choices of them, whose outer limits are
        returned, with the value by the first.
    bounds
        Marks limits that are not of an estimate but of what is possible: all of them may be reached at once.
    """
    factors = np.atleast_2d(np.asarray(weights, dtype=float))
    values = np.array([it.value for it in terms])
    ends = [factors * (np.array([getattr(it, side) for it in terms]) - values) for side in ("low", "high")]
    below, above = np.minimum(*ends), np.maximum(*ends)
    bound = np.array(bounds or [False] * len(terms), dtype=bool)
    sums = factors @ values
    lows = sums - np.sqrt((below[:, ~bound] ** 2).sum(axis=1)) + below[:, bound].sum(axis=1)
    highs = sums + np.sqrt((above[:, ~bound] ** 2).sum(axis=1)) + above[:, bound].sum(axis=1)
    return Limits(float(sums[0]), float(lows.min()), float(highs.max()))


def noncentral(sum_of_squares: float, freedom: int) -> Limits:
    """Return the noncentrality behind a sum of squares, in units of the noise's variance, and its limits.

    The estimate is the sum less its degrees of freedom, 0 at the least.
    """
    value = max(sum_of_squares - freedom, 0.0)
    if sum_of_squares > HUGE:
        root = math.sqrt(sum_of_squares)
        return Limits(value, *((root + side * Z) ** 2 - freedom for side in (-1.0, 1.0)))
    return Limits(value, *(_inverse(sum_of_squares, freedom, level) for level in (1.0 - TAIL, TAIL)))


def _inverse(sum_of_squares: float, freedom: int, level: float) -> float:
    """Return the noncentrality at which a sum stays below what was seen with some probability; 0 where at none."""
    if special.chdtr(freedom, sum_of_squares) <= level:
        return 0.0
    if sum_of_squares < LARGE * freedom:
        return float(special.chndtrinc(sum_of_squares, freedom, level))
    # Roots are nearly normal with a deviation of 1, so that what is missing in z is what is missing in the root: a
    # sum of some million degrees takes two steps, and the search of chndtrinc thirty, a millisecond each.
    z = special.ndtri(level)
    root, step = math.sqrt(sum_of_squares) - z, math.inf
    while abs(step) > CLOSE:
        step = special.ndtri(special.chndtr(sum_of_squares, freedom, root * root)) - z
        root += step
    return float(root * root)


def noncentral_ratio(ratio: float, freedom: int, noise_freedom: int) -> float:
    """Return the upper limit of the noncentrality behind an F ratio, in which the noise is an estimate."""
    if special.fdtr(freedom, noise_freedom, ratio) <= TAIL:
        return 0.0
    return float(special.ncfdtrinc(freedom, noise_freedom, TAIL, ratio))

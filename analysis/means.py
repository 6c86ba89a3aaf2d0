"""Means of seeds, and their differences, each with the interval of a t at 95 %."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.measures.limits import t_value
from analysis.measures.number import Number


def mean_of(values: Sequence[float], alone: str = "one seed: no interval") -> Number:
    """Return the mean of one value or more, with Student's interval; ``alone`` is why one value has none."""
    n, value = len(values), float(np.mean(values))
    if n < 2:
        return Number(value=value, n=n, reason=alone)
    spread = t_value(n - 1) * float(np.std(values, ddof=1)) / np.sqrt(n)
    return Number(value=value, low=value - float(spread), high=value + float(spread), n=n)


def difference_of(one: Sequence[float], other: Sequence[float]) -> Number:
    """Return by how much the mean of one sample exceeds that of another, which shares no seed with it.

    The interval is Welch's (B. L. Welch, Biometrika 34, 1947, doi:10.1093/biomet/34.1-2.28); ``n`` is of the first.
    """
    value, n = float(np.mean(one) - np.mean(other)), len(one)
    if min(len(one), len(other)) < 2:
        return Number(value=value, n=n, reason="one seed: no interval")
    parts = [float(np.var(it, ddof=1)) / len(it) for it in (one, other)]
    error = sum(parts)
    if error <= 0.0:
        return Number(value=value, low=value, high=value, n=n)
    freedom = error**2 / sum(part**2 / (len(it) - 1) for part, it in zip(parts, (one, other), strict=True))
    spread = t_value(freedom) * error**0.5
    return Number(value=value, low=value - spread, high=value + spread, n=n)

"""Scales: on what values are measured, beside what they are as they stand.

``raw`` takes every value as it is and a diverged training at the worst. ``logit`` takes the log odds of a share or a
percentage, and the logarithm of other positive numbers, on which what is nearly perfect differs as much as what is
nearly lost. ``censored`` takes what diverged or learned nothing as a bound: it would have come to no better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analysis.grid import Grid, Matrix
from analysis.measures.number import Number
from analysis.measures.surface import Surface

RAW, LOGIT, CENSORED = "raw", "logit", "censored"
SCALES = (RAW, LOGIT, CENSORED)
"""Every scale, the one that is meant where nothing is said first."""

OTHERS = SCALES[1:]

CLOSE = 0.1
"""Part of the larger one by which two numbers without intervals may differ and say the same."""

Transform = Callable[[Matrix], Matrix]


def surface_on(
    scale: str,
    grid: Grid,
    log: tuple[bool, bool],
    *,
    percent: bool | None = None,
    compared: Transform | None = None,
    tolerance: float | None = None,
) -> Surface | str:
    """Return the surface of a grid on a scale, or in words why it has none.

    Parameters
    ----------
    scale
        One of :data:`SCALES`.
    grid, log, tolerance
        As of :meth:`analysis.measures.surface.Surface.of`.
    percent
        Whether values are percentages; where None their range tells.
    compared
        What turns values into log odds, lower being better, where somebody knows better than the values alone.
    """
    if scale == LOGIT:
        found = logits(grid.replicates, percent=percent)
        if isinstance(found, str):
            return found
        turned = grid.sign * found[0] if compared is None else compared(grid.replicates)
        return Surface.of(replace(grid, replicates=turned, sign=1.0), log=log)
    return Surface.of(grid, log=log, tolerance=tolerance, censored=scale == CENSORED)


def logits(values: Matrix, *, percent: bool | None = None) -> tuple[Matrix, str] | str:
    """Return log odds, or logarithms, with what they are of in words; or why there are none.

    An end that a value reaches (0, and 1 or 100 %) is moved by half of what lies between an end and the value next to
    one.
    """
    known = values[np.isfinite(values)]
    if not known.size or known.min() < 0.0 or known.max() <= 0.0:
        return "a logit needs values of 0 or more, not all of them 0"
    whole = 100.0 if percent or (percent is None and 1.0 < known.max() <= 100.0) else 1.0
    if percent is not False and known.max() <= whole:
        shares = known / whole
        inside = np.minimum(shares, 1.0 - shares)
        nearest = inside[inside > 0.0]
        if not nearest.size:
            return "a logit needs a value between the ends"
        moved = 0.5 * float(nearest.min()) if (inside <= 0.0).any() else 0.0
        odds: Matrix = np.log((values / whole + moved) / (1.0 - values / whole + moved))
        return odds, "log odds of " + ("percentages" if whole > 1.0 else "shares")
    logarithms: Matrix = np.log(np.maximum(values, 0.5 * float(known[known > 0.0].min())))
    return logarithms, "natural logarithms"


def _is_left_open(number: Number) -> bool:
    """Tell whether an interval reaches across 0, or to it."""
    return number.low is not None and number.high is not None and number.low <= 0.0 <= number.high


def differs(raw: Number, other: Number) -> bool:
    """Tell whether a number on another scale says something else than it does on the raw one."""
    if raw.value is None or other.value is None:
        return (raw.value is None) != (other.value is None)
    outside = [
        not one.low <= value <= one.high
        for one, value in ((raw, other.value), (other, raw.value))
        if one.low is not None and one.high is not None
    ]
    if outside:
        return any(outside) or _is_left_open(raw) != _is_left_open(other)
    return abs(raw.value - other.value) > CLOSE * max(abs(raw.value), abs(other.value))

"""The area of the basin: the share of the cells that are nearly as good as the best.

Nearly: by no more than a tolerance, which somebody states or is a tenth of what lies between the best cell and the
median one. It is never below what noise alone puts between two equal cells (a t value times the standard error of
their difference); where it would be it is raised, and says so.

The interval counts the cells that surely are in the basin, and those that may be, by one-sided t at 2.5 % a cell
against every cell that may be the best: it is wider than it had to be.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis.measures.lowest import lowest
from analysis.measures.number import Number
from analysis.measures.surface import Surface

TENTH = 0.1
"""Of what lies between best and median."""


def basin_area(surface: Surface) -> Number:
    """Return the share of cells within the tolerance of the best, in (0, 1]."""
    mean, n, noise = surface.mean, surface.n, surface.noise_near
    lowest_mean = float(mean.min())
    tolerance = surface.tolerance
    if tolerance is None:
        tolerance = TENTH * (float(np.median(mean)) - lowest_mean)
    floor = 0.0 if noise is None else noise.t * math.sqrt(2.0) * noise.error
    details: dict[str, Any] = {"tolerance": max(tolerance, floor), "raised_to_noise": floor > tolerance}
    tolerance = max(tolerance, floor)
    if surface.tolerance is None and tolerance <= surface.smallest:
        return Number(value=None, n=n, reason="half of the cells are as good as the best one", details=details)
    rounding = surface.smallest
    value = float((mean - lowest_mean <= tolerance + rounding).mean())
    if noise is None:
        return Number(value=value, n=n, reason="one replicate: no interval", details=details)
    highest_best = float(mean.ravel()[lowest(mean.ravel(), noise)].max())
    low = float((mean - lowest_mean <= tolerance - floor + rounding).mean())
    high = float((mean - highest_best <= tolerance + floor + rounding).mean())
    return Number(value=value, low=min(low, value), high=high, n=n, details=details)

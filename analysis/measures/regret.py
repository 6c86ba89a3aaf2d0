"""The regret of tuning one axis after the other: what a practitioner pays for entanglement, in units of the value.

x is tuned at a starting y, then y at the x that was found; what the cell so found is worse than the best of all is
the regret, averaged over every starting y, or at one. Where several x are equally good, each is found as often.

The interval. Which cell is the lowest of a row, a column, or of all, noise may have decided: every cell that is not
surely worse than the lowest may be it (:mod:`analysis.measures.lowest`), and the interval spans the t intervals of
all those choices. Where every choice is clear that is one t interval of a difference of cells; where some are not it
is wider than it had to be. It never lies below 0.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.grid import Cell, Matrix
from analysis.measures.lowest import lowest
from analysis.measures.number import Number
from analysis.measures.surface import Noise, Surface, place_of


def coordinate_tuning_regret(surface: Surface, start: int | None = None) -> Number:
    """Return the mean regret over every starting row, or that of one."""
    mean, n = surface.mean, surface.n
    trained = np.asarray((~surface.censored).any(axis=1), dtype=bool)
    starts = [row for row in (range(surface.shape[0]) if start is None else [start]) if trained[row]]
    if not starts:
        return Number(value=None, n=n, reason="where tuning starts nothing was trained")
    best = surface.best
    regrets = [_end(mean, row, surface.smallest) - float(mean[best]) for row in starts]
    value = float(np.mean(regrets))
    details = {
        "starts": [
            {"at": place_of(surface.y[row]), "regret": regret} for row, regret in zip(starts, regrets, strict=True)
        ],
    }
    noise = surface.noise_near
    if noise is None:
        return Number(value=value, n=n, reason="one replicate: no interval", details=details)
    choices = 2 * len(starts) + 1
    possible = [_ends(mean, row, noise, choices) for row in starts]
    bests = lowest(mean.ravel(), noise, choices)
    columns = mean.shape[1]
    harshest = [max(cells, key=lambda cell: float(mean[cell])) for cells in possible]
    mildest = [min(cells, key=lambda cell: float(mean[cell])) for cells in possible]
    worst_best = max(bests, key=lambda cell: float(mean.ravel()[cell]))
    high = _limit(mean, harshest, best, noise, 1.0)
    low = _limit(mean, mildest, divmod(worst_best, columns), noise, -1.0)
    return Number(value=value, low=max(min(low, value), 0.0), high=max(high, value), n=n, details=details)


def _end(mean: Matrix, row: int, smallest: float) -> float:
    """Return what the tuning that starts in a row ends at, in the mean over every x that is lowest there."""
    found = mean[row] - mean[row].min() <= smallest
    return float(mean[:, found].min(axis=0).mean())


def _ends(mean: Matrix, row: int, noise: Noise, choices: int) -> set[Cell]:
    """Return every cell at which the tuning that starts in a row may end."""
    return {
        (end, column)
        for column in lowest(mean[row], noise, choices)
        for end in lowest(mean[:, column], noise, choices)
    }


def _limit(mean: Matrix, ends: list[Cell], best: Cell, noise: Noise, side: float) -> float:
    """Return the limit of the mean difference between some cells and one."""
    weights = np.zeros_like(mean)
    for cell in ends:
        weights[cell] += 1.0 / len(ends)
    weights[best] -= 1.0
    return float((weights * mean).sum()) + side * noise.t * noise.error * math.sqrt(float((weights**2).sum()))

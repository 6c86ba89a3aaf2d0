"""Statistics of claims about Padam's exponent p: which is best, and how it moves the best learning rate."""

from __future__ import annotations

import math

from analysis.claims.claim import Sample
from analysis.claims.pairs import (
    averaged,
    best,
    common_seeds,
    difference,
    is_optimizer,
    is_setting,
    lowest,
    mean,
    slope,
)
from analysis.replicates import Cell, Replicates

PADAM = is_optimizer("padam")
LR, P = "optimizer.lr", "optimizer.p"


def sixteenth_minus_eighth(study: Replicates) -> Sample:
    """Return the objective at p = 1/16 minus that at p = 1/8, by seed."""
    return _rival(study, 1 / 16)


def quarter_minus_eighth(study: Replicates) -> Sample:
    """Return the objective at p = 1/4 minus that at p = 1/8, by seed."""
    return _rival(study, 1 / 4)


def _rival(study: Replicates, p: float) -> Sample:
    one = best(study.cells, lambda cell: PADAM(cell) and is_setting(P, p)(cell))
    eighth = best(study.cells, lambda cell: PADAM(cell) and is_setting(P, 1 / 8)(cell))
    return () if one is None or eighth is None else averaged([difference(one.values, eighth.values)])


def large_rate_at_a_quarter(study: Replicates) -> Sample:
    """Return the objective at p = 1/4 and lr 0.1 minus its mean at lr 0.01 and 0.001, by seed."""
    grid = _grid(study)
    cells = [grid.get((0.25, lr)) for lr in (0.1, 0.01, 0.001)]
    found = [cell for cell in cells if cell is not None]
    if len(found) < len(cells):
        return ()
    high, *low = found
    return [high.values[seed] - mean(cell.values[seed] for cell in low) for seed in common_seeds(found)]


def ridge_slope(study: Replicates) -> Sample:
    """Return the slope of log10 of the best learning rate against p, by seed: decades per unit of p.

    The best of a seed is its lowest objective among the learning rates of the grid at that p.
    """
    grid = _grid(study)
    exponents = sorted({p for p, _ in grid})
    rates = sorted({lr for _, lr in grid})
    if len(exponents) < 2 or len(rates) < 2 or len(grid) < len(exponents) * len(rates):
        return ()
    return [
        slope([(p, lowest((math.log10(lr), grid[p, lr].values[seed]) for lr in rates)) for p in exponents])
        for seed in common_seeds(grid.values())
    ]


def interaction_of_corners(study: Replicates) -> Sample:
    """Return by how much more the highest learning rate costs at the highest p than at the lowest, by seed.

    (objective at the highest lr minus that at the lowest) at the highest p, minus the same at the lowest p.
    """
    grid = _grid(study)
    if not grid:
        return ()
    (p_low, lr_low), (p_high, lr_high) = map(min, zip(*grid, strict=True)), map(max, zip(*grid, strict=True))
    corners = [grid.get(at) for at in ((p_high, lr_high), (p_high, lr_low), (p_low, lr_high), (p_low, lr_low))]
    found = [cell for cell in corners if cell is not None]
    if len(found) < len(corners) or p_low == p_high or lr_low == lr_high:
        return ()
    a, b, c, d = (cell.values for cell in found)
    return [(a[seed] - b[seed]) - (c[seed] - d[seed]) for seed in common_seeds(found)]


def _grid(study: Replicates) -> dict[tuple[float, float], Cell]:
    """Return Padam's cells by (p, lr); none where a cell is not whole, or one setting has several."""
    found: dict[tuple[float, float], Cell] = {}
    for cell in filter(PADAM, study.cells):
        at = (float(cell.settings[P]), float(cell.settings[LR]))
        if at in found or cell.pending or not cell.replicates:
            return {}
        found[at] = cell
    return found


def best_fixed_minus_scheduled(study: Replicates) -> Sample:
    """Return the best fixed p minus the schedule of p, by seed; the lowest mean over seeds is the best."""
    scheduled, fixed = best(study.cells, _moving), best(study.cells, lambda cell: PADAM(cell) and not _moving(cell))
    if scheduled is None or fixed is None:
        return ()
    return averaged([difference(fixed.values, scheduled.values)])


def _moving(cell: Cell) -> bool:
    return bool(cell.settings.get("schedules.p", "constant") != "constant")


def largest_second_moment(study: Replicates) -> Sample:
    """Return the largest mean over parameters of log10 v that a seed of Padam ever had.

    The record is a mean over all parameters: single ones are larger.
    """
    curves = [study.curves(cell, "log10_v") for cell in filter(PADAM, study.cells)]
    largest = [{seed: max(curve) for seed, curve in one.items() if curve} for one in curves]
    seeds = {seed for one in largest for seed in one}
    return [max(one[seed] for one in largest if seed in one) for seed in sorted(seeds)]

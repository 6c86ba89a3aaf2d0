"""Statistics of claims that one optimizer does better than another, and how fast each gets there."""

from __future__ import annotations

import math

from analysis.claims.claim import Sample, Statistic
from analysis.claims.pairs import Picking, averaged, best, difference, groups, is_optimizer, mean, of_bests
from analysis.replicates import Cell, Replicates

SGD = is_optimizer("sgd", "momentum")
ADAM, AMSGRAD, PADAM = (is_optimizer(name) for name in ("adam", "amsgrad", "padam"))


def padam_minus_momentum(study: Replicates) -> Sample:
    """Return the objective of Padam minus that of SGD with momentum, by seed, mean over networks."""
    return of_bests(study, PADAM, SGD)


def momentum_minus_padam_early(study: Replicates) -> Sample:
    """Return the early error of SGD with momentum minus that of Padam, by seed, mean over networks."""
    return _early(study, [SGD], [PADAM])


def padam_minus_adaptive_early(study: Replicates) -> Sample:
    """Return the early error of Padam minus the mean of Adam's and AMSGrad's, by seed, mean over networks."""
    return _early(study, [PADAM], [ADAM, AMSGRAD])


def _early(study: Replicates, left: list[Picking], right: list[Picking]) -> Sample:
    parts = []
    for cells in groups(study, "task.network"):
        sides = []
        for pickings in (left, right):
            found = [best(cells, picking) for picking in pickings]
            errors = [_early_error(study, cell) for cell in found if cell is not None]
            if len(errors) < len(found):
                return ()
            seeds = set.intersection(*(set(error) for error in errors))
            sides.append({seed: mean(error[seed] for error in errors) for seed in seeds})
        parts.append(difference(*sides))
    return averaged(parts)


def _early_error(study: Replicates, cell: Cell) -> dict[int, float]:
    """Return the mean test error over the epochs before the first drop of the learning rate, by seed.

    From where a seed diverged, its error is that of guessing.
    """
    milestones = cell.settings.get("schedule.milestones") or [cell.settings["epochs"]]
    first, worst = int(milestones[0]), cell.worst.get("test_error", 100.0)
    curves = study.curves(cell, "test_error")
    lost = {one.seed for one in cell.replicates if one.diverged}
    padded = {seed: [*curve[:first], *[worst] * (first - len(curve))] for seed, curve in curves.items()}
    return {seed: mean(curve) for seed, curve in padded.items() if seed in lost or len(curves[seed]) >= first}


def amsgrad_minus_adam(study: Replicates) -> Sample:
    """Return the best of AMSGrad minus the best of Adam, by seed, mean over networks."""
    return of_bests(study, AMSGRAD, ADAM)


def adam_minus_momentum(study: Replicates) -> Sample:
    """Return the best of Adam minus the best of SGD with momentum, by seed, mean over networks."""
    return of_bests(study, ADAM, SGD)


def adam_minus(name: str) -> Statistic:
    """Return the statistic: the best of Adam minus the best of another optimizer, by seed, mean over networks."""

    def statistic(study: Replicates) -> Sample:
        return of_bests(study, ADAM, is_optimizer(name))

    return statistic


def rectified_minus_warmed(study: Replicates) -> Sample:
    """Return the best of RAdam minus the best of Adam among all warm-ups, none included, by seed."""
    return of_bests(study, is_optimizer("radam"), ADAM)


def small_minus_large_eps(study: Replicates) -> Sample:
    """Return the best with eps of at most 1e-6 minus the best with eps of at least 0.01, by seed."""

    def between(low: float, high: float) -> Picking:
        return lambda cell: "optimizer.eps" in cell.settings and low <= cell.settings["optimizer.eps"] <= high

    return of_bests(study, between(0.0, 1e-6), between(0.01, math.inf))


def accumulator_minus_squares(accumulator: str) -> Statistic:
    """Return the statistic: the best of Adagrad with another accumulator minus the best with squares, by seed."""

    def picked(wanted: str) -> Picking:
        return lambda cell: (
            cell.settings.get("optimizer") == "adagrad" and cell.settings.get("optimizer.accumulator") == wanted
        )

    def statistic(study: Replicates) -> Sample:
        return of_bests(study, picked(accumulator), picked("squared"))

    return statistic

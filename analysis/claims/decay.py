"""Statistics of claims about weight decay: decoupled from the learning rate, and from the length of the training."""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis.claims.claim import Sample
from analysis.claims.pairs import Picking, best, common_seeds, difference, lowest, mean, slope
from analysis.replicates import Cell, Replicates

LR, DECAY = "optimizer.lr", "optimizer.weight_decay"


def _adam(decay: str) -> Picking:
    """Return what picks Adam with one form of decay; Padam at p = 1/2 without a running maximum is Adam."""

    def picked(cell: Cell) -> bool:
        given = cell.settings
        is_adam = given.get("optimizer") in {"adam", "adamw"} or (
            given.get("optimizer") == "padam" and given.get("optimizer.p") == 0.5 and not given["optimizer.amsgrad"]
        )
        return is_adam and given.get("optimizer.decay") == decay

    return picked


L2, DECOUPLED, NORMALISED = _adam("l2"), _adam("decoupled-schedule"), _adam("normalised")


def l2_minus_decoupled(study: Replicates) -> Sample:
    """Return the best of Adam with L2 minus the best of Adam with decoupled decay, by seed."""
    one, other = best(study.cells, L2), best(study.cells, DECOUPLED)
    return () if one is None or other is None else list(difference(one.values, other.values).values())


def regret_of_l2_minus_decoupled(study: Replicates) -> Sample:
    """Return how much more is lost with L2 by tuning learning rate, then decay, than with decoupled decay, by seed.

    The loss is that of coordinate tuning: the best learning rate at one decay, then the best decay at that learning
    rate, minus the best of the whole grid; mean over the decays that one may begin with.
    """
    parts = [_regrets(_grid(study, picking)) for picking in (L2, DECOUPLED)]
    return list(difference(*parts).values())


def slope_of_best_decay(study: Replicates) -> Sample:
    """Return the slope of log10 of the best decoupled decay against log10 of the epochs, by seed."""
    return _slopes(study, DECOUPLED)


def slope_of_best_normalised_decay(study: Replicates) -> Sample:
    """Return the slope of log10 of the best normalised decay against log10 of the epochs, by seed."""
    return _slopes(study, NORMALISED)


def _grid(study: Replicates, picking: Picking) -> dict[tuple[float, float], Cell]:
    """Return cells by (lr, decay); none where the grid is not whole."""
    cells = [cell for cell in study.cells if picking(cell)]
    found = {(float(cell.settings[LR]), float(cell.settings[DECAY])): cell for cell in cells}
    whole = all(cell.replicates and not cell.pending for cell in cells) and len(found) == len(cells)
    rates, decays = {lr for lr, _ in found}, {decay for _, decay in found}
    return found if whole and len(found) == len(rates) * len(decays) else {}


def _regrets(grid: Mapping[tuple[float, float], Cell]) -> dict[int, float]:
    rates, decays = sorted({lr for lr, _ in grid}), sorted({decay for _, decay in grid})
    regrets = {}
    for seed in common_seeds(grid.values()):
        value = {at: cell.values[seed] for at, cell in grid.items()}
        ends = []
        for start in decays:
            tuned = min(rates, key=lambda lr: value[lr, start])
            ends.append(min(value[tuned, decay] for decay in decays))
        regrets[seed] = mean(ends) - min(value.values())
    return regrets


def _slopes(study: Replicates, picking: Picking) -> Sample:
    """Return the slope by seed; the best decay of a seed is that of its lowest objective, 0 left out."""
    by_epochs: dict[int, list[Cell]] = {}
    for cell in study.cells:
        if picking(cell) and cell.settings[DECAY] > 0:
            by_epochs.setdefault(cell.settings["epochs"], []).append(cell)
    cells = [cell for some in by_epochs.values() for cell in some]
    if len(by_epochs) < 2 or any(cell.pending or not cell.replicates for cell in cells):
        return ()
    return [
        slope(
            [
                (math.log10(epochs), lowest((math.log10(cell.settings[DECAY]), cell.values[seed]) for cell in some))
                for epochs, some in by_epochs.items()
            ]
        )
        for seed in common_seeds(cells)
    ]

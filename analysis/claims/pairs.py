"""Pairs: cells of a study picked out, and compared seed by seed, so that what a seed brings with it falls out."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from analysis.claims.claim import Sample
from analysis.replicates import Cell, Replicates

Picking = Callable[[Cell], bool]
"""Tells whether a cell is meant."""


def is_optimizer(*names: str) -> Picking:
    """Return what picks the cells of one of some optimizers."""
    return lambda cell: cell.settings.get("optimizer") in names


def is_setting(path: str, value: Any) -> Picking:
    """Return what picks the cells with one value at a path; of numbers, one that agrees to nine digits."""

    def picked(cell: Cell) -> bool:
        given = cell.settings.get(path)
        if isinstance(value, float) and isinstance(given, int | float) and not isinstance(given, bool):
            return math.isclose(given, value, rel_tol=1e-9)
        return bool(given == value)

    return picked


def mean(values: Iterable[float]) -> float:
    """Return the mean; NaN of nothing."""
    known = list(values)
    return statistics.fmean(known) if known else math.nan


def best(cells: Iterable[Cell], picking: Picking | None = None) -> Cell | None:
    """Return the cell with the lowest mean over its seeds, None where there is none that may be it.

    One with seeds to come, or that lost every seed, is not it, nor is one with fewer seeds than another. The same
    seeds choose and judge, so that a choice among many cells flatters the chosen; both sides of a difference choose.
    """
    known = [
        cell
        for cell in cells
        if (picking is None or picking(cell))
        and cell.replicates
        and not cell.pending
        and not cell.lost
        and not any(math.isnan(value) for value in cell.values.values())
    ]
    most = max((len(cell.replicates) for cell in known), default=0)
    whole = [cell for cell in known if len(cell.replicates) == most]
    return min(whole, key=lambda cell: mean(cell.values.values()), default=None)


def difference(left: Mapping[int, float], right: Mapping[int, float]) -> dict[int, float]:
    """Return left minus right by seed, of the seeds that both have."""
    return {seed: left[seed] - right[seed] for seed in sorted(left.keys() & right.keys())}


def averaged(parts: Sequence[Mapping[int, float]]) -> Sample:
    """Return the mean over parts by seed, of the seeds that all have; nothing where a part is empty."""
    seeds = set.intersection(*(set(part) for part in parts)) if parts else set()
    return [mean(part[seed] for part in parts) for seed in sorted(seeds)]


def groups(study: Replicates, path: str) -> list[list[Cell]]:
    """Return the cells of a study by their value at a path."""
    found: dict[Hashable, list[Cell]] = {}
    for cell in study.cells:
        found.setdefault(cell.settings.get(path), []).append(cell)
    return list(found.values())


def of_bests(study: Replicates, left: Picking, right: Picking) -> Sample:
    """Return the best of the left minus the best of the right by seed, averaged over the networks of a study."""
    parts = []
    for cells in groups(study, "task.network"):
        one, other = best(cells, left), best(cells, right)
        if one is None or other is None:
            return ()
        parts.append(difference(one.values, other.values))
    return averaged(parts)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the least-squares line through (x, y); NaN where x does not vary."""
    try:
        return statistics.linear_regression(*zip(*points, strict=True)).slope
    except statistics.StatisticsError:
        return math.nan


def common_seeds(cells: Iterable[Cell]) -> list[int]:
    """Return the seeds that every cell has a value of."""
    known = [{seed for seed, value in cell.values.items() if not math.isnan(value)} for cell in cells]
    return sorted(set.intersection(*known)) if known else []


def lowest(points: Iterable[tuple[float, float]]) -> float:
    """Return the x of the lowest y; of several, their mean."""
    known = list(points)
    least = min(y for _, y in known)
    return mean(x for x, y in known if y == least)

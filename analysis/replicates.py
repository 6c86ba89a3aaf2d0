"""Replicates: what a study holds at each setting, seed by seed, with the curves of those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.settings import Settings

Curve = Sequence[float]
"""A metric by epoch, the first one first."""


@dataclass(frozen=True, kw_only=True)
class Replicate:
    """One training that counts: complete or diverged.

    Attributes
    ----------
    number, seed
        Of the trial.
    value
        The objective; the worst value where it diverged, NaN where that is not known.
    diverged
        Whether something was not finite before the budget was spent.
    """

    number: int
    seed: int
    value: float
    diverged: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Cell:
    """All that was trained with the same settings.

    Attributes
    ----------
    arm
        Of the study.
    settings
        With what (:mod:`analysis.settings`).
    replicates
        One a seed.
    worst
        By metric: what a diverged training counts at. Of a metric without one, it counts as nothing.
    pending
        How many trials have no outcome yet.
    """

    arm: str
    settings: Settings
    replicates: tuple[Replicate, ...]
    worst: Mapping[str, float] = field(default_factory=dict)
    pending: int = 0

    @property
    def values(self) -> dict[int, float]:
        """The objective by seed."""
        return {one.seed: one.value for one in self.replicates}

    @property
    def lost(self) -> bool:
        """Whether every seed diverged."""
        return all(one.diverged for one in self.replicates)


def _none(_numbers: Sequence[int]) -> Mapping[int, Mapping[str, Curve]]:
    return {}


@dataclass(frozen=True, kw_only=True, eq=False)
class Replicates:
    """A study, setting by setting.

    Attributes
    ----------
    study
        Its name.
    measure
        What the values are, in words: statistic, metric, unit.
    cells
        In the order of arms and configurations.
    load
        Returns the curves of trials: by number, then by metric.
    """

    study: str
    measure: str
    cells: tuple[Cell, ...]
    load: Callable[[Sequence[int]], Mapping[int, Mapping[str, Curve]]] = _none

    def curves(self, cell: Cell, metric: str) -> dict[int, Curve]:
        """Return the curves of one metric by seed; a diverged one ends where it diverged."""
        loaded = self.load([one.number for one in cell.replicates])
        return {one.seed: loaded.get(one.number, {}).get(metric, ()) for one in cell.replicates}

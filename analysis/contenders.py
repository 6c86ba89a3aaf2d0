"""Contenders: the best configuration of each arm, and by how much each is worse than the best of all.

Seeds are shared by all configurations, arms and studies: seed 3 draws the same images in the same order wherever it
trains. What a seed does to every training drops out of a difference that is taken seed by seed; where it does
nothing, such as between networks that share no weights, pairing costs a few degrees of freedom and no truth. The
interval is that of a paired Student's t. It is of one difference, not of all at once, and the configurations were
chosen by the same numbers: each mean is the lowest of many, that of a large grid more than that of a small one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from analysis.means import mean_of
from analysis.measure import Measure, outcomes
from analysis.measures.number import Number

if TYPE_CHECKING:  # findings keep their contenders
    from analysis.findings import ArmFindings, Findings

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Contender:
    """The best configuration of an arm.

    Attributes
    ----------
    arm
        Whose.
    measure
        What is compared.
    best
        The configuration.
    values
        Its outcome by seed, a diverged one at worst.
    difference
        By how much it is worse than the best of all, over the seeds that both have; None of the best itself.
    """

    arm: ArmFindings
    measure: Measure
    best: Mapping[str, float]
    values: Mapping[int, float]
    difference: Number | None = None

    @property
    def mean(self) -> float:
        """Mean over its seeds."""
        return float(np.mean(list(self.values.values())))

    @property
    def error(self) -> float | None:
        """Standard error of the mean, None with one seed."""
        values = list(self.values.values())
        return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None

    def to_dict(self) -> dict[str, Any]:
        """Return the contender as plain values."""
        return {
            "arm": self.arm.name,
            "configuration": self.arm.named(self.best),
            "mean": self.mean,
            "standard_error": self.error,
            "n": len(self.values),
            "difference": None if self.difference is None else self.difference.to_dict(),
        }


def contenders(findings: Findings) -> tuple[Contender, ...]:
    """Return the best of each arm that has one, the best of all first; none where arms are not to be ranked."""
    leader = findings.best_arm()
    if leader is None:
        return ()
    first = _contender(leader)
    rest = [_contender(one) for one in findings.arms if one is not leader and one.best is not None]
    rest.sort(key=lambda one: one.measure.sign * one.mean)  # stable: equal ones stay in the written order
    compared = (
        Contender(arm=it.arm, measure=it.measure, best=it.best, values=it.values, difference=paired(it, first))
        for it in rest
    )
    return (first, *compared)


def _contender(one: ArmFindings) -> Contender:
    best = one.best or {}
    return Contender(arm=one, measure=one.measures[0], best=best, values=outcomes(one.at(best), one.measures[0]))


def paired(one: Contender, other: Contender) -> Number:
    """Return by how much one is worse than another, seed by seed, with the interval of a paired t."""
    seeds = sorted(one.values.keys() & other.values.keys())
    if not seeds:
        return Number(value=None, n=0, reason="they have no seed in common")
    sign = one.measure.sign
    differences = [sign * (one.values[seed] - other.values[seed]) for seed in seeds]
    return mean_of(differences, "one seed in common: no interval")

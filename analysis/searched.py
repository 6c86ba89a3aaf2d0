"""What was searched: the configurations of an arm in the order in which they were tried, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.best import ELIGIBLE
from analysis.findings import ArmFindings
from analysis.measure import Measure, counted
from analysis.numbers import point

Vector = npt.NDArray[np.float64]

INDEPENDENT = ("random", "sobol")
"""Designs whose configurations do not depend on what came before."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Searched:
    """The configurations of an arm that have an outcome.

    Attributes
    ----------
    arm
        The arm.
    measure
        What is shown: the objective.
    table
        As :func:`analysis.ranking.ranking` has it, in the order of the first number of their trials.
    """

    arm: ArmFindings
    measure: Measure
    table: pd.DataFrame

    @classmethod
    def of(cls, arm: ArmFindings) -> Searched:
        """Return the configurations of an arm."""
        measure, ranks = arm.measures[0], arm.rankings[0]
        first = counted(arm.in_force, measure).groupby(arm.space, as_index=False).agg(number=("number", "min"))
        table = ranks.merge(first, on=arm.space).sort_values("number", ignore_index=True)
        return cls(arm=arm, measure=measure, table=table)

    @cached_property
    def means(self) -> Vector:
        """The mean over seeds of each configuration, a diverged seed at the worst."""
        return self.table["mean"].to_numpy(dtype=float)

    @cached_property
    def moved(self) -> tuple[str, ...]:
        """The hyperparameters that have more than one value among the configurations; all where there is only one."""
        found = tuple(name for name in self.arm.space if len(self.table[name].unique()) > 1)
        return found or tuple(self.arm.space)

    @property
    def unmoved(self) -> str:
        """A sentence, with a space before it, of the others and where they stand; nothing where there is none."""
        stood = {name: self.table[name].iloc[0] for name in self.arm.space if name not in self.moved}
        return f" Every configuration has {point(self.arm.named(stood))}." if stood else ""

    @property
    def independent(self) -> bool:
        """Whether no configuration was chosen by what others came to."""
        return self.arm.arm.design.name in INDEPENDENT

    @property
    def best_so_far(self) -> Vector:
        """The best of the configurations up to each, NaN before the first that may be the best."""
        sign = self.measure.sign
        may = (self.table["standing"] == ELIGIBLE).to_numpy()
        found: Vector = sign * np.minimum.accumulate(np.where(may, sign * self.means, np.inf))
        return np.where(np.isfinite(found), found, np.nan)

    @property
    def name(self) -> str:
        """What a legend calls the arm, with the number of its configurations."""
        return f"{self.arm.name if self.arm.armed else self.arm.arm.design.name} (n = {len(self.means)})"


def shares(values: Vector) -> tuple[Vector, Vector]:
    """Return the empirical distribution function: values, ascending, and the share of all that are no higher."""
    ordered = np.sort(values)
    return ordered, np.arange(1, len(ordered) + 1) / len(ordered)


def best_of(values: Vector, budgets: Sequence[int], sign: float = 1.0) -> tuple[Vector, Vector, Vector]:
    """Return what the best of so many configurations is, drawn from those that were tried, each at most once.

    The mean over all subsets of a size is a U-statistic and has no bias where the configurations were drawn
    independently: R. Tang et al., "Showing Your Work Doesn't Always Work", ACL 2020,
    doi:10.18653/v1/2020.acl-main.246; the curve is that of J. Dodge et al., "Show Your Work", EMNLP 2019,
    doi:10.18653/v1/D19-1224, whose own estimator draws with replacement and is biased.

    Parameters
    ----------
    values
        Of n configurations.
    budgets
        Sizes k, 1 to n.
    sign
        -1 where higher values are better.

    Returns
    -------
    tuple of numpy.ndarray
        For each size the mean, and the 5 % and 95 % quantiles of the best over all subsets of that size.
    """
    ordered = np.sort(sign * values)
    n = len(ordered)
    mean, low, high = [], [], []
    for k in budgets:
        left = 1.0  # the share of subsets of size k all of whose members are worse than the first i
        chances = np.zeros(n)
        for i in range(n - k + 1):
            chances[i] = left * k / (n - i)  # the best one is number i
            left -= chances[i]
        mean.append(float(chances @ ordered))
        reached = np.cumsum(chances)
        low.append(float(ordered[np.searchsorted(reached, 0.05 - 1e-12)]))
        high.append(float(ordered[min(int(np.searchsorted(reached, 0.95 - 1e-12)), n - 1)]))
    return sign * np.array(mean), sign * np.array(low), sign * np.array(high)

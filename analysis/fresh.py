"""Fresh seeds: what the best configuration of an arm comes to on seeds that took no part in its choice.

The best of many noisy means is the lowest partly by the luck of its seeds, so that its own mean is optimistic. Seeds
that were trained after the choice are not, and their mean has the interval of a plain Student's t. By how much they
are worse is a difference of two samples that have no seed in common, and cannot be paired: its interval is Welch's,
which takes the chosen mean as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.material import matching
from analysis.means import difference_of, mean_of
from analysis.measure import Measure, outcomes
from analysis.measures.number import Number

if TYPE_CHECKING:  # findings keep their checks
    from analysis.findings import ArmFindings


@dataclass(frozen=True, kw_only=True, eq=False)
class FreshCheck:
    """The best configuration of an arm on fresh seeds.

    Attributes
    ----------
    arm
        Whose.
    measure
        What it was chosen by.
    best
        The configuration.
    chosen
        Its outcome by seed of the study, a diverged one at worst.
    fresh
        The same of seeds that took no part; one at least.
    diverged
        How many of these diverged.
    left
        How many are still to be trained.
    """

    arm: ArmFindings
    measure: Measure
    best: Mapping[str, float]
    chosen: Mapping[int, float]
    fresh: Mapping[int, float]
    diverged: int = 0
    left: int = 0

    @property
    def mean(self) -> Number:
        """The mean over fresh seeds."""
        return mean_of(list(self.fresh.values()))

    @property
    def worse(self) -> Number:
        """By how much the fresh seeds are worse than those it was chosen by."""
        sign = self.measure.sign
        return difference_of([sign * it for it in self.fresh.values()], [sign * it for it in self.chosen.values()])

    @property
    def sentence(self) -> str:
        """What the check says, in words."""
        written, n, unit = self.measure.bare, len(self.fresh), self.measure.metric.unit
        seeds = f"{n} fresh seed{'' if n == 1 else 's'}"
        if self.diverged:
            seeds += f", of which {self.diverged} diverged,"
        mean = self.mean.told(written, f" {unit}" if unit else "")
        found = self.worse
        worse = (found.value or 0.0) >= 0.0
        points = " points" if unit == "%" else f" {unit}" if unit else ""
        number = (found if worse else _negative(found)).told(written, points)
        noise = ", which may be noise" if found.low is not None and found.low <= 0.0 <= (found.high or 0.0) else ""
        return (
            f"On {seeds} the best configuration comes to a mean {self.measure.metric.summary} of {mean}, {number} "
            f"{'worse' if worse else 'better'} than on the {len(self.chosen)} by which it was chosen{noise}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the check as plain values."""
        return {
            "configuration": self.arm.named(self.best),
            "chosen_mean": float(np.mean(list(self.chosen.values()))),
            "chosen_n": len(self.chosen),
            "mean": self.mean.to_dict(),
            "worse": self.worse.to_dict(),
            "diverged": self.diverged,
            "left": self.left,
        }


def fresh_check(one: ArmFindings) -> FreshCheck | None:
    """Return the check of an arm's best configuration, None where it has no outcome on a fresh seed."""
    best, trials = one.best, one.material.fresh.get(one.key)
    if best is None or trials is None or trials.empty:
        return None
    mine = matching(trials[~trials["superseded"]], best)
    measure = one.measures[0]
    chosen, fresh = outcomes(one.at(best), measure), outcomes(mine, measure)
    if not chosen or not fresh:
        return None
    return FreshCheck(
        arm=one,
        measure=measure,
        best=best,
        chosen=chosen,
        fresh=fresh,
        diverged=int((mine["state"] == "diverged").sum()),
        left=int(mine["state"].isin(["waiting", "running"]).sum()),
    )


def _negative(number: Number) -> Number:
    """Return a number seen from the other side."""
    value, low, high = (None if it is None else -it for it in (number.value, number.high, number.low))
    return Number(value=value, low=low, high=high, n=number.n, reason=number.reason)

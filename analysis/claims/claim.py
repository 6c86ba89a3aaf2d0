"""A claim, what tests it, and how a sample of differences judges it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scipy import special

from analysis.replicates import Replicates

LEVEL = 0.95
"""Of the interval of a mean."""

Sample = Sequence[float]
"""One number a seed, each a difference between trainings of that seed; empty where something was not trained."""

Statistic = Callable[[Replicates], Sample]
"""From a study to one number a seed."""


class Verdict(StrEnum):
    """What a store says of a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"
    NOT_RUN = "not run"


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where the mean of a statistic lies if its claim is true: between ``low`` and ``high``, both excluded."""

    low: float = -math.inf
    high: float = math.inf

    def __str__(self) -> str:
        if math.isinf(self.low):
            return f"< {self.high:g}"
        return f"> {self.low:g}" if math.isinf(self.high) else f"{self.low:g} to {self.high:g}"


POSITIVE, NEGATIVE = Region(low=0.0), Region(high=0.0)


def within(margin: float) -> Region:
    """Return where a mean lies that is as good as 0."""
    return Region(low=-margin, high=margin)


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A statistic of a study, and where its mean lies if the claim is true.

    Attributes
    ----------
    says
        What the statistic is, in words, with its unit.
    statistic
        Gives it, one number a seed.
    region
        Where its mean lies if the claim is true.
    refutable
        Whether the study could show the claim to be wrong: one that something happens somewhere is shown by one
        study, and refuted by none.
    """

    says: str
    statistic: Statistic
    region: Region
    refutable: bool = True


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A bundled study with its tests: it supports the claim if all of them do."""

    preset: str
    tests: tuple[Criterion, ...]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim.

    Attributes
    ----------
    name
        H1 to H13.
    text
        In plain words.
    source
        Where it stands.
    experiments
        The studies that test it.
    """

    name: str
    text: str
    source: str
    experiments: tuple[Experiment, ...]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a sample says: its mean with the 95 % t interval, None with fewer than two seeds, and the verdict."""

    test: Criterion
    n: int
    mean: float | None
    low: float | None
    high: float | None
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values; an end of the region that is open is None."""
        region = (self.test.region.low, self.test.region.high)
        return {
            "statistic": self.test.says,
            "expected": [None if math.isinf(end) else end for end in region],
            "refutable": self.test.refutable,
            "n": self.n,
            "mean": self.mean,
            "low": self.low,
            "high": self.high,
            "verdict": str(self.verdict),
        }


def judge(test: Criterion, sample: Sample) -> Judged:
    """Return what a sample says of a test.

    Supported where the interval lies in the region, contradicted where none of it does, else undecided; not run where
    the sample is empty.
    """
    n = len(sample)
    if not n:
        return Judged(test=test, n=0, mean=None, low=None, high=None, verdict=Verdict.NOT_RUN)
    mean = statistics.fmean(sample)
    if n < 2:
        return Judged(test=test, n=n, mean=mean, low=None, high=None, verdict=Verdict.UNDECIDED)
    half = float(special.stdtrit(n - 1, (1 + LEVEL) / 2)) * statistics.stdev(sample) / math.sqrt(n)
    low, high = mean - half, mean + half
    verdict = Verdict.UNDECIDED
    if test.region.low < low and high < test.region.high:
        verdict = Verdict.SUPPORTED
    elif test.refutable and (high < test.region.low or test.region.high < low):
        verdict = Verdict.CONTRADICTED
    return Judged(test=test, n=n, mean=mean, low=low, high=high, verdict=verdict)


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of what is true if every part is: one part that is wrong contradicts it."""
    found = set(verdicts)
    if Verdict.CONTRADICTED in found:
        return Verdict.CONTRADICTED
    if found <= {Verdict.NOT_RUN}:
        return Verdict.NOT_RUN
    return Verdict.SUPPORTED if found == {Verdict.SUPPORTED} else Verdict.UNDECIDED


def agreed(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of several studies: that of those that were run, undecided where they do not agree."""
    found = set(verdicts) - {Verdict.NOT_RUN}
    if not found:
        return Verdict.NOT_RUN
    return found.pop() if len(found) == 1 else Verdict.UNDECIDED

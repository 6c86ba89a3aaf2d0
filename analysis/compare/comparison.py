"""The comparison: what was measured beside what was published, number by number, with a verdict from replicates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from scipy import special

from analysis.compare.reference import Grade, Published, PublishedCell, Reference
from analysis.replicates import Cell, Curve, Replicates
from analysis.settings import Settings, agree, unlike

LEVEL = 0.95
"""Of the prediction interval."""


class Trained(Protocol):
    """Whatever was trained with settings."""

    @property
    def settings(self) -> Settings:
        """Every one of them, by path."""


T = TypeVar("T", bound=Trained)


class Verdict(StrEnum):
    """How what was measured stands beside what was published."""

    WITHIN = "within noise"
    BETTER = "better"
    WORSE = "worse"
    TOO_FEW = "too few"
    NOT_RUN = "not run"
    NOT_MEASURED = "not measured"


JUDGED = (Verdict.WITHIN, Verdict.BETTER, Verdict.WORSE)
"""Verdicts that say how the two stand; the others say why that cannot be said."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How a metric that is published follows from one that is recorded.

    Attributes
    ----------
    recorded
        Name of the column of the epochs.
    of
        From the one to the other, and back.
    higher
        Whether higher is better.
    most
        The largest value that there can be; the smallest is 0. Intervals end there.
    """

    recorded: str
    of: Callable[[float], float] = float
    higher: bool = False
    most: float = 100.0


def _accuracy(error: float) -> float:
    """Return an accuracy in percent for an error in percent."""
    return 100.0 - error


SCALES: Mapping[str, Scale] = {
    "test_accuracy": Scale(recorded="test_error", of=_accuracy, higher=True),
    "test_error": Scale(recorded="test_error"),
    "test_error5": Scale(recorded="test_error5"),
    "train_loss": Scale(recorded="train_loss", most=math.inf),
}
"""What can be compared; a metric that is not here is one that Basin does not measure."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One published number beside the replicates of one setting.

    Attributes
    ----------
    cell, metric, statistic, epoch, grade, note
        Which number, as the reference has it.
    published
        The number.
    arm
        Of the study, None where nothing was trained that is the published training.
    unlike
        Published settings that the study has otherwise, by path: published, measured.
    measured, n, diverged
        Mean over replicates, how many there are, how many of them diverged before the epoch and count at guessing.
    difference
        Measured minus published.
    low, high
        The 95 % prediction interval: where the mean of as many further runs as are behind the published number lies,
        were they like these replicates; no further than the metric can go. None with fewer than two.
    verdict
        Whether the published number lies there; else on which side.
    """

    cell: str
    metric: str
    statistic: str
    epoch: int
    grade: Grade
    note: str
    published: float
    verdict: Verdict
    arm: str | None = None
    unlike: Mapping[str, tuple[Any, Any]]
    measured: float | None = None
    n: int = 0
    diverged: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return {
            "cell": self.cell,
            "arm": self.arm,
            "metric": self.metric,
            "statistic": self.statistic,
            "epoch": self.epoch,
            "grade": str(self.grade),
            "note": self.note or None,
            "published": self.published,
            "measured": self.measured,
            "n": self.n,
            "diverged": self.diverged,
            "difference": self.difference,
            "low": self.low,
            "high": self.high,
            "verdict": str(self.verdict),
            "unlike": {path: {"published": was, "measured": it} for path, (was, it) in self.unlike.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A study beside a reference.

    Attributes
    ----------
    study, reference
        Of what.
    rows
        One a published number and setting of the study that it may be of.
    """

    study: str
    reference: Reference
    rows: tuple[Row, ...]

    @property
    def verdicts(self) -> dict[str, int]:
        """How many rows have each verdict."""
        return {str(it): sum(row.verdict is it for row in self.rows) for it in Verdict}

    @property
    def by_chance(self) -> float:
        """How many rows would not be within noise were all published runs like those of the study."""
        return (1 - LEVEL) * sum(row.verdict in JUDGED for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin compare --json`` prints."""
        return {
            "study": self.study,
            "reference": self.reference.to_dict(),
            "level": LEVEL,
            "verdicts": self.verdicts,
            "outside_by_chance": round(self.by_chance, 2),
            "rows": [row.to_dict() for row in self.rows],
        }


def compare(reference: Reference, study: Replicates) -> Comparison:
    """Return a study beside a reference.

    A published training is that of every setting of the study that has the settings by which it is known; of several,
    those with the fewest published settings otherwise.
    """
    rows = [row for cell in reference.cells for row in _rows(cell, study, reference.n)]
    return Comparison(study=study.study, reference=reference, rows=tuple(rows))


def matches(cell: PublishedCell, trained: Sequence[T]) -> list[T]:
    """Return what was trained that is the published training, of those most like it."""
    found = [one for one in trained if agree(cell.where, one.settings)]
    fewest = min((len(unlike(cell.settings, one.settings)) for one in found), default=0)
    return [one for one in found if len(unlike(cell.settings, one.settings)) == fewest]


def prediction(values: Sequence[float], runs: int = 1) -> tuple[float, float] | None:
    """Return the 95 % prediction interval of the mean of further runs, None with fewer than two values.

    mean -+ t s sqrt(1 / runs + 1 / n), t of n - 1 degrees of freedom: exact where runs are independent and normal.
    """
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    s = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = float(special.stdtrit(n - 1, (1 + LEVEL) / 2)) * s * math.sqrt(1 / runs + 1 / n)
    return mean - half, mean + half


def summarised(curve: Curve, statistic: str, epoch: int) -> float | None:
    """Return the statistic of a curve up to an epoch, None where it does not reach so far."""
    part = curve[:epoch]
    if len(part) < epoch:
        return None
    if statistic == "at":
        return float(part[-1])
    if statistic == "mean_last5":
        return math.fsum(part[-5:]) / len(part[-5:])
    if statistic in {"min", "max"}:
        return float(min(part) if statistic == "min" else max(part))
    raise ValueError(f"statistic must be at, mean_last5, min or max, got {statistic!r}")


def _rows(cell: PublishedCell, study: Replicates, runs: int) -> Iterator[Row]:
    found = matches(cell, study.cells)
    scale = SCALES.get(cell.metric)
    if scale is None or not found:
        verdict = Verdict.NOT_RUN if scale is not None else Verdict.NOT_MEASURED
        yield from (_row(cell, number, verdict, unlike={}) for number in cell.numbers)
        return
    for match in found:
        curves = study.curves(match, scale.recorded)
        differing = unlike(cell.settings, match.settings)
        for number in cell.numbers:
            values, diverged = _values(match, curves, scale, number)
            yield _judged(cell, number, scale, values, runs, arm=match.arm, unlike=differing, diverged=diverged)


def _values(cell: Cell, curves: Mapping[int, Curve], scale: Scale, number: Published) -> tuple[list[float], int]:
    """Return one value a replicate, and how many diverged; nothing for one that does not reach the epoch."""
    values, diverged = [], 0
    worst = cell.worst.get(scale.recorded)
    for one in cell.replicates:
        curve = [scale.of(value) for value in curves.get(one.seed, ())]
        value = summarised(curve, number.statistic, number.epoch)
        if value is None and one.diverged:
            diverged += 1
            value = None if worst is None else scale.of(worst)
        if value is not None:
            values.append(value)
    return values, diverged


def _judged(
    cell: PublishedCell, number: Published, scale: Scale, values: Sequence[float], runs: int, **known: Any
) -> Row:
    if not values:
        return _row(cell, number, Verdict.NOT_RUN, **known)
    measured = math.fsum(values) / len(values)
    difference = measured - number.value
    between = prediction(values, runs)
    if between is None:
        verdict, low, high = Verdict.TOO_FEW, None, None
    else:
        low, high = max(between[0], 0.0), min(between[1], scale.most)
        if low - cell.precision <= number.value <= high + cell.precision:
            verdict = Verdict.WITHIN
        else:
            verdict = Verdict.BETTER if (difference > 0) == scale.higher else Verdict.WORSE
    return _row(
        cell, number, verdict, measured=measured, n=len(values), difference=difference, low=low, high=high, **known
    )


def _row(cell: PublishedCell, number: Published, verdict: Verdict, **known: Any) -> Row:
    return Row(
        cell=cell.label,
        metric=cell.metric,
        statistic=number.statistic,
        epoch=number.epoch,
        grade=cell.grade,
        note=cell.note,
        published=number.value,
        verdict=verdict,
        **known,
    )

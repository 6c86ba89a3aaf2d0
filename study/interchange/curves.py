"""Curves: steps of others as epochs, and what a value is of the curve that leads to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from analysis.statistics import STATISTICS, summarised
from search_spaces.declarations import Metric
from study.interchange.records import Record, Results, is_finite
from study.trials import State

TOLERANCE = 1e-9
"""Relative; a value is the last of its curve, or the lowest, where it differs by no more."""

REPORTED = "reported"
"""The metric of a curve that does not lead to the value of its trial."""


@dataclass(frozen=True, kw_only=True)
class Curves:
    """How the curves of a study are read.

    Attributes
    ----------
    steps
        Every step at which anything was reported; the k-th one is epoch k.
    statistic
        What the value of a trial is of its curve, ``final`` or ``min``; None where it is neither, and the curve is
        of a metric of its own.
    budget
        The number of epochs of a whole training.
    """

    steps: tuple[int, ...]
    statistic: str | None
    budget: int

    @classmethod
    def of(cls, records: Sequence[Record], metric: Metric) -> Curves:
        """Return how the curves of trials are to be read."""
        steps = tuple(sorted({step for it in records for step in it.curve}))
        complete = [it for it in records if it.state is State.COMPLETE and it.curve]
        last = max((max(it.curve) for it in complete), default=steps[-1] if steps else 0)
        budget = sum(step <= last for step in steps) or 1
        if not complete or all(_agrees(it, "final") for it in complete):
            return cls(steps=steps, statistic="final", budget=budget)
        lowest = metric.direction == "minimize" and all(_agrees(it, "min") for it in complete)
        return cls(steps=steps, statistic="min" if lowest else None, budget=budget)

    @cached_property
    def epochs(self) -> dict[int, int]:
        """The epoch of each step."""
        return {step: number for number, step in enumerate(self.steps, start=1)}

    def reached(self, record: Record) -> int:
        """Return the last epoch of which a trial reported anything, 0 where it reported nothing."""
        return self.epochs[max(record.curve)] if record.curve else 0


def _agrees(record: Record, statistic: str) -> bool:
    known = [record.curve[step] for step in sorted(record.curve)]
    if record.value is None or not all(map(is_finite, known)):
        return False
    found = summarised(known, statistic)
    return math.isclose(found, record.value, rel_tol=TOLERANCE, abs_tol=1e-300)


def set_aside(results: Results, curves: Curves) -> Results:
    """Return results without the complete trials that stopped before their budget: no figure may count these.

    A scheduler that stops a training early leaves it complete, with the value of where it was.
    """
    if not curves.steps:
        return results
    short = 0
    records = []
    for it in results.records:
        reached = curves.reached(it)
        if it.state is not State.COMPLETE or reached >= curves.budget:
            records.append(it)
            continue
        short += 1
        reason = f"stopped before its budget: reported {reached} of {curves.budget} steps"
        records.append(replace(it, state=State.CANCELLED, reason=reason, value=None))
    if not short:
        return results
    note = (
        f"complete trials that reported fewer than {curves.budget} steps: {short}; one that is stopped early "
        "does, and they are cancelled here, for no figure may count them beside whole ones; --whole counts them"
    )
    return replace(results, records=records, notes=[*results.notes, note])


def statistics_of(values: Sequence[float | None]) -> dict[str, float | None]:
    """Return every statistic of a curve; but for the last value there is none where an epoch lacks one."""
    known = [value for value in values if value is not None]
    whole = len(known) == len(values) and bool(known)
    found: dict[str, float | None] = {name: summarised(known, name) if whole else None for name in STATISTICS}
    return found | {"final": values[-1] if values else None}


def measured(record: Record, curves: Curves, epochs: int, metric: str) -> list[tuple[int, dict[str, float]]]:
    """Return the epochs of a trial, each with what was measured in it.

    Parameters
    ----------
    record
        The trial.
    curves
        How to read it.
    epochs
        Its budget.
    metric
        The name of the objective's metric.
    """
    name = metric if curves.statistic is not None else REPORTED
    found: dict[int, dict[str, float]] = {
        curves.epochs[step]: {name: value} if is_finite(value) else {} for step, value in sorted(record.curve.items())
    }
    if record.state is State.COMPLETE and record.value is not None:
        at_end = found.setdefault(epochs, {})
        if curves.statistic != "min":
            at_end[metric] = record.value
        at_end |= record.others
    return sorted(found.items())


def results_of(record: Record, curves: Curves, epochs: int, metric: str) -> Mapping[str, dict[str, float | None]]:
    """Return every statistic of everything that was measured of a complete trial."""
    by_epoch = dict(measured(record, curves, epochs, metric))
    names: Iterable[str] = dict.fromkeys(name for it in by_epoch.values() for name in it)
    found = {
        name: statistics_of([by_epoch.get(number, {}).get(name) for number in range(1, epochs + 1)]) for name in names
    }
    for name, value in record.others.items():  # measured once, at the end: whatever is asked of it, this is it
        found[name] = dict.fromkeys(STATISTICS, value)
    if curves.statistic is None:
        found[metric] = {"final": record.value, "mean_last5": None, "min": None}
    elif curves.statistic == "min":
        found[metric] = found.get(metric, {}) | {"min": record.value}
    return found

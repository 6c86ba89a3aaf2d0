"""Records: trials as they were found elsewhere, before they have Basin's names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from search_spaces.declarations import Metric
from search_spaces.errors import Fault
from study.trials import State

LARGEST = 1e300
"""What lies beyond it is not finite here: no column holds it."""


def is_finite(value: float) -> bool:
    """Tell whether a number can stand in the store."""
    return math.isfinite(value) and abs(value) <= LARGEST


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A hyperparameter as it was declared elsewhere.

    Attributes
    ----------
    kind
        ``real`` or ``whole`` numbers, a ``choice`` of texts, or a ``switch``.
    low, high, log
        The range it was drawn from and its scale, where that is known.
    choices
        The values it was chosen from, in their order; of numbers, too, that were listed one by one.
    """

    kind: Literal["real", "whole", "choice", "switch"]
    low: float | None = None
    high: float | None = None
    log: bool | None = None
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Record:
    """One training.

    Attributes
    ----------
    place
        Where it was found, for messages: ``trial 7``, ``line 3``.
    params
        Values of its hyperparameters by their outside names, as many as are known.
    state
        Its outcome.
    reason
        Why it is not complete.
    value, others
        The objective of a complete one, and what else was measured, by the name of the metric.
    curve
        What was reported on the way, by step; NaN where that was not finite.
    seed
        Which replicate; None where repeats of a configuration are counted.
    started, finished, seconds
        As far as they are known; the first two in seconds since 1970.
    """

    place: str
    params: Mapping[str, Any]
    state: State
    reason: str | None = None
    value: float | None = None
    others: Mapping[str, float] = field(default_factory=dict)
    curve: Mapping[int, float] = field(default_factory=dict)
    seed: int | None = None
    diverged_epoch: int | None = None
    started: float | None = None
    finished: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Results:
    """All that was found of one study.

    Attributes
    ----------
    source
        What it was and where it lay, without a password.
    parameters
        By their outside names.
    metric, others
        The objective, and what else was measured; named as Basin names them.
    records
        In the order in which they were found.
    faults
        What is wrong with them, all of it.
    notes
        What whoever imports them should know, a sentence each.
    """

    source: str
    parameters: Mapping[str, Parameter]
    metric: Metric
    records: Sequence[Record]
    others: Sequence[Metric] = ()
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()

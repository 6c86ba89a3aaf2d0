"""Learning-rate schedules as pure functions: the multiplier of the base learning rate at one step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

Multiplier = Callable[[int], float]


def _constant(options: Mapping[str, Any], steps_per_epoch: int, epochs: int) -> Multiplier:  # noqa: ARG001
    return lambda step: 1.0  # noqa: ARG005


def _multistep(options: Mapping[str, Any], steps_per_epoch: int, epochs: int) -> Multiplier:  # noqa: ARG001
    marks = [milestone * steps_per_epoch for milestone in options["milestones"]]
    gamma = float(options["gamma"])
    return lambda step: gamma ** sum(step >= mark for mark in marks)


def _cosine(options: Mapping[str, Any], steps_per_epoch: int, epochs: int) -> Multiplier:  # noqa: ARG001
    total = steps_per_epoch * epochs
    return lambda step: 0.5 * (1.0 + math.cos(math.pi * step / total))


SCHEDULES: dict[str, Callable[[Mapping[str, Any], int, int], Multiplier]] = {
    "constant": _constant,
    "multistep": _multistep,
    "cosine": _cosine,
}


def multiplier(schedule: Mapping[str, Any], steps_per_epoch: int, epochs: int) -> Multiplier:
    """Return the function from a step, 0 for the first, to the factor on the base learning rate."""
    return SCHEDULES[schedule["name"]](schedule, steps_per_epoch, epochs)

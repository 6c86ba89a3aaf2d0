"""Schedules as pure functions: the multiplier of an option of the optimizer at one step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any

Multiplier = Callable[[int], float]


def constant(_steps_per_epoch: int, _epochs: int) -> Multiplier:
    """Return 1 all the way."""
    return lambda _step: 1.0


def multistep(steps_per_epoch: int, _epochs: int, *, milestones: Sequence[int], gamma: float) -> Multiplier:
    """Return what is multiplied by ``gamma`` after each milestone, an epoch."""
    marks = [milestone * steps_per_epoch for milestone in milestones]
    return lambda step: gamma ** sum(step >= mark for mark in marks)


def cosine(steps_per_epoch: int, epochs: int) -> Multiplier:
    """Return half a cosine from 1 to 0, which it would reach after the last step."""
    total = steps_per_epoch * epochs
    return lambda step: 0.5 * (1.0 + math.cos(math.pi * step / total))


SCHEDULES: dict[str, Callable[..., Multiplier]] = {
    "constant": constant,
    "multistep": multistep,
    "cosine": cosine,
}
"""Each takes steps an epoch, epochs, and its options by name."""


def multiplier(schedule: Mapping[str, Any], steps_per_epoch: int, epochs: int) -> Multiplier:
    """Return the function from a step, 0 for the first, to the factor on the value as given."""
    options = {name: value for name, value in schedule.items() if name != "name"}
    return SCHEDULES[schedule["name"]](steps_per_epoch, epochs, **options)


class Moves:
    """What the schedules of a training move, step by step.

    Parameters
    ----------
    schedules
        Name and options of the schedule of each option that one moves.
    values
        Of the options, as given.
    steps_per_epoch, epochs
        Of the training.
    """

    def __init__(
        self,
        schedules: Mapping[str, Mapping[str, Any]],
        values: Mapping[str, Any],
        steps_per_epoch: int,
        epochs: int,
    ) -> None:
        self._values = values
        self._factors = {name: multiplier(it, steps_per_epoch, epochs) for name, it in schedules.items()}

    def apply(self, groups: Iterable[MutableMapping[str, Any]], step: int) -> None:
        """Put the values of one step, 0 for the first, into the parameter groups of an optimizer."""
        for name, factor in self._factors.items():
            for group in groups:
                group[name] = self._values[name] * factor(step)

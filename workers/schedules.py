"""Schedules as pure functions: the multiplier of an option of the optimizer at one step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, MutableMapping, Sequence
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
    """What the schedules of a training move, step by step, each from where the optimizer has it.

    What stays constant is left to the optimizer: groups may have learning rates of their own, or change them.

    Parameters
    ----------
    schedules
        Name and options of the schedule of each option that one moves.
    groups
        The parameter groups of the optimizer as it was made, with the values that are multiplied.
    steps_per_epoch, epochs
        Of the training.

    Raises
    ------
    ValueError
        A schedule moves what a parameter group has not.
    """

    def __init__(
        self,
        schedules: Mapping[str, Mapping[str, Any]],
        groups: Sequence[Mapping[str, Any]],
        steps_per_epoch: int,
        epochs: int,
    ) -> None:
        moving = {name: it for name, it in schedules.items() if it["name"] != "constant"}
        for name in moving:
            if not all(name in group for group in groups):
                raise ValueError(
                    f"an optimizer must have {name} in each of its parameter groups, and step by what stands there, "
                    f"for a schedule to move it; got {', '.join(it for it in groups[0] if it != 'params')}"
                )
        self._factors = {name: multiplier(it, steps_per_epoch, epochs) for name, it in moving.items()}
        self._begun = [{name: group[name] for name in moving} for group in groups]

    def apply(self, groups: Sequence[MutableMapping[str, Any]], step: int) -> None:
        """Put the values of one step, 0 for the first, into the parameter groups of the optimizer."""
        for name, factor in self._factors.items():
            for group, begun in zip(groups, self._begun, strict=True):
                group[name] = begun[name] * factor(step)

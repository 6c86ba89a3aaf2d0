"""Schedules as pure functions: the multiplier of an option of the optimizer at one step.

A step is counted from 0 through the whole training. What is said in epochs happens before the first step of an epoch.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a schedule says.

    Attributes
    ----------
    multiplier
        From a step to the factor on the value as given.
    discards
        Steps before which the state of the optimizer is discarded.
    cycle
        From a step to the steps of the cycle that it is of; None where there is one, the whole training.
    follows
        What else is scheduled whose factor, and value as given, this multiplier takes beside the step.
    """

    multiplier: Callable[..., float]
    discards: frozenset[int] = field(default_factory=frozenset)
    cycle: Callable[[int], int] | None = None
    follows: str | None = None


def constant(_steps: int, _epochs: int) -> Course:
    """Return 1 all the way."""
    return Course(multiplier=lambda _step: 1.0)


def multistep(steps: int, _epochs: int, *, milestones: Sequence[int], gamma: float, discard: bool = False) -> Course:
    """Return what is multiplied by ``gamma`` after each milestone, an epoch."""
    marks = [milestone * steps for milestone in milestones]
    return Course(multiplier=_dropped(marks, gamma), discards=frozenset(marks if discard else ()))


def step(steps: int, epochs: int, *, every: int, gamma: float, discard: bool = False) -> Course:
    """Return what is multiplied by ``gamma`` after each ``every`` epochs."""
    return multistep(steps, epochs, milestones=range(every, epochs, every), gamma=gamma, discard=discard)


def cosine(steps: int, epochs: int) -> Course:
    """Return half a cosine from 1 to 0, which it would reach after the last step."""
    return Course(multiplier=lambda at: _half_cosine(at / (steps * epochs)))


def warm_restarts(steps: int, epochs: int, *, first: int, factor: float, lowest: float) -> Course:
    """Return half a cosine from 1 to ``lowest``, again and again, each ``factor`` times as long as the one before."""
    total = steps * epochs
    lengths, ends = [float(steps * first)], [float(steps * first)]
    while ends[-1] < total:
        lengths.append(lengths[-1] * factor)
        ends.append(ends[-1] + lengths[-1])
    begins = [0.0, *ends[:-1]]

    def cycle(at: int) -> int:
        return bisect_right(begins, at) - 1

    def multiplier(at: int) -> float:
        number = cycle(at)
        return lowest + (1.0 - lowest) * _half_cosine((at - begins[number]) / lengths[number])

    return Course(multiplier=multiplier, cycle=lambda at: max(1, round(lengths[cycle(at)])))


def inverse_sqrt(_steps: int, _epochs: int) -> Course:
    """Return 1 / sqrt(t) at the t-th step: the step size of online learning."""
    return Course(multiplier=lambda at: 1.0 / math.sqrt(at + 1))


def compensated(
    steps: int, _epochs: int, *, scale: float, milestones: Sequence[int] = (), gamma: float = 0.1
) -> Course:
    """Return what makes up for a p that moves: scale^(2 (p - p at first)), and drops of its own.

    lr scale^(1 - 2p) is then what it was, the length of a step whose squared gradients average to scale^2.
    """
    drops = _dropped([milestone * steps for milestone in milestones], gamma)

    def multiplier(at: int, factor: float, p: float) -> float:
        return drops(at) * float(scale ** (2.0 * p * (factor - 1.0)))

    return Course(multiplier=multiplier, follows="p")


SCHEDULES: dict[str, Callable[..., Course]] = {
    "constant": constant,
    "multistep": multistep,
    "step": step,
    "cosine": cosine,
    "warm-restarts": warm_restarts,
    "inverse-sqrt": inverse_sqrt,
    "compensated": compensated,
}
"""Each takes steps an epoch, epochs, and its options by name, without those of the warm-up, which all have."""

WARM_UP = ("warmup", "warmup_from")


def course(schedule: Mapping[str, Any], steps: int, epochs: int) -> Course:
    """Return what a schedule says of a training.

    Parameters
    ----------
    schedule
        Its ``name`` and options. With ``warmup`` epochs of warm-up its multiplier is itself multiplied by what rises
        from ``warmup_from`` to 1, step by step: milestones and cosines go by the whole training, as they do in
        P. Goyal et al., arXiv:1706.02677, and in the experiments of L. Liu et al., arXiv:1908.03265.
    steps
        An epoch.
    epochs
        Of the training.
    """
    options = {name: value for name, value in schedule.items() if name not in {"name", *WARM_UP}}
    found = SCHEDULES[schedule["name"]](steps, epochs, **options)
    length, low = steps * float(schedule.get("warmup", 0.0)), float(schedule.get("warmup_from", 0.0))
    if not length:
        return found
    whole = found.multiplier

    def warmed(at: int, *others: float) -> float:
        return (low + (1.0 - low) * min(1.0, (at + 1) / length)) * whole(at, *others)

    return Course(multiplier=warmed, discards=found.discards, cycle=found.cycle, follows=found.follows)


def _dropped(marks: Sequence[int], gamma: float) -> Callable[[int], float]:
    """Return what is multiplied by ``gamma`` from each mark on."""
    return lambda at: float(gamma ** bisect_right(marks, at))


def _half_cosine(share: float) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * share))

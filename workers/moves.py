"""Moves: what the schedules of a training do to its optimizer, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from workers.schedules import Course, course

Group = dict[str, Any]

BETAS = {"beta1": 0, "beta2": 1}
"""Options that stand in a pair, as torch has them, and where."""


class Moves:
    """What the schedules of a training move, each from where the optimizer has it.

    What stays constant is left to the optimizer: groups may have learning rates of their own, or change them.

    Parameters
    ----------
    schedules
        Name and options of the schedule of each option that one moves.
    optimizer
        As it was made, with the values that are multiplied.
    steps, epochs
        Steps an epoch, and epochs, of the training.

    Attributes
    ----------
    steps, total
        Steps an epoch, and of the whole training.
    schedules
        Those that move something.

    Raises
    ------
    ValueError
        A schedule moves what a parameter group has not, or follows what none moves.
    """

    def __init__(
        self, schedules: Mapping[str, Mapping[str, Any]], optimizer: torch.optim.Optimizer, steps: int, epochs: int
    ) -> None:
        self._optimizer = optimizer
        self.steps, self.total = steps, steps * epochs
        self.schedules = {name: it for name, it in schedules.items() if it["name"] != "constant" or it.get("warmup")}
        self._courses: dict[str, Course] = {name: course(it, steps, epochs) for name, it in self.schedules.items()}
        groups = optimizer.param_groups
        for name, it in self._courses.items():
            if not all(holds(group, name) for group in groups):
                raise ValueError(
                    f"an optimizer must have {name} in each of its parameter groups, and step by what stands there, "
                    f"for a schedule to move it; got {', '.join(key for key in groups[0] if key != 'params')}"
                )
            if it.follows is not None and it.follows not in self._courses:
                raise ValueError(f"a schedule of {it.follows} must be there for {name} to follow it, got none")
        self._begun = [{name: value(group, name) for name in self._courses} for group in groups]

    @property
    def first_cycle(self) -> int:
        """Steps of the first cycle of the learning rate; of the whole training where it has no restarts."""
        lr = self._courses.get("lr")
        return self.total if lr is None or lr.cycle is None else lr.cycle(0)

    def apply(self, at: int) -> None:
        """Put the values of a step, 0 for the first, into the groups; a drop that asks for it discards the state."""
        for name, it in self._courses.items():
            for group, begun in zip(self._optimizer.param_groups, self._begun, strict=True):
                put(group, name, begun[name] * self._factor(it, at, begun))
                if it.cycle is not None and name == "lr" and "cycle_steps" in group:
                    group["cycle_steps"] = it.cycle(at)
        if any(at in it.discards for it in self._courses.values()):
            self._optimizer.state.clear()

    def _factor(self, it: Course, at: int, begun: Mapping[str, float]) -> float:
        if it.follows is None:
            return it.multiplier(at)
        followed = self._courses[it.follows]
        return it.multiplier(at, followed.multiplier(at), begun[it.follows])


def holds(group: Group, name: str) -> bool:
    """Tell whether a parameter group has an option."""
    return name in group or (name in BETAS and "betas" in group)


def value(group: Group, name: str) -> float:
    """Return the value of an option in a parameter group."""
    found: float = group[name] if name in group else group["betas"][BETAS[name]]
    return found


def put(group: Group, name: str, number: float) -> None:
    """Set the value of an option in a parameter group."""
    if name in group:
        group[name] = number
    else:
        betas = list(group["betas"])
        betas[BETAS[name]] = number
        group["betas"] = tuple(betas)

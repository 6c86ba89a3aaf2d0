"""Descents: an optimizer moves a point of few coordinates, whose derivatives cost next to nothing."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from workers.facts import facts_of
from workers.moves import Moves
from workers.optimizers import build_optimizer, in_force
from workers.recipe import Recipe
from workers.records import LARGEST, Divergence, EpochRecord
from workers.session import Session, State


class Point(nn.Module):
    """A point in double precision, on the CPU."""

    def __init__(self, start: Sequence[float]) -> None:
        super().__init__()
        self.at = nn.Parameter(torch.tensor(start, dtype=torch.float64))


class Descent(Session):
    """A descent by steps, of which the setting's ``steps`` are an epoch.

    A problem says where it begins, which derivative each step follows, and what is measured after an epoch.
    """

    def __init__(self, recipe: Recipe, start: Sequence[float]) -> None:
        super().__init__(recipe)
        self.steps = int(recipe.setting["steps"])
        self.point = Point(start)
        self.optimizer = build_optimizer(self.point, recipe, self.steps * recipe.epochs)
        self.moves = Moves(recipe.schedules, self.optimizer, self.steps, recipe.epochs)
        self.facts = facts_of(recipe, self.optimizer, self.moves)
        self.last_finite: float | None = None

    @property
    def at(self) -> nn.Parameter:
        """Where it stands."""
        return self.point.at

    def _epoch(self, epoch: int) -> EpochRecord:
        begun = time.perf_counter()
        self._begin(epoch)
        for number in range(self.steps):
            step = (epoch - 1) * self.steps + number
            self.moves.apply(step)
            self.at.grad = self._derivative(epoch, number)
            self.optimizer.step()
            self._moved()
        with torch.no_grad():
            metrics = self._measured(epoch)
        return EpochRecord(
            epoch=epoch, metrics=metrics, **in_force(self.optimizer), seconds=time.perf_counter() - begun
        )

    def _begin(self, epoch: int) -> None:
        """Draw what an epoch needs."""

    @abstractmethod
    def _derivative(self, epoch: int, number: int) -> Tensor:
        """Return the derivative that a step of an epoch follows, 0 for the first step, 1 for the first epoch."""

    def _moved(self) -> None:
        """Answer to a step."""

    @abstractmethod
    def _measured(self, epoch: int) -> Mapping[str, float]:
        """Return the metrics after an epoch."""

    def _slope(self, value: Tensor, epoch: int) -> Tensor:
        """Return the derivative of a value at the point, or end the training where the value is not finite."""
        self._check(value, epoch)
        (slope,) = torch.autograd.grad(value, self.at)
        return slope

    def _check(self, value: Tensor, epoch: int) -> float:
        """Return a value, or end the training where it is not finite."""
        found = float(value.detach())
        if not abs(found) <= LARGEST:
            raise Divergence(epoch, self.last_finite)
        self.last_finite = found
        return found

    def _path(self, epoch: int) -> dict[str, float]:
        """Return the coordinates, or end the training where one is not finite."""
        names = ("x", "y")
        return {name: self._coordinate(it, epoch) for name, it in zip(names, self.at.tolist(), strict=False)}

    def _coordinate(self, value: float, epoch: int) -> float:
        if not abs(value) <= LARGEST:
            raise Divergence(epoch, self.last_finite)
        return value

    def _state(self) -> State:
        return {
            "point": self.point.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "last_finite": self.last_finite,
        }

    def _load(self, state: State) -> None:
        self.point.load_state_dict(state["point"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.last_finite = state["last_finite"]

"""Beale's function: two variables, one minimum at the end of a bent valley between steep walls.

f(x, y) = (1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2, which is 0 at (3, 1/2) and nowhere less
(E. M. L. Beale, On an iterative method for finding a local minimum, Princeton, 1958). It takes no data and next to no
time, and its best learning rate moves with the optimizer all the same.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from workers.moves import Moves
from workers.optimizers import build_optimizer, in_force
from workers.recipe import Recipe
from workers.records import LARGEST, Divergence, EpochRecord
from workers.seeds import generator
from workers.session import Session, State

START = (1.0, 1.0)
"""Where every training begins: on the flat ground before the valley, where f is 14.2."""

MINIMUM = (3.0, 0.5)

WORST = 181_853.61328125
"""f at (-4.5, -4.5), its largest value on the square |x|, |y| <= 4.5; what lies higher is told as this."""

FARTHEST = math.hypot(4.5 + MINIMUM[0], 4.5 + MINIMUM[1])
"""Distance of that corner from the minimum; what lies farther is told as this."""


class Point(nn.Module):
    """A point of the plane, in double precision; called, it gives f."""

    def __init__(self) -> None:
        super().__init__()
        self.at = nn.Parameter(torch.tensor(START, dtype=torch.float64))

    def forward(self) -> Tensor:
        """Return f at the point."""
        x, y = self.at
        residuals = [c - x + x * y**k for k, c in enumerate((1.5, 2.25, 2.625), start=1)]
        return sum((it**2 for it in residuals), torch.zeros((), dtype=torch.float64))


def begin(recipe: Recipe, _folder: Path | None, _device: torch.device) -> Descent:
    """Return the descent of a recipe, on the CPU."""
    return Descent(recipe)


class Descent(Session):
    """A descent from :data:`START`, which diverges as soon as f is not finite."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        self.steps, self.noise = int(recipe.setting["steps"]), float(recipe.setting["noise"])
        self.point = Point()
        self.optimizer = build_optimizer(self.point, recipe, self.steps * recipe.epochs)
        self.moves = Moves(recipe.schedules, self.optimizer, self.steps, recipe.epochs)
        self.last_finite: float | None = None

    def _epoch(self, epoch: int) -> EpochRecord:
        begun = time.perf_counter()
        random = generator(self.recipe.seed, "noise", epoch)
        drawn = torch.randn(self.steps, 2, generator=random, dtype=torch.float64)
        for number in range(self.steps):
            self.moves.apply((epoch - 1) * self.steps + number)
            self.optimizer.zero_grad(set_to_none=True)
            value = self.point()
            value.backward()
            self._check(value, epoch)
            assert self.point.at.grad is not None, "a derivative was taken"  # noqa: S101
            self.point.at.grad += self.noise * drawn[number]
            self.optimizer.step()
        with torch.no_grad():
            excess = self._check(self.point(), epoch)
        x, y = self.point.at.tolist()
        return EpochRecord(
            epoch=epoch,
            metrics={
                "excess": min(excess, WORST),
                "distance": min(math.hypot(x - MINIMUM[0], y - MINIMUM[1]), FARTHEST),
            },
            **in_force(self.optimizer),
            seconds=time.perf_counter() - begun,
        )

    def _check(self, value: Tensor, epoch: int) -> float:
        """Return a value, or end the training where it is not finite."""
        found = float(value.detach())
        if not found <= LARGEST:
            raise Divergence(epoch, self.last_finite)
        self.last_finite = found
        return found

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

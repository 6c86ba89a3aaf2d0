"""Noisy moons by logistic regression: two weights, batches of points, and what is measured on all of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from search_spaces.landscapes import moons
from workers.recipe import Recipe
from workers.seeds import generator
from workers.tasks.descent import Descent


def begin(recipe: Recipe, _folder: Path | None, _device: torch.device) -> MoonsDescent:
    """Return the descent of the loss of noisy moons, on the CPU."""
    return MoonsDescent(recipe)


class MoonsDescent(Descent):
    """A descent of the loss of batches, measured on all points."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe, moons.LOSS.start)
        coordinates, classes = moons.points()
        self.inputs = torch.from_numpy(coordinates * classes[:, None])
        self.batch = int(recipe.setting["batch_size"])

    def _begin(self, epoch: int) -> None:
        random = generator(self.recipe.seed, "order", epoch)
        self._drawn = torch.randint(len(self.inputs), (self.steps, self.batch), generator=random)

    def _margins(self, inputs: Tensor) -> Tensor:
        """Return by how much each point lies on its own side; below 0, on the other one."""
        return inputs @ self.at

    def _derivative(self, epoch: int, number: int) -> Tensor:
        return self._slope(_loss(self._margins(self.inputs[self._drawn[number]])), epoch)

    def _measured(self, epoch: int) -> Mapping[str, float]:
        margins, path = self._margins(self.inputs), self._path(epoch)
        excess = self._check(_loss(margins), epoch) - moons.LOSS.lowest
        return {
            "excess": min(max(excess, 0.0), moons.WORST),
            "accuracy": 100.0 * float((margins > 0).double().mean()),
            "distance": min(moons.LOSS.distance((path["x"], path["y"])), moons.LOSS.farthest),
            **path,
        }


def _loss(margins: Tensor) -> Tensor:
    """Return the mean of log(1 + exp(-margin))."""
    return torch.nn.functional.softplus(-margins).mean()

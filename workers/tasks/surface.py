"""Surfaces: functions of two variables, descended from where each says, with noise on the derivatives if wanted.

They take no data and next to no time, and their best learning rates move with the optimizer all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from search_spaces.landscapes import SURFACES
from workers.recipe import Recipe
from workers.seeds import generator
from workers.tasks.descent import Descent


def begin(recipe: Recipe, _folder: Path | None, _device: torch.device) -> SurfaceDescent:
    """Return the descent of the surface that the recipe's task names, on the CPU."""
    return SurfaceDescent(recipe)


class SurfaceDescent(Descent):
    """A descent of a surface, which diverges as soon as the surface is not finite where it stands."""

    def __init__(self, recipe: Recipe) -> None:
        self.surface = SURFACES[recipe.task]
        super().__init__(recipe, self.surface.start)
        self.noise = float(recipe.setting["noise"])

    def _begin(self, epoch: int) -> None:
        random = generator(self.recipe.seed, "noise", epoch)
        self._drawn = self.noise * torch.randn(self.steps, 2, generator=random, dtype=torch.float64)

    def _value(self) -> Tensor:
        value: Tensor = self.surface.value(*self.at)
        return value

    def _derivative(self, epoch: int, number: int) -> Tensor:
        return self._slope(self._value(), epoch) + self._drawn[number]

    def _measured(self, epoch: int) -> Mapping[str, float]:
        excess = self._check(self._value(), epoch) - self.surface.lowest
        path = self._path(epoch)
        return {
            "excess": min(max(excess, 0.0), self.surface.worst),
            "distance": min(self.surface.distance((path["x"], path["y"])), self.surface.farthest),
            **path,
        }

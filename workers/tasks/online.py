"""The online sequence on which Adam moves to the worst point there is, and its relatives with a maximum do not.

f_t(x) = C x where t mod 3 = 1, else -x, for x in [-1, 1] and C > 2 (S. J. Reddi, S. Kale, S. Kumar, On the
convergence of Adam and beyond, ICLR 2018, section 3). Over three steps the losses add up to (C - 2) x: the best fixed
point is -1. With beta1 = 0, beta2 = 1 / (1 + C^2) and a learning rate a / sqrt(t), a < sqrt(1 - beta2), Adam moves to
+1, where its average regret is 2 (C - 2) / 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from workers.recipe import Recipe
from workers.session import State
from workers.tasks.descent import Descent

START = (0.0,)
BEST = -1.0


def begin(recipe: Recipe, _folder: Path | None, _device: torch.device) -> OnlineDescent:
    """Return the play of a recipe, on the CPU."""
    return OnlineDescent(recipe)


class OnlineDescent(Descent):
    """A point that is moved after each loss, put back into [-1, 1], and charged what -1 would not have paid.

    Attributes
    ----------
    paid
        Regret so far: the sum over the steps t of f_t(x_t) - f_t(-1), where x_t is what it was before f_t was told.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe, START)
        self.largest, self.paid = float(recipe.setting["largest"]), 0.0
        self._large = torch.tensor([self.largest], dtype=torch.float64)
        self._small = torch.tensor([-1.0], dtype=torch.float64)

    def _derivative(self, epoch: int, number: int) -> Tensor:
        first = ((epoch - 1) * self.steps + number) % 3 == 0  # t mod 3 = 1, where the first t is 1
        self.paid += (self.largest if first else -1.0) * (self.at.item() - BEST)
        return (self._large if first else self._small).clone()

    def _moved(self) -> None:
        self.at.data.clamp_(-1.0, 1.0)

    def _measured(self, epoch: int) -> Mapping[str, float]:
        return {"regret": self.paid / (epoch * self.steps), **self._path(epoch)}

    def _state(self) -> State:
        return {**super()._state(), "paid": self.paid}

    def _load(self, state: State) -> None:
        super()._load(state)
        self.paid = state["paid"]

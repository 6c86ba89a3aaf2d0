"""The base of rules that look at whole tensors: what a step does with one element depends on others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from workers.optimizers.adaptive import Form, Rule, expression_of, numbers_of
from workers.optimizers.family import Family, evaluated, gradients_of


class Tensorwise(Family):
    """An optimizer whose rule treats the parameters of a group one after the other, or all at once."""

    def check_all(self, group: Mapping[str, Any]) -> None:
        """Raise ``TypeError`` or ``ValueError`` where any option of a group is out of range."""
        super().check_all(group)
        for name in ("fused", "capturable"):
            if group[name]:
                raise ValueError(
                    f"{name} must be off for {type(self).__name__}, whose step looks at whole tensors, in torch's "
                    "operations and from the host; leave it out"
                )

    @abstractmethod
    def move(self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor]) -> None:
        """Step the parameters of a group that have gradients, which point to where the loss rises."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update every parameter that has a gradient; ``closure`` re-evaluates the loss first and returns it."""
        loss = evaluated(closure)
        for group in self.param_groups:
            self.check_all(group)
        given = [
            [(w, g) for w, g in zip(it["params"], gradients_of(it["params"]), strict=True) if g is not None]
            for it in self.param_groups
        ]
        for group, pairs in zip(self.param_groups, given, strict=True):
            if pairs:
                gradients = [-g if group["maximize"] else g for _, g in pairs]
                self.move(group, [w for w, _ in pairs], gradients)
        return loss


def adam_step(rule: Rule, group: Mapping[str, Any], w: Tensor, g: Tensor, state: dict[str, Any]) -> Tensor:
    """Advance the averages of a parameter by one of the forms of Adam, and return what that would subtract."""
    expression = expression_of(Form(rule=rule, maximum=False, roots=0, guarded=True))
    update, new = expression(w, g, state, numbers_of(rule, 0.5, group, float(state["step"])))
    for name, value in new.items():
        state[name].copy_(value)
    moved: Tensor = update
    return moved

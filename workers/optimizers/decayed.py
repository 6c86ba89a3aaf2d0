"""torch's own optimizers, with the weight decay of the family."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch

from workers.optimizers.decay import shares
from workers.optimizers.family import evaluated
from workers.optimizers.moments import Moment
from workers.optimizers.options import check_decay


class Decayed(torch.optim.Optimizer):
    """An optimizer of torch, and weight decay in four forms (:func:`workers.optimizers.decay.shares`).

    ``l2`` is torch's own; for the others the weights are shrunk before torch steps, without any decay of its own.
    Made by :func:`decayed`.
    """

    RULE: type[torch.optim.Optimizer]
    MOMENT: Moment | None

    def __init__(self, params: Any, *, decay: str = "l2", cycle_steps: int | None = None, **options: Any) -> None:
        self._shared = {"decay": decay, "cycle_steps": cycle_steps}
        super().__init__(params, **options)
        self.defaults |= self._shared

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group, with a base rate and a form of decay."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        for name, value in self._shared.items():
            group.setdefault(name, value)
        group.setdefault("base_lr", float(group["lr"]))
        try:
            check_decay(group)
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise

    def moment(self, group: Mapping[str, Any]) -> Moment | None:
        """Return the second moment that the rule divides by, None where there is none."""
        if self.MOMENT is None:
            return None
        name = "max_exp_avg_sq" if group.get("amsgrad") else self.MOMENT.name
        corrected = self.MOMENT.beta is not None
        return Moment(name, beta=group["betas"][1] if corrected else None, root=self.MOMENT.root)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update every parameter that has a gradient; ``closure`` re-evaluates the loss first and returns it."""
        loss = evaluated(closure)
        for group in self.param_groups:
            check_decay(group)
        given = [group["weight_decay"] for group in self.param_groups]
        try:
            for group in self.param_groups:
                if group["decay"] != "l2":
                    _, keep = shares(group)
                    moving = [w for w in group["params"] if w.grad is not None]
                    if moving and keep != 1.0:
                        torch._foreach_mul_(moving, keep)
                    group["weight_decay"] = 0.0
            inspect.unwrap(self.RULE.step)(self)
        finally:
            for group, strength in zip(self.param_groups, given, strict=True):
                group["weight_decay"] = strength
        return loss


def decayed(rule: type[torch.optim.Optimizer], moment: Moment | None = None) -> Callable[..., torch.optim.Optimizer]:
    """Return one of torch's optimizers with the weight decay of the family.

    Parameters
    ----------
    rule
        Its class.
    moment
        Where its second moment lies; any ``beta`` means that the bias is corrected by the group's own.
    """
    made = type(
        f"Decayed{rule.__name__}", (Decayed, rule), {"RULE": rule, "MOMENT": moment, "__doc__": Decayed.__doc__}
    )
    built: Callable[..., torch.optim.Optimizer] = made
    return built

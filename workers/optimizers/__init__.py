"""Optimizers: Padam and its relatives, and torch's own, built by name from a recipe.

``from workers.optimizers import Padam`` is all a torch user needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

import torch
from torch import nn

from workers.optimizers import moments
from workers.optimizers.elementwise import Elementwise
from workers.optimizers.moments import Moment
from workers.optimizers.padam import Padam
from workers.recipe import Recipe

__all__ = ["OPTIMIZERS", "Padam", "build_optimizer", "in_force", "mean_log10_v"]

Groups = list[dict[str, Any]]


def padam(groups: Groups, total_steps: int, *, beta1: float, beta2: float, **options: Any) -> torch.optim.Optimizer:
    """Return Padam, whose cycle is the whole training."""
    return Padam(groups, betas=(beta1, beta2), cycle_steps=total_steps, **options)


def sgd(groups: Groups, _total_steps: int, *, lr: float, momentum: float, decay: str) -> torch.optim.Optimizer:
    """Return torch's SGD."""
    _only("l2", decay)
    return torch.optim.SGD(groups, lr=lr, momentum=momentum)


def adam(groups: Groups, _total_steps: int, *, decay: str, **options: float) -> torch.optim.Optimizer:
    """Return torch's Adam."""
    _only("l2", decay)
    return torch.optim.Adam(groups, **_adam(**options))


def amsgrad(groups: Groups, _total_steps: int, *, decay: str, **options: float) -> torch.optim.Optimizer:
    """Return torch's Adam with the running maximum of the second moment."""
    _only("l2", decay)
    return torch.optim.Adam(groups, amsgrad=True, **_adam(**options))


def adamw(groups: Groups, _total_steps: int, *, decay: str, **options: float) -> torch.optim.Optimizer:
    """Return torch's AdamW."""
    _only("decoupled-lr", decay)
    return torch.optim.AdamW(groups, **_adam(**options))


def _adam(*, lr: float, beta1: float, beta2: float, eps: float) -> dict[str, Any]:
    return {"lr": lr, "betas": (beta1, beta2), "eps": eps}


def _only(known: str, decay: str) -> None:
    if decay != known:
        raise ValueError(f"decay must be {known}, got {decay!r}")


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "padam": padam,
    "sgd": sgd,
    "adam": adam,
    "amsgrad": amsgrad,
    "adamw": adamw,
}
"""Each takes parameter groups, the steps of the whole training, and its options by name; how much the parameters of a
group decay stands in the group."""

UNGROUPED: dict[str, Callable[..., torch.optim.Optimizer]] = {}
"""Optimizers that come from elsewhere: each takes one parameter group of all parameters, and every option by name."""


def build_optimizer(model: nn.Module, recipe: Recipe, total_steps: int) -> torch.optim.Optimizer:
    """Return the recipe's optimizer over the parameters of a network.

    Parameters
    ----------
    model
        The network; parameters of fewer than two dimensions are not decayed where the option ``decay_on`` is
        ``kernels``.
    recipe
        The training.
    total_steps
        Steps of the whole training, the cycle of the ``normalised`` decay.
    """
    if recipe.optimizer in UNGROUPED:
        return UNGROUPED[recipe.optimizer]([{"params": list(model.parameters())}], **recipe.options)
    options = dict(recipe.options)
    weight_decay, on = options.pop("weight_decay", 0.0), options.pop("decay_on", "all")
    decayed = [w for w in model.parameters() if on == "all" or w.ndim >= 2]
    other = [w for w in model.parameters() if on != "all" and w.ndim < 2]
    groups: Groups = [{"params": decayed, "weight_decay": weight_decay}]
    if other:
        groups.append({"params": other, "weight_decay": 0.0})
    if recipe.optimizer is None:
        raise ValueError(f"task {recipe.task} must have an optimizer, got none")
    return OPTIMIZERS[recipe.optimizer](groups, total_steps, **options)


class InForce(TypedDict):
    """What a record says of an optimizer (:class:`workers.records.EpochRecord`)."""

    lr: float | None
    p: float | None
    log10_v: float | None


def in_force(optimizer: torch.optim.Optimizer) -> InForce:
    """Return what a record says of an optimizer: ``lr`` and ``p`` of its first group, and :func:`mean_log10_v`."""
    group = optimizer.param_groups[0]
    return {
        "lr": float(group["lr"]) if "lr" in group else None,
        "p": float(group["p"]) if "p" in group else None,
        "log10_v": mean_log10_v(optimizer),
    }


def mean_log10_v(optimizer: torch.optim.Optimizer) -> float | None:
    """Return the mean of log10 of the second moment an optimizer divides by, zeros left out.

    None where the optimizer has none, or where one has overflowed.
    """
    return moments.mean_log10_v(optimizer, optimizer.moment if isinstance(optimizer, Elementwise) else of_torch)


def of_torch(group: Mapping[str, Any]) -> Moment | None:
    return (
        Moment("max_exp_avg_sq" if group.get("amsgrad") else "exp_avg_sq", beta=group["betas"][1])
        if "betas" in group
        else None
    )

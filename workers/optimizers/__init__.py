"""Optimizers: Padam and its relatives, and torch's own, built by name from a recipe.

``from workers.optimizers import Padam`` is all a torch user needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from workers.optimizers.padam import Padam
from workers.recipe import Recipe

__all__ = ["OPTIMIZERS", "Padam", "build_optimizer", "mean_log10_v"]

Groups = list[dict[str, Any]]


def _padam(groups: Groups, recipe: Recipe, total_steps: int) -> torch.optim.Optimizer:
    h = recipe.hyperparameters
    return Padam(
        groups,
        lr=h["lr"],
        betas=(h["beta1"], h["beta2"]),
        eps=h["eps"],
        p=h["p"],
        variant=recipe.variant or "torch",
        decay=recipe.decay,
        cycle_steps=total_steps,
        amsgrad=recipe.amsgrad,
    )


def _sgd(groups: Groups, recipe: Recipe, total_steps: int) -> torch.optim.Optimizer:  # noqa: ARG001
    h = recipe.hyperparameters
    return torch.optim.SGD(groups, lr=h["lr"], momentum=h["momentum"])


def _adam(groups: Groups, recipe: Recipe, total_steps: int) -> torch.optim.Optimizer:  # noqa: ARG001
    h = recipe.hyperparameters
    kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
    amsgrad = recipe.optimizer == "amsgrad"
    return kind(groups, lr=h["lr"], betas=(h["beta1"], h["beta2"]), eps=h["eps"], amsgrad=amsgrad)


OPTIMIZERS: dict[str, Callable[[Groups, Recipe, int], torch.optim.Optimizer]] = {
    "padam": _padam,
    "sgd": _sgd,
    "adam": _adam,
    "amsgrad": _adam,
    "adamw": _adam,
}


def build_optimizer(model: nn.Module, recipe: Recipe, total_steps: int) -> torch.optim.Optimizer:
    """Return the recipe's optimizer over the parameters of a network.

    Parameters
    ----------
    model
        The network; parameters of fewer than two dimensions are not decayed where ``decay_on`` is ``kernels``.
    recipe
        The training.
    total_steps
        Steps of the whole training, the cycle of the ``normalised`` decay.
    """
    decayed = [w for w in model.parameters() if recipe.decay_on == "all" or w.ndim >= 2]
    other = [w for w in model.parameters() if recipe.decay_on != "all" and w.ndim < 2]
    groups: Groups = [{"params": decayed, "weight_decay": recipe.hyperparameters["weight_decay"]}]
    if other:
        groups.append({"params": other, "weight_decay": 0.0})
    return OPTIMIZERS[recipe.optimizer](groups, recipe, total_steps)


def mean_log10_v(optimizer: torch.optim.Optimizer) -> float | None:
    """Return the mean of log10 of the second moment an optimizer divides by, zeros left out.

    None where the optimizer has none, or where one has overflowed.
    """
    if isinstance(optimizer, Padam):
        return optimizer.mean_log10_v()
    total, count = 0.0, 0
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            state = optimizer.state.get(parameter, {})
            moment = state.get("max_exp_avg_sq", state.get("exp_avg_sq"))
            if moment is not None:
                corrected = moment.double() / (1.0 - group["betas"][1] ** float(state["step"]))
                known = corrected[corrected != 0]
                total, count = total + float(known.log10().sum()), count + known.numel()
    return total / count if count and math.isfinite(total) else None

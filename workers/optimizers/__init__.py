"""Optimizers: Padam and its relatives, and torch's own, built by name from a recipe.

``from workers.optimizers import Padam`` is all a torch user needs. What torch has right is torch's, with the weight
decay of the family (:mod:`workers.optimizers.decayed`); the rest is written on one base
(:mod:`workers.optimizers.elementwise`), or by itself where a step looks at more than one element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

import torch
from torch import nn

from workers.optimizers import moments
from workers.optimizers.adagrad import Adagrad
from workers.optimizers.adam import Adam, RAdam
from workers.optimizers.decayed import Decayed, decayed
from workers.optimizers.family import Family
from workers.optimizers.moments import Moment
from workers.optimizers.momentum import Momentum
from workers.optimizers.nd_adam import NDAdam
from workers.optimizers.padam import Padam
from workers.optimizers.swats import Swats
from workers.recipe import Recipe

__all__ = ["OPTIMIZERS", "Padam", "build_optimizer", "in_force", "mean_log10_v"]

Groups = list[dict[str, Any]]
Builder = Callable[..., torch.optim.Optimizer]


def built_by(make: Builder, **fixed: Any) -> Builder:
    """Return what takes parameter groups, the steps of the whole training, and declared options by name."""

    def build(groups: Groups, total_steps: int, **options: Any) -> torch.optim.Optimizer:
        given = fixed | options
        if "beta1" in given:
            given["betas"] = (given.pop("beta1"), given.pop("beta2"))
        return make(groups, cycle_steps=total_steps, **given)

    return build


CORRECTED = Moment("exp_avg_sq", corrected=True)
_torch_adam = built_by(decayed(torch.optim.Adam, CORRECTED), fused=True)

padam = built_by(Padam)
sgd = sgdw = built_by(decayed(torch.optim.SGD), fused=True)
nesterov = built_by(decayed(torch.optim.SGD), nesterov=True, fused=True)
momentum = built_by(Momentum)
adagrad = built_by(Adagrad)
adadelta = built_by(decayed(torch.optim.Adadelta, Moment("square_avg")))
rmsprop = built_by(decayed(torch.optim.RMSprop, Moment("square_avg")))
adamw = _torch_adam
adamax = built_by(decayed(torch.optim.Adamax, Moment("exp_inf", root=True)))
nadam = built_by(Adam, variant="nadam")
lazy_adam = built_by(Adam, variant="eps-hat", lazy=True)
swats = built_by(Swats)
nd_adam = built_by(NDAdam)


def adam(groups: Groups, total_steps: int, *, variant: str, **options: Any) -> torch.optim.Optimizer:
    """Return torch's Adam, or the form of it that torch does not have."""
    if variant == "torch":
        return _torch_adam(groups, total_steps, **options)
    return built_by(Adam)(groups, total_steps, variant=variant, **options)


def amsgrad(groups: Groups, total_steps: int, *, maximum_of: str, **options: Any) -> torch.optim.Optimizer:
    """Return torch's AMSGrad, or the one with the maximum of what is corrected."""
    if maximum_of == "v":
        return _torch_adam(groups, total_steps, amsgrad=True, **options)
    return built_by(Adam, amsgrad=True, variant="max-of-corrected")(groups, total_steps, **options)


def radam(groups: Groups, total_steps: int, *, before: str, **options: Any) -> torch.optim.Optimizer:
    """Return torch's RAdam, which steps by momentum before it can rectify, or its authors', which waits."""
    if before == "momentum":
        return built_by(decayed(torch.optim.RAdam, Moment("exp_avg_sq")))(groups, total_steps, **options)
    return built_by(RAdam)(groups, total_steps, **options)


OPTIMIZERS: dict[str, Builder] = {
    "padam": padam,
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "sgdw": sgdw,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamax": adamax,
    "nadam": nadam,
    "amsgrad": amsgrad,
    "adamw": adamw,
    "radam": radam,
    "lazy-adam": lazy_adam,
    "swats": swats,
    "nd-adam": nd_adam,
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

    None where the optimizer has none, or says not which, or where one has overflowed.
    """
    return moments.mean_log10_v(optimizer, optimizer.moment if isinstance(optimizer, Family | Decayed) else _adam_s)


def _adam_s(group: Mapping[str, Any]) -> Moment | None:
    """Return where the moment lies of what a plug-in made of torch's Adam."""
    if "betas" not in group:
        return None
    return Moment("max_exp_avg_sq" if group.get("amsgrad") else "exp_avg_sq", corrected=True)

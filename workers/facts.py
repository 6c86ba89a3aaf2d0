"""Facts: by which rule the optimizer of a recipe steps, and what its options come to in a step."""

from __future__ import annotations

from typing import Any

import torch

from workers.moves import Moves
from workers.optimizers.decay import taken
from workers.optimizers.decayed import Decayed
from workers.optimizers.family import Family
from workers.recipe import Recipe
from workers.records import LARGEST, Facts

DECAYING = frozenset(("decay", "decay_on"))
"""Choices that are about decay, and no part of a rule's name."""


def facts_of(recipe: Recipe, optimizer: torch.optim.Optimizer, moves: Moves) -> Facts:
    """Return the facts of a training that is about to begin.

    Parameters
    ----------
    recipe
        The training.
    optimizer
        Its optimizer, before the first step; of its groups the first one decays. Of one that is a plug-in's own no
        more is known than its options.
    moves
        Its schedules.
    """
    found: dict[str, Any] = {"lr": _number(recipe.options.get("lr")), "eps": _number(recipe.options.get("eps"))}
    found["weight_decay"] = _number(recipe.options.get("weight_decay"))
    if isinstance(optimizer, Family | Decayed):
        group = optimizer.param_groups[0] | {"cycle_steps": moves.first_cycle}
        found |= {
            "decay": group["decay"],
            "weight_decay_norm": found["weight_decay"] if group["decay"] == "normalised" else None,
            "decay_per_step": _number(_per_step(optimizer, group)),
            "eps_at": optimizer.eps_at(group),
        }
        found["eps"] = None if found["eps_at"] is None else found["eps"]
    return Facts(
        rule=_named(recipe),
        schedules=moves.schedules,
        batch_size=recipe.setting.get("batch_size"),
        steps_per_epoch=moves.steps,
        total_steps=moves.total,
        cycle_steps=moves.first_cycle,
        **found,
    )


def _per_step(optimizer: Family | Decayed, group: dict[str, Any]) -> float | None:
    """Return the share of itself that a weight loses to decay in a step, None where it is no fixed one."""
    if group["decay"] != "l2" or not group["weight_decay"]:
        return float(taken(group)) if group["weight_decay"] else 0.0
    of_gradient = optimizer.of_gradient(group)
    return None if of_gradient is None else of_gradient * group["weight_decay"]


def _named(recipe: Recipe) -> str:
    """Return the optimizer's name with the choices, and the switches that are on, by which its forms differ."""
    chosen = [it for name, it in recipe.options.items() if isinstance(it, str) and name not in DECAYING]
    return " ".join((str(recipe.optimizer), *chosen, *(name for name, it in recipe.options.items() if it is True)))


def _number(value: Any) -> float | None:
    """Return what a store takes for a number."""
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if numeric and abs(value) <= LARGEST else None

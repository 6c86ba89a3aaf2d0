"""Weight decay in its four forms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

DECAYS = ("l2", "decoupled-lr", "decoupled-schedule", "normalised")


def shares(group: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what of a parameter is added to its gradient, and what of it a step keeps.

    ============================ =====================================================================
    ``l2``                       weight_decay, added to the gradient times the parameter
    ``decoupled-lr``             keeps 1 - lr x weight_decay, as torch.optim.AdamW
    ``decoupled-schedule``       keeps 1 - (lr / base_lr) x weight_decay, as Loshchilov and Hutter
    ``normalised``               the same with weight_decay / sqrt(cycle_steps), their normalised form
    ============================ =====================================================================

    ``base_lr`` is the learning rate that a group was added with, or what it says under that name; torch's schedulers
    write ``initial_lr``, which is the lowest rate of OneCycleLR and CyclicLR and would let the decay grow. Where it
    is 0 the multiplier is 1. A learning rate that is a tensor gives tensors.
    I. Loshchilov, F. Hutter: Decoupled weight decay regularization, ICLR 2019, arXiv:1711.05101.
    """
    strength = float(group["weight_decay"])
    if not strength or group["decay"] == "l2":
        return strength, 1.0
    return 0.0, 1.0 - taken(group)


def taken(group: Mapping[str, Any]) -> Any:
    """Return what of a parameter a step takes by a decay that is none of the gradient's."""
    strength = float(group["weight_decay"])
    if group["decay"] == "decoupled-lr":
        return strength * group["lr"]
    if group["decay"] == "normalised":
        strength /= math.sqrt(group["cycle_steps"])
    return strength * (group["lr"] / group["base_lr"] if group["base_lr"] else 1.0)

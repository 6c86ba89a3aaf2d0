"""Second moments: what an optimizer divides by, and its scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Moment:
    """Where the second moment of a rule lies.

    Attributes
    ----------
    name
        Of the state.
    corrected
        Whether the rule divides by what is free of the bias of its average, whose decay is the second of ``betas``.
    root
        Whether what is kept is the root of the moment.
    """

    name: str
    corrected: bool = False
    root: bool = False


def mean_log10_v(
    optimizer: torch.optim.Optimizer, moment_of: Callable[[Mapping[str, Any]], Moment | None]
) -> float | None:
    """Return the mean of log10 of the second moment over all weights whose own is not zero.

    None where the optimizer has none, before the first step, and where one is not finite: gradients beyond 1e19 do
    that long before the loss itself stops being finite. It is the scale G^2 of the model lr* ~ G^(2p) of how the best
    learning rate moves with p.

    Parameters
    ----------
    optimizer
        It.
    moment_of
        The moment of a parameter group.
    """
    total, count = 0.0, 0
    for group in optimizer.param_groups:
        moment = moment_of(group)
        for parameter in group["params"] if moment is not None else ():
            state = optimizer.state.get(parameter, {})
            if moment is None or moment.name not in state:
                continue
            held = state[moment.name]
            known = held[held != 0].double().log10() * (2.0 if moment.root else 1.0)
            step = float(state.get("step", 0.0))
            shift = math.log10(1.0 - group["betas"][1] ** step) if moment.corrected and step else 0.0
            total += float(known.sum()) - shift * known.numel()
            count += known.numel()
    return total / count if count and math.isfinite(total) else None

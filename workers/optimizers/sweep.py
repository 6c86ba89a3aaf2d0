"""The step without a kernel: torch evaluates the expression of a rule over all tensors of a group at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from workers.optimizers.fused import Expression
from workers.optimizers.fused.accelerator import advance

PIECE = 16_384
"""Elements that a CPU takes at a time: what an expression leaves in between stays in its cache."""


def sweep(
    expression: Expression,
    parameters: list[Tensor],
    gradients: list[Tensor],
    state: Mapping[str, Tensor],
    numbers: Mapping[str, Any],
    shares: tuple[Any, Any, Any],
    *,
    compiled: bool = False,
) -> None:
    """Step.

    Parameters
    ----------
    expression, numbers
        The rule.
    parameters, gradients
        What is stepped; dense, of any layout, and gradients of any type.
    state
        Its flat state.
    shares
        Of the gradient (1, or -1 to climb), of the parameter that is added to it, and of the parameter that is kept.
    compiled
        Whether torch's compiler is to make one kernel of it, where it can.
    """
    w = torch.cat([it.reshape(-1) for it in parameters])
    g = torch.cat([it.reshape(-1) for it in gradients]).to(w.dtype)
    if not (compiled and advance(expression, (w, g), state, numbers, shares)):
        pieces = w.is_cpu and not torch.compiler.is_compiling()
        size = PIECE if pieces else max(1, w.numel())
        for begin in range(0, w.numel(), size):
            piece = slice(begin, begin + size)
            held = {name: flat[piece] for name, flat in state.items()} if pieces else state
            w[piece] = _stepped(expression, w[piece], g[piece], held, numbers, shares)
    views = torch.split(w, [it.numel() for it in parameters])
    torch._foreach_copy_(parameters, [view.view(it.shape) for view, it in zip(views, parameters, strict=True)])


def _stepped(
    expression: Expression,
    w: Tensor,
    g: Tensor,
    state: Mapping[str, Tensor],
    numbers: Mapping[str, Any],
    shares: tuple[Any, Any, Any],
) -> Tensor:
    """Advance the state of some elements and return the elements."""
    sign, l2, keep = shares
    if sign != 1.0:
        g = g * sign
    if isinstance(l2, Tensor) or l2:
        g = g + w * l2
    update, new = expression(w, g, state, numbers)
    for name, value in new.items():
        state[name].copy_(value)
    kept: Tensor = w if isinstance(keep, float) and keep == 1.0 else w * keep
    moved: Tensor = kept - update
    return moved

"""The step on an accelerator: torch's compiler makes the expression of a rule into one kernel."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from workers.optimizers.fused.source import KEEP, L2, SIGN
from workers.optimizers.fused.symbols import Expression


@cache
def compiled(
    expression: Expression, state: tuple[str, ...], numbers: tuple[str, ...]
) -> Callable[[Tensor, Tensor, list[Tensor], Tensor], None]:
    """Return the step of a rule over flat tensors, compiled at its first call.

    It takes parameters, gradients, the buffers of the state, and one tensor of all numbers: sign, l2 and keep, then
    those of the rule. Numbers that change between steps therefore compile nothing anew.
    """

    def step(w: Tensor, g: Tensor, buffers: list[Tensor], values: Tensor) -> None:
        n = dict(zip((SIGN, L2, KEEP, *numbers), values.unbind(), strict=True))
        given = g * n[SIGN] + w * n[L2]
        update, new = expression(w, given, dict(zip(state, buffers, strict=True)), n)
        for name, buffer in zip(state, buffers, strict=True):
            buffer.copy_(new[name])
        w.copy_(w * n[KEEP] - update)

    return torch.compile(step, dynamic=True, fullgraph=True)


_refused: set[Expression] = set()


def advance(
    expression: Expression,
    flat: tuple[Tensor, Tensor],
    state: Mapping[str, Tensor],
    numbers: Mapping[str, Any],
    shares: Sequence[Any],
) -> bool:
    """Step flat parameters by flat gradients in one kernel; False, and nothing done, where torch cannot compile it.

    Parameters
    ----------
    expression, numbers, state
        The rule.
    flat
        Parameters, changed in place, and gradients.
    shares
        Sign, l2 and keep.
    """
    if expression in _refused:
        return False
    w, g = flat
    given = [*shares, *numbers.values()]
    kind = torch.promote_types(w.dtype, torch.float32)  # 0.999 in half precision is 1
    if any(isinstance(it, Tensor) for it in given):
        values = torch.stack([torch.as_tensor(it, dtype=kind, device=w.device).reshape(()) for it in given])
    else:
        values = torch.tensor(given, dtype=kind, device=w.device)
    try:
        compiled(expression, tuple(state), tuple(numbers))(w, g, list(state.values()), values)
    except Exception as error:  # noqa: BLE001 - compilers fail in many ways, and before anything is stepped
        _refused.add(expression)
        warnings.warn(f"torch could not compile the step, which goes on uncompiled: {error}", stacklevel=2)
        return False
    return True

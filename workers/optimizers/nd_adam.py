"""ND-Adam: weight vectors of length one, turned along their gradients, one second moment each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor

from workers.optimizers.adam import RULES
from workers.optimizers.decay import shares
from workers.optimizers.family import Shared
from workers.optimizers.moments import Moment
from workers.optimizers.options import check_betas, in_range
from workers.optimizers.tensorwise import Tensorwise, adam_step

ADAM = RULES["torch"]
"""The form by which other parameters step."""


class NDAdam(Tensorwise):
    r"""Normalised direction-preserving Adam.

    A parameter of two or more dimensions is a stack of weight vectors, one an output. Each is brought to length 1
    before the first step and after each. Of its gradient only the part across it counts, g - (g.w) w; m is the
    average of that, v one number, the average of its squared length, and w - lr (m / c1) / (sqrt(v / c2) + eps) has
    the direction of the new vector. Other parameters take steps of Adam and are the only ones that decay: the length
    of a vector says nothing here.

    The network has to bear vectors of length one: where no batch norm follows, as behind the last layer, the outputs
    are no larger than what comes in.

    Parameters
    ----------
    params
        Tensors or groups; every option may differ by group.
    lr
        Learning rate, >= 0: the angle that a vector turns by, about.
    betas
        Decay of the two averages, each in [0, 1).
    eps
        Guard of the denominator, >= 0.
    **shared
        ``weight_decay``, ``decay``, ``cycle_steps``, ``maximize``, as of :class:`workers.optimizers.Padam`;
        parameters of two or more dimensions do not decay. ``fused`` and ``capturable`` must be off.

    Raises
    ------
    TypeError, ValueError
        An option is of another type or out of its range.
    RuntimeError
        A gradient is sparse. No parameter has moved then.

    References
    ----------
    Z. Zhang, L. Ma, Z. Li, C. Wu: Normalized direction-preserving Adam, arXiv:1709.04546.
    """

    STATE: ClassVar[frozenset[str]] = frozenset(("exp_avg", "exp_avg_sq"))

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps}, shared)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise where betas or eps are out of range."""
        check_betas(group)
        in_range("eps", group["eps"], 0.0)

    def moment(self, _group: Mapping[str, Any]) -> Moment:
        """Return v: one number a vector, one an element of other parameters."""
        return Moment("exp_avg_sq", corrected=True)

    def eps_at(self, _group: Mapping[str, Any]) -> str | None:
        """Return where Adam has it; that of the vectors stands there too."""
        return ADAM.eps_at

    def shape_of(self, name: str, parameter: Tensor) -> Sequence[int]:
        """Return the shape of the parameter; of v, one number a vector."""
        if name != "exp_avg_sq" or parameter.ndim < 2:
            return parameter.shape
        return (len(parameter), *[1] * (parameter.ndim - 1))

    def move(self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor]) -> None:
        """Turn the vectors of matrices, and step the others by Adam."""
        for w, g in zip(weights, gradients, strict=True):
            state = self.state[w]
            if not state:
                zeros = {"exp_avg": torch.zeros_like(w), "exp_avg_sq": w.new_zeros(self.shape_of("exp_avg_sq", w))}
                state |= {"step": torch.zeros(()), **zeros}
                if w.ndim >= 2:
                    w.copy_(unit(w))
            state["step"] += 1
            if w.ndim >= 2:
                self._turn(group, w, g)
            else:
                l2, keep = shares(group)
                w.mul_(keep).sub_(adam_step(ADAM, group, w, g + w * l2, state))

    def _turn(self, group: Mapping[str, Any], w: Tensor, g: Tensor) -> None:
        """Turn a stack of vectors along the parts of their gradients that lie across them."""
        state, (beta1, beta2) = self.state[w], group["betas"]
        step = float(state["step"])
        g = g - summed(g * w) * w
        m = state["exp_avg"].mul_(beta1).add_(g, alpha=1.0 - beta1)
        v = state["exp_avg_sq"].mul_(beta2).add_(summed(g * g), alpha=1.0 - beta2)
        length = (v / (1.0 - beta2**step)).sqrt_().add_(group["eps"])
        length.masked_fill_(length == 0.0, 1.0)
        w.copy_(unit(w - m / length * (group["lr"] / (1.0 - beta1**step))))


def summed(x: Tensor) -> Tensor:
    """Return the sum over each vector of a stack, in a shape that goes with it."""
    return x.sum(dim=tuple(range(1, x.ndim)), keepdim=True)


def unit(w: Tensor) -> Tensor:
    """Return the vectors of a stack at length 1; one of zeros stays."""
    length = summed(w * w).sqrt_()
    return w / length.masked_fill_(length == 0.0, 1.0)

"""SWATS: Adam until its steps tell a learning rate for SGD, which goes on from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor

from workers.optimizers.adam import RULES
from workers.optimizers.decay import shares
from workers.optimizers.family import Shared
from workers.optimizers.moments import Moment
from workers.optimizers.options import check_betas, in_range
from workers.optimizers.tensorwise import Tensorwise, adam_step

ADAM = RULES["eps-hat"]
"""The form that steps until the switch."""

UNSWITCHED: dict[str, Any] = {"taken": 0, "average": 0.0, "rate": None, "switched_at": None}
"""What a group knows before its first step."""


class Swats(Tensorwise):
    r"""Adam that switches to SGD by itself, with the learning rate that Adam's steps amount to.

    A step of Adam is p = -lr m sqrt(c2) / c1 / (sqrt(v) + eps). Seen along p, SGD would have needed the rate
    gamma = p.p / -p.g for it. Once the bias-corrected average of gamma (decay beta2) is above 0 and within
    ``tolerance`` of gamma itself, from the second step on, SGD takes over: buffer = beta1 buffer + g, and the step is
    -(1 - beta1) rate buffer, where the rate is that average, times what has become of lr since the switch.

    p and g are those of all parameters of a group, as in the paper; both ports that are in use judge each tensor
    alone and let the first one switch its whole group.

    Parameters
    ----------
    params
        Tensors or groups; every option may differ by group, and each group switches by itself.
    lr
        Learning rate of Adam, >= 0.
    betas
        Decay of the two averages, each in [0, 1); the first is SGD's momentum, too.
    eps
        Guard of Adam's denominator, >= 0; 1e-9 in the paper.
    tolerance
        How close the average must come, >= 0; 1e-9 in the paper.
    **shared
        ``weight_decay``, ``decay``, ``cycle_steps``, ``maximize``, as of :class:`workers.optimizers.Padam`.
        ``fused`` and ``capturable`` must be off.

    Raises
    ------
    TypeError, ValueError
        An option is of another type or out of its range.
    RuntimeError
        A gradient is sparse. No parameter has moved then.

    References
    ----------
    N. S. Keskar, R. Socher: Improving generalization performance by switching from Adam to SGD, arXiv:1712.07628.
    """

    STATE: ClassVar[frozenset[str]] = frozenset(("exp_avg", "exp_avg_sq"))

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-9,
        *,
        tolerance: float = 1e-9,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "tolerance": tolerance, **UNSWITCHED}, shared)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise where betas, eps or tolerance are out of range."""
        check_betas(group)
        in_range("eps", group["eps"], 0.0)
        in_range("tolerance", group["tolerance"], 0.0)

    def moment(self, group: Mapping[str, Any]) -> Moment | None:
        """Return v as long as it is Adam that steps."""
        return Moment("exp_avg_sq") if group["rate"] is None else None

    def eps_at(self, _group: Mapping[str, Any]) -> str | None:
        """Return where Adam has it; SGD has none."""
        return ADAM.eps_at

    def move(self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor]) -> None:
        """Step by Adam, or by SGD."""
        l2, keep = shares(group)
        gradients = [g + w * l2 for w, g in zip(weights, gradients, strict=True)]
        known = any(self.state.get(w) for w in group["params"])
        if not known:  # the first step, or the first since the state was discarded
            group |= UNSWITCHED
        for w in weights:
            if not self.state[w]:
                zeros = {name: torch.zeros_like(w) for name in ("exp_avg", "exp_avg_sq")}
                self.state[w] = {"step": torch.zeros(()), **zeros}
            self.state[w]["step"] += 1
        group["taken"] += 1
        moved = self._sgd(group, weights, gradients) if group["rate"] else self._adam(group, weights, gradients)
        for w, p in zip(weights, moved, strict=True):
            w.mul_(keep).sub_(p)

    def _sgd(self, group: Mapping[str, Any], weights: list[Tensor], gradients: list[Tensor]) -> list[Tensor]:
        """Return what SGD subtracts; its buffer took the place of Adam's average."""
        beta1 = group["betas"][0]
        changed = float(group["lr"]) / group["switched_at"] if group["switched_at"] else 1.0
        buffers = [self.state[w]["exp_avg"].mul_(beta1).add_(g) for w, g in zip(weights, gradients, strict=True)]
        return [buffer * ((1.0 - beta1) * group["rate"] * changed) for buffer in buffers]

    def _adam(self, group: dict[str, Any], weights: list[Tensor], gradients: list[Tensor]) -> list[Tensor]:
        """Return what Adam subtracts, and note what rate that amounts to."""
        beta2 = group["betas"][1]
        pairs = list(zip(weights, gradients, strict=True))
        moved = [adam_step(ADAM, group, w, g, self.state[w]) for w, g in pairs]
        along = sum(float((p.double() * g.double()).sum()) for p, (_, g) in zip(moved, pairs, strict=True))
        if along:
            gamma = sum(float(p.double().square().sum()) for p in moved) / along
            group["average"] = beta2 * group["average"] + (1.0 - beta2) * gamma
            corrected = group["average"] / (1.0 - beta2 ** group["taken"])
            if group["taken"] > 1 and corrected > 0.0 and abs(corrected - gamma) < group["tolerance"]:
                group["rate"], group["switched_at"] = corrected, float(group["lr"])
                for w in group["params"]:  # those without a gradient in this step, too
                    if self.state.get(w):
                        self.state[w]["exp_avg"].zero_()
        return moved

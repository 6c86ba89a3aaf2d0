"""Padam, the partially adaptive momentum estimation method, in the six forms in which it was published and run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from workers.optimizers.flat import FlatOptimizer, State, in_range, one_of, truth


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What tells one published form of Padam from another.

    Attributes
    ----------
    maximum_of
        Whether the running maximum is taken of v or of v / c2.
    correct_m
        Whether the step is divided by c1.
    correct_v
        Where c2 enters: not at all, as a factor sqrt(c2) or c2^p of the step, or inside the denominator as V / c2.
    eps
        Where eps enters: not at all, added to the root before the power, or added to the power.
    """

    maximum_of: Literal["v", "v/c2"] = "v"
    correct_m: bool = True
    correct_v: Literal["no", "sqrt", "power", "inside"] = "no"
    eps: Literal["no", "root", "power"] = "no"


RULES: dict[str, Rule] = {
    "torch": Rule(correct_v="inside", eps="root"),
    "authors": Rule(correct_v="sqrt", eps="root"),
    "authors-pcorr": Rule(correct_v="power", eps="root"),
    "paper": Rule(correct_m=False),
    "report": Rule(maximum_of="v/c2"),
    "report-tf": Rule(correct_v="sqrt", eps="power"),
}


class Padam(FlatOptimizer):
    r"""Momentum divided by the second moment to the power p: between SGD with momentum and AMSGrad.

    With gradient g at step t = 1, 2, ..., :math:`c_1 = 1 - \beta_1^t` and :math:`c_2 = 1 - \beta_2^t`::

        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g^2
        V = max(V, v)                       (V = v where amsgrad is off)

    and the parameters move by minus lr times, by ``variant``:

    ================= ============================================== =====================================
    ``torch``         (m / c1) / (sqrt(V / c2) + eps)^(2p)           p = 1/2 is torch Adam(amsgrad=True)
    ``authors``       m sqrt(c2) / c1 / (sqrt(V) + eps)^(2p)         code of the authors, uclaml/Padam
    ``authors-pcorr`` m c2^p / c1 / (sqrt(V) + eps)^(2p)             their form of September 2018
    ``paper``         m / V^p                                        Algorithm 1 of the paper
    ``report``        (m / c1) / V^p, V the maximum of v / c2        Algorithm 1 of the report
    ``report-tf``     m sqrt(c2) / c1 / (V^p + eps)                  TensorFlow code of the report
    ================= ============================================== =====================================

    Where nothing guards the denominator (a variant without eps, or an eps that the dtype rounds to 0) and V is 0, the
    quotient is m, not m / 0: a weight that never saw a gradient stays where it is, and one whose gradients are too
    small to be squared moves by lr m.

    Parameters
    ----------
    params
        Tensors or groups; every option below may differ by group. Dense real floating-point tensors only.
    lr
        Learning rate, >= 0. At p = 0 it multiplies the *average* m: lr here compares with lr (1 - beta1) of
        torch.optim.SGD with momentum beta1.
    betas
        Decay of the two averages, each in [0, 1).
    eps
        Guard of the denominator, >= 0; its place depends on the variant and matters once it is not tiny.
    weight_decay
        Strength of the decay, >= 0, in the form that ``decay`` names.
    p
        Partial-adaptivity exponent in [0, 1/2]. The state does not depend on it, so that it may change during
        training.
    variant
        One of the table.
    decay
        ``l2`` (added to the gradient), ``decoupled-lr``, ``decoupled-schedule`` or ``normalised``; see
        :func:`workers.optimizers.flat.decay_per_step`.
    cycle_steps
        Steps of the current cycle; needed by ``normalised``.
    amsgrad
        Whether the running maximum is taken. Switched on during training, it begins there.
    maximize
        Climb instead of descend.

    Raises
    ------
    TypeError, ValueError
        An option is of another type or out of its range, at construction, loading, or the step after it was changed.
    RuntimeError
        A gradient is sparse. No parameter has moved then.

    References
    ----------
    J. Chen, D. Zhou, Y. Tang, Z. Yang, Y. Cao, Q. Gu: Closing the generalization gap of adaptive gradient methods in
    training deep neural networks, IJCAI 2020, doi:10.24963/ijcai.2020/452.
    H. Mittal, K. Pandey, Y. Kant: ICLR reproducibility challenge report (Padam), arXiv:1901.09517.
    S. Reddi, S. Kale, S. Kumar: On the convergence of Adam and beyond, ICLR 2018, arXiv:1904.09237.

    Examples
    --------
    >>> model = torch.nn.Linear(3, 1)
    >>> optimizer = Padam(model.parameters(), lr=0.1, p=1 / 8)
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the options torch users know
        self,
        params: Iterable[Any],
        lr: float = 0.1,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        p: float = 0.125,
        variant: str = "torch",
        decay: str = "l2",
        cycle_steps: int | None = None,
        *,
        amsgrad: bool = True,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "p": p,
            "variant": variant,
            "decay": decay,
            "cycle_steps": cycle_steps,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ``ValueError`` where betas, eps, p or the variant are out of range."""
        betas = group["betas"]
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"betas must be two numbers, got {betas!r}")
        in_range("betas[0]", betas[0], 0.0, 1.0, open_above=True)
        in_range("betas[1]", betas[1], 0.0, 1.0, open_above=True)
        in_range("eps", group["eps"], 0.0)
        in_range("p", group["p"], 0.0, 0.5)
        one_of("variant", group["variant"], RULES)
        truth("amsgrad", group["amsgrad"])

    def state_names(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the two averages and, with amsgrad, the maximum."""
        names = ("exp_avg", "exp_avg_sq")
        return (*names, "max_exp_avg_sq") if group["amsgrad"] else names

    def update(self, gradient: Tensor, state: State, step: int, group: Mapping[str, Any]) -> Tensor:
        """Advance m, v and V, and return lr times the quotient of the variant."""
        rule = RULES[group["variant"]]
        beta1, beta2 = group["betas"]
        p = float(group["p"])
        c1, c2 = 1.0 - beta1**step, 1.0 - beta2**step
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m.lerp_(gradient, 1.0 - beta1)
        v.mul_(beta2).addcmul_(gradient, gradient, value=1.0 - beta2)
        second = v / c2 if rule.maximum_of == "v/c2" else v
        if group["amsgrad"]:
            second = torch.maximum(state["max_exp_avg_sq"], second, out=state["max_exp_avg_sq"])

        factor = {"sqrt": math.sqrt(c2), "power": c2**p}.get(rule.correct_v, 1.0)
        factor *= group["lr"] / c1 if rule.correct_m else group["lr"]
        if p == 0.0:
            return torch.mul(m, factor / (1.0 + group["eps"] if rule.eps == "power" else 1.0), out=gradient)
        denominator = torch.sqrt(second, out=gradient)
        if rule.correct_v == "inside":
            denominator.div_(math.sqrt(c2))
        if rule.eps == "root":
            denominator.add_(group["eps"])
        raise_to(denominator, 2.0 * p)
        if rule.eps == "power":
            denominator.add_(group["eps"])
        if rule.eps == "no" or group["eps"] < torch.finfo(denominator.dtype).tiny:
            denominator.masked_fill_(denominator == 0.0, 1.0)
        return torch.div(m, denominator, out=denominator).mul_(factor)

    def mean_log10_v(self) -> float | None:
        """Return the mean of log10 of V over all weights whose V is not zero.

        None before the first step, and where a V is not finite: gradients beyond 1e19 do that long before the loss
        itself stops being finite.

        V is bias-corrected where the variant divides by the corrected one. It is the scale G^2 of the model
        lr* ~ G^(2p) of how the best learning rate moves with p.
        """
        total, count = 0.0, 0
        for group, buckets in zip(self.param_groups, self.buckets(), strict=True):
            correct = RULES[group["variant"]].correct_v == "inside"
            name = "max_exp_avg_sq" if group["amsgrad"] else "exp_avg_sq"
            for bucket in buckets:
                for tensor, step in zip(bucket.views()[name], bucket.steps, strict=True):
                    known = tensor[tensor != 0].double()
                    shift = math.log10(1.0 - group["betas"][1] ** step) if correct and step else 0.0
                    total += float(known.log10().sum()) - shift * known.numel()
                    count += known.numel()
        return total / count if count and math.isfinite(total) else None


def raise_to(x: Tensor, exponent: float) -> Tensor:
    """Raise ``x >= 0`` to a power in (0, 1] in place: by square roots where it is 1, 1/2, 1/4, ... 1/16."""
    roots = -math.log2(exponent)
    if roots == int(roots) and roots <= 4:
        for _ in range(int(roots)):
            x.sqrt_()
        return x
    return x.pow_(exponent)

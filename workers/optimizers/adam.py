"""Adam in the forms that torch does not have, and its relatives that are the same expression with other numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Unpack

import torch
from torch import Tensor

from workers.optimizers.adaptive import Adaptive, Rule
from workers.optimizers.family import Shared
from workers.optimizers.fused import Expression
from workers.optimizers.options import one_of, truth

RULES: dict[str, Rule] = {
    "torch": Rule(correct_v="inside", eps="root"),
    "eps-hat": Rule(correct_v="sqrt", eps="root"),
    "uncorrected": Rule(correct_m=False, eps="root"),
    "eps-under-root": Rule(correct_v="inside", eps="under"),
    "max-of-corrected": Rule(maximum_of="v/c2", eps="root"),
    "nadam": Rule(correct_v="inside", eps="root", ahead=True),
}


class Adam(Adaptive):
    r"""Adam, by the place of eps and of the bias correction.

    With :math:`c_1 = 1 - \beta_1^t` and :math:`c_2 = 1 - \beta_2^t`:

    ==================== ==================================== ==========================================
    ``torch``            (m / c1) / (sqrt(v / c2) + eps)      the paper's, and torch.optim.Adam
    ``eps-hat``          m sqrt(c2) / c1 / (sqrt(v) + eps)    the paper's section 2, and TensorFlow
    ``uncorrected``      m / (sqrt(v) + eps)                  no bias correction
    ``eps-under-root``   (m / c1) / sqrt(v / c2 + eps)        as some texts print it
    ``max-of-corrected`` (m / c1) / (sqrt(V) + eps)           V the maximum of v / c2; needs amsgrad
    ``nadam``            n / (sqrt(v / c2) + eps)             Nesterov's numerator, see below
    ==================== ==================================== ==========================================

    n = beta1 m / (1 - beta1^(t+1)) + (1 - beta1) g / c1, where :class:`torch.optim.NAdam` has betas that move.

    Parameters
    ----------
    params
        Tensors or groups; every option may differ by group.
    lr
        Learning rate, >= 0.
    betas
        Decay of the two averages, each in [0, 1).
    eps
        Guard of the denominator, >= 0.
    variant
        One of the table.
    amsgrad
        Whether the running maximum of v is what is divided by.
    lazy
        Whether elements whose gradient is exactly 0 are passed over, with their averages: what Adam for sparse
        gradients does (torch.optim.SparseAdam), while dense Adam lets them decay and move on. Decay as ``l2``
        is part of the gradient, and leaves hardly an element without one.
    **shared
        ``weight_decay``, ``decay``, ``cycle_steps``, ``maximize``, ``fused``, ``capturable``, as of
        :class:`workers.optimizers.Padam`.

    Raises
    ------
    TypeError, ValueError
        An option is of another type or out of its range.

    References
    ----------
    D. Kingma, J. Ba: Adam, ICLR 2015, arXiv:1412.6980.
    T. Dozat: Incorporating Nesterov momentum into Adam, ICLR workshop 2016.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        *,
        variant: str = "torch",
        amsgrad: bool = False,
        lazy: bool = False,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(
            params,
            {"lr": lr, "betas": betas, "eps": eps, "variant": variant, "amsgrad": amsgrad, "lazy": lazy},
            shared,
        )

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise where betas, eps, the variant or a switch are out of range."""
        super().check(group)
        one_of("variant", group["variant"], RULES)
        truth("lazy", group["lazy"])
        if group["variant"] == "max-of-corrected" and not group["amsgrad"]:
            raise ValueError("amsgrad must be True for the variant 'max-of-corrected', got False")

    def rule(self, group: Mapping[str, Any]) -> Rule:
        """Return the published form."""
        return RULES[group["variant"]]

    def expression(self, group: Mapping[str, Any]) -> Expression:
        """Return the rule of the group's form."""
        return lazily(super().expression(group)) if group["lazy"] else super().expression(group)


@cache
def lazily(expression: Expression) -> Expression:
    """Return a rule that passes over elements whose gradient is 0."""

    def lazy(w: Any, g: Any, state: Mapping[str, Any], n: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        update, new = expression(w, g, state, n)
        given = g != 0.0
        return update.where(given, 0.0), {name: value.where(given, state[name]) for name, value in new.items()}

    return lazy


class RAdam(Adaptive):
    r"""RAdam as its authors' code has it: no step at all until the variance of the second moment can be rectified.

    With :math:`\rho_\infty = 2 / (1 - \beta_2) - 1` and :math:`\rho_t = \rho_\infty - 2 t \beta_2^t / c_2` a step is
    lr r m sqrt(c2) / c1 / (sqrt(v) + eps) from the first t with rho_t > 5 on, t = 6 for the usual beta2, where
    :math:`r^2 = (\rho_t - 4)(\rho_t - 2) \rho_\infty / ((\rho_\infty - 4)(\rho_\infty - 2) \rho_t)`. Until then only
    the averages move; the weights neither step nor decay. :class:`torch.optim.RAdam` steps by momentum until then.

    Parameters
    ----------
    params, lr, betas, eps, **shared
        As of :class:`Adam`.

    References
    ----------
    L. Liu et al.: On the variance of the adaptive learning rate and beyond, ICLR 2020, arXiv:1908.03265.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "amsgrad": False}, shared)

    def rule(self, _group: Mapping[str, Any]) -> Rule:
        """Return the form that both code bases share."""
        return RULES["eps-hat"]

    def numbers(self, group: Mapping[str, Any], step: Any) -> dict[str, Any]:
        """Return the numbers of Adam, the factor rectified."""
        found = super().numbers(group, step)
        return found | {"factor": found["factor"] * rectifier(group["betas"][1], step)}

    def shares(self, group: Mapping[str, Any], step: Any) -> tuple[Any, Any]:
        """Return no decay beside the gradient as long as there is no step."""
        l2, keep = super().shares(group, step)
        r = rectifier(group["betas"][1], step)
        if isinstance(r, Tensor):
            return l2, 1.0 - (1.0 - keep) * (r > 0.0).to(r.dtype)
        return l2, keep if r else 1.0


def rectifier(beta2: float, step: Any) -> Any:
    """Return r at a step, 1 for the first; 0 where the variance cannot be rectified yet. A tensor gives a tensor."""
    limit = 2.0 / (1.0 - beta2) - 1.0
    if limit <= 5.0:  # it never can
        return 0.0
    length = limit - 2.0 * step * beta2**step / (1.0 - beta2**step)
    square = (length - 4.0) * (length - 2.0) * limit / ((limit - 4.0) * (limit - 2.0) * length)
    if isinstance(length, Tensor):
        return torch.where(length > 5.0, square, 0.0).sqrt()
    return math.sqrt(square) if length > 5.0 else 0.0

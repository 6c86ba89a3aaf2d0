"""Adagrad, and what became of it when something else is accumulated or another power taken."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Unpack

import torch

from workers.optimizers.elementwise import Elementwise
from workers.optimizers.family import Shared
from workers.optimizers.fused import Expression, power
from workers.optimizers.moments import Moment
from workers.optimizers.options import in_range, one_of

ACCUMULATORS = ("squared", "absolute", "counter")


class Adagrad(Elementwise):
    """The gradient over a power of all that was accumulated, this step's included: lr g / (sum^exponent + eps).

    With squared gradients and the exponent 1/2 it is :class:`torch.optim.Adagrad`; with counters and 1/2 it is
    gradient descent whose rate falls as 1 / sqrt(t).

    Parameters
    ----------
    params
        Tensors or groups; every option may differ by group.
    lr
        Learning rate, >= 0.
    eps
        Guard of the denominator, >= 0, added after the power.
    accumulator
        What each step adds to the sum: ``squared``, g^2; ``absolute``, abs(g); ``counter``, 1.
    exponent
        The power of the sum, in (0, 1].
    **shared
        ``weight_decay``, ``decay``, ``cycle_steps``, ``maximize``, ``fused``, ``capturable``, as of
        :class:`workers.optimizers.Padam`.

    Raises
    ------
    TypeError, ValueError
        An option is of another type or out of its range.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer: Adaptive subgradient methods, JMLR 12, 2011.
    """

    STATE: ClassVar[frozenset[str]] = frozenset(("sum",))

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        eps: float = 1e-10,
        *,
        accumulator: str = "squared",
        exponent: float = 0.5,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(params, {"lr": lr, "eps": eps, "accumulator": accumulator, "exponent": exponent}, shared)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise where eps, accumulator or exponent are out of range."""
        in_range("eps", group["eps"], 0.0)
        one_of("accumulator", group["accumulator"], ACCUMULATORS)
        in_range("exponent", group["exponent"], 0.0, 1.0)
        if not group["exponent"]:
            raise ValueError("exponent must be above 0, got 0; at 0 nothing is divided: use SGD")

    def state_names(self, _group: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the sum."""
        return ("sum",)

    def expression(self, group: Mapping[str, Any]) -> Expression:
        """Return the rule that accumulator and exponent choose."""
        roots = -math.log2(group["exponent"])
        chain = int(roots) if roots == int(roots) and roots <= 4 else None
        guarded = bool(group["params"]) and group["eps"] < torch.finfo(group["params"][0].dtype).tiny
        return accumulated(group["accumulator"], chain, guarded=guarded)

    def numbers(self, group: Mapping[str, Any], _step: Any) -> dict[str, Any]:
        """Return learning rate, eps and exponent."""
        return {"lr": group["lr"], "eps": group["eps"], "exponent": float(group["exponent"])}

    def moment(self, group: Mapping[str, Any]) -> Moment | None:
        """Return the sum of squares; what else is accumulated is no second moment."""
        return Moment("sum") if group["accumulator"] == "squared" else None

    def eps_at(self, _group: Mapping[str, Any]) -> str:
        """Return where it is added: to the power of the sum, which is no average and has no bias."""
        return "outside the power, without bias correction"

    def of_gradient(self, group: Mapping[str, Any]) -> float | None:
        """Return the learning rate over the first count, where counts are divided by."""
        return float(group["lr"]) / (1.0 + group["eps"]) if group["accumulator"] == "counter" else None


@cache
def accumulated(accumulator: str, roots: int | None, *, guarded: bool) -> Expression:
    """Return the rule of an accumulator; the power is so many square roots, or a general one."""

    def adagrad(_w: Any, g: Any, state: Mapping[str, Any], n: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        added = {"squared": lambda: g * g, "absolute": g.abs, "counter": lambda: 1.0}[accumulator]()
        total = state["sum"] + added
        x = total
        for _ in range(roots or 0):
            x = x.sqrt()
        x = (power(x, n["exponent"]) if roots is None else x) + n["eps"]
        return g / (x.where(x != 0.0, 1.0) if guarded else x) * n["lr"], {"sum": total}

    return adagrad

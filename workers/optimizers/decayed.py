"""torch's own optimizers, with the weight decay of the family."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from workers.optimizers.buckets import extent
from workers.optimizers.decay import shares
from workers.optimizers.family import evaluated
from workers.optimizers.foreign import STATES, adapted
from workers.optimizers.moments import Moment
from workers.optimizers.options import check_decay


@dataclass(frozen=True)
class Kept:
    """The names of what a rule of torch keeps beside ``step``: always, and where its options ask for it."""

    needed: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


KEPT: dict[type[torch.optim.Optimizer], Kept] = {
    torch.optim.SGD: Kept(optional=frozenset(("momentum_buffer",))),
    torch.optim.Adadelta: Kept(frozenset(("square_avg", "acc_delta"))),
    torch.optim.RMSprop: Kept(frozenset(("square_avg",)), frozenset(("grad_avg", "momentum_buffer"))),
    torch.optim.Adam: Kept(frozenset(("exp_avg", "exp_avg_sq")), frozenset(("max_exp_avg_sq",))),
    torch.optim.Adamax: Kept(frozenset(("exp_avg", "exp_inf"))),
    torch.optim.RAdam: Kept(frozenset(("exp_avg", "exp_avg_sq"))),
}
"""By rule; what another keeps is not looked at."""


EPS_AT: dict[type[torch.optim.Optimizer], str] = {
    torch.optim.Adadelta: "inside the root, without bias correction",  # of either average
    torch.optim.RMSprop: "outside the root, without bias correction",
    torch.optim.Adam: "outside the root, after bias correction",
    torch.optim.Adamax: "beside the gradient, inside the maximum",
    torch.optim.RAdam: "outside the root, before bias correction",
}
"""Where the eps of a rule stands, as torch's sources have it; what is not here has none, or is not looked at."""


class Decayed(torch.optim.Optimizer):
    """An optimizer of torch, and weight decay in four forms (:func:`workers.optimizers.decay.shares`).

    ``l2`` is torch's own; for the others the weights are shrunk before torch steps, without any decay of its own.
    Made by :func:`decayed`. Where ``fused`` is on and something lies in memory otherwise than its parameter, torch
    steps without it, for its fused steps on a CPU pair elements by their addresses. A gradient scaler divides
    by its scale and skips steps itself.
    """

    RULE: type[torch.optim.Optimizer]
    MOMENT: Moment | None

    def __init__(self, params: Any, *, decay: str = "l2", cycle_steps: int | None = None, **options: Any) -> None:
        self._shared = {"decay": decay, "cycle_steps": cycle_steps}
        super().__init__(params, **options)
        self.defaults |= self._shared
        self._step_supports_amp_scaling = False  # torch's fused steps would be skipped, and the decay not

    def __reduce__(self) -> tuple[Any, ...]:
        return _blank, (self.RULE, self.MOMENT), self.__getstate__()

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_shared": self._shared}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what :meth:`state_dict` returned, or that of torch's own optimizer of the same rule.

        Options that the dictionary lacks stay as they are; a dictionary of torch's AdamW decays as it does.

        Raises
        ------
        ValueError
            The state is of another rule; nothing is loaded then.
        """
        kept = KEPT.get(self.RULE, Kept(optional=STATES))
        super().load_state_dict(adapted(state_dict, self.param_groups, kept.optional, kept.needed))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group, with a base rate and a form of decay."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        for name, value in self._shared.items():
            group.setdefault(name, value)
        group.setdefault("base_lr", float(group["lr"]))
        try:
            check_decay(group)
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise

    def moment(self, group: Mapping[str, Any]) -> Moment | None:
        """Return the second moment that the rule divides by, None where there is none."""
        if self.MOMENT is None:
            return None
        return replace(self.MOMENT, name="max_exp_avg_sq") if group.get("amsgrad") else self.MOMENT

    def eps_at(self, _group: Mapping[str, Any]) -> str | None:
        """Return where the rule has its eps, None where it has none."""
        return EPS_AT.get(self.RULE)

    def of_gradient(self, group: Mapping[str, Any]) -> float | None:
        """Return what of its gradient the first step takes off a weight; None where that is no fixed share."""
        if self.RULE is not torch.optim.SGD:
            return None
        return float(group["lr"] * (1.0 + group["momentum"] if group["nesterov"] else 1.0))

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update every parameter that has a gradient; ``closure`` re-evaluates the loss first and returns it."""
        loss = evaluated(closure)
        for group in self.param_groups:
            check_decay(group)
        names = ("weight_decay", "fused")
        given = [{name: group[name] for name in names if name in group} for group in self.param_groups]
        try:
            for group in self.param_groups:
                moving = [w for w in group["params"] if w.grad is not None]
                if group["decay"] != "l2":
                    _, keep = shares(group)
                    if moving and keep != 1.0:
                        torch._foreach_mul_(moving, keep)
                    group["weight_decay"] = 0.0
                if group.get("fused") and not all(map(self._lies_alike, moving)):
                    group["fused"] = False
            inspect.unwrap(self.RULE.step)(self)
        finally:
            for group, options in zip(self.param_groups, given, strict=True):
                group.update(options)
        return loss

    def _lies_alike(self, parameter: Tensor) -> bool:
        """Tell whether gradient and state of a parameter lie in memory, and are of a type, as itself does."""
        kept = [it for name, it in self.state.get(parameter, {}).items() if name != "step" and isinstance(it, Tensor)]
        beside = [it for it in (parameter.grad, *kept) if it is not None]
        return all(it.stride() == parameter.stride() and it.dtype == parameter.dtype for it in beside) and (
            parameter.is_contiguous() or parameter.numel() == extent(parameter) // parameter.element_size()
        )


@cache
def decayed(rule: type[torch.optim.Optimizer], moment: Moment | None = None) -> Callable[..., torch.optim.Optimizer]:
    """Return one of torch's optimizers with the weight decay of the family.

    Parameters
    ----------
    rule
        Its class.
    moment
        Where its second moment lies, None where it has none.
    """
    made = type(
        f"Decayed{rule.__name__}", (Decayed, rule), {"RULE": rule, "MOMENT": moment, "__doc__": Decayed.__doc__}
    )
    built: Callable[..., torch.optim.Optimizer] = made
    return built


def _blank(rule: type[torch.optim.Optimizer], moment: Moment | None) -> torch.optim.Optimizer:
    """Return an optimizer without anything in it, which a copy or a pickle is then put into."""
    make: Any = decayed
    kind = make(rule, moment)
    blank: torch.optim.Optimizer = kind.__new__(kind)
    return blank

"""What every optimizer of the family shares: options that are checked wherever they come from, and a base rate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypedDict

import torch
from torch import Tensor

from workers.optimizers.foreign import adapted
from workers.optimizers.moments import Moment
from workers.optimizers.options import check_parameters, check_shape, check_shared


class Shared(TypedDict, total=False):
    """Options that every optimizer of the family takes by name, as :class:`workers.optimizers.Padam` says them."""

    weight_decay: float
    decay: str
    cycle_steps: int | None
    maximize: bool
    fused: bool | None
    capturable: bool


SHARED: Shared = {
    "weight_decay": 0.0,
    "decay": "l2",
    "cycle_steps": None,
    "maximize": False,
    "fused": None,
    "capturable": False,
}
"""Their defaults."""


class Family(torch.optim.Optimizer, ABC):
    """A :class:`torch.optim.Optimizer` with weight decay in four forms (:func:`workers.optimizers.decay.shares`).

    Every group carries ``lr``, ``base_lr``, the options of its rule and those of :class:`Shared`.

    Parameters
    ----------
    params
        Tensors or groups; every option may differ by group.
    own
        The options of the rule, ``lr`` among them.
    shared
        What is given of the others.

    Attributes
    ----------
    STATE
        The names of all state that the rule may keep.
    """

    STATE: ClassVar[frozenset[str]]

    def __init__(self, params: Any, own: Mapping[str, Any], shared: Shared) -> None:
        unknown = shared.keys() - SHARED.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no option {', '.join(sorted(unknown))}")
        super().__init__(params, {**own, **SHARED, **shared})

    @abstractmethod
    def check(self, group: Mapping[str, Any]) -> None:
        """Raise ``TypeError`` or ``ValueError`` where a group's options are outside the rule's range."""

    @abstractmethod
    def moment(self, group: Mapping[str, Any]) -> Moment | None:
        """Return the second moment that the rule divides by, None where there is none."""

    @abstractmethod
    def eps_at(self, group: Mapping[str, Any]) -> str | None:
        """Return where a group's eps stands (:class:`workers.records.Facts`), None where the rule has none."""

    def of_gradient(self, _group: Mapping[str, Any]) -> float | None:
        """Return what of its gradient the first step takes off a weight; None where that is no fixed share."""
        return None

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group; its options are checked like the constructor's."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        try:
            group.setdefault("base_lr", float(group["lr"]) if isinstance(group["lr"], Tensor) else group["lr"])
            check_parameters(group["params"])
            self.check_all(group)
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what :meth:`state_dict` returned; later steps continue as if never interrupted.

        State that the rule needs and the dictionary lacks begins at zero, options that it lacks stay as they are. A
        dictionary of torch's Adam, AdamW or AMSGrad is one of the same rule wherever the rule keeps what they keep,
        its decay included; what keeps something else is refused.

        Raises
        ------
        TypeError, ValueError
            An option is out of range, a state has another shape than its parameter, or is of another rule; nothing is
            loaded then.
        """
        state, groups = self.state, self.param_groups
        try:
            super().load_state_dict(adapted(state_dict, groups, self.STATE))
            for group in self.param_groups:
                check_parameters(group["params"])
                self.check_all(group)
            self.settle()
        except BaseException:
            self.state, self.param_groups = state, groups
            raise

    def settle(self) -> None:
        """Make what belongs to a state that was just loaded; raise ``ValueError`` where that cannot be."""
        for parameter, kept in self.state.items():
            for name in self.STATE & kept.keys():
                check_shape(name, kept[name], self.shape_of(name, parameter))

    def shape_of(self, _name: str, parameter: Tensor) -> Sequence[int]:
        """Return the shape of what is kept for a parameter under a name."""
        return parameter.shape

    def check_all(self, group: Mapping[str, Any]) -> None:
        """Raise ``TypeError`` or ``ValueError`` where any option of a group is out of range."""
        check_shared(group)
        self.check(group)


def evaluated(closure: Callable[[], float] | None) -> float | None:
    """Return the loss of a closure, which is evaluated with gradients."""
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


def gradients_of(parameters: Sequence[Tensor]) -> list[Tensor | None]:
    """Return the gradients of parameters, None where one has none; raises ``RuntimeError`` where one is sparse."""
    found = [parameter.grad for parameter in parameters]
    if any([gradient is not None and gradient.is_sparse for gradient in found]):  # noqa: C419 - every step asks this
        raise RuntimeError(
            "dense gradients must be given, got a sparse one; use torch.optim.SparseAdam for that parameter"
        )
    return found

"""Heavy-ball momentum with the learning rate inside the buffer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Unpack

from workers.optimizers.elementwise import Elementwise
from workers.optimizers.family import Shared
from workers.optimizers.fused import Expression
from workers.optimizers.options import in_range


class Momentum(Elementwise):
    """The heavy ball as it is usually printed.

    velocity = momentum x velocity + lr x gradient, which is subtracted from the weight.
    :class:`torch.optim.SGD` keeps the gradients alone and multiplies the whole buffer by today's learning rate: the
    same as long as that stays, and another training once it drops, for what this velocity holds was taken at the rate
    of its day.

    Parameters
    ----------
    params
        Tensors or groups; every option may differ by group.
    lr
        Learning rate, >= 0.
    momentum
        What of the velocity a step keeps, in [0, 1).
    **shared
        ``weight_decay``, ``decay``, ``cycle_steps``, ``maximize``, ``fused``, ``capturable``, as of
        :class:`workers.optimizers.Padam`.

    Raises
    ------
    TypeError, ValueError
        An option is of another type or out of its range.

    References
    ----------
    B. T. Polyak: Some methods of speeding up the convergence of iteration methods, 1964,
    doi:10.1016/0041-5553(64)90137-5.
    """

    STATE: ClassVar[frozenset[str]] = frozenset(("velocity",))

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.1,
        momentum: float = 0.9,
        **shared: Unpack[Shared],
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum}, shared)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise where the momentum is out of range."""
        in_range("momentum", group["momentum"], 0.0, 1.0, open_above=True)

    def state_names(self, _group: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the velocity."""
        return ("velocity",)

    def expression(self, _group: Mapping[str, Any]) -> Expression:
        """Return the rule."""
        return heavy_ball

    def numbers(self, group: Mapping[str, Any], _step: Any) -> dict[str, Any]:
        """Return the momentum and the learning rate."""
        return {"momentum": group["momentum"], "lr": group["lr"]}

    def moment(self, _group: Mapping[str, Any]) -> None:
        """Return nothing: no moment is divided by."""

    def eps_at(self, _group: Mapping[str, Any]) -> None:
        """Return nothing: there is no eps."""

    def of_gradient(self, group: Mapping[str, Any]) -> float:
        """Return the learning rate."""
        return float(group["lr"])


def heavy_ball(_w: Any, g: Any, state: Mapping[str, Any], n: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the velocity, which is what is subtracted."""
    velocity = state["velocity"] * n["momentum"] + g * n["lr"]
    return velocity, {"velocity": velocity}

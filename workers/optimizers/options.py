"""Options of optimizers: what every one of the family shares, and how each is checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from torch import Tensor

from workers.optimizers.decay import DECAYS


def check_parameters(parameters: Sequence[Tensor]) -> None:
    """Raise ``ValueError`` where the parameters of a group cannot be stepped."""
    for parameter in parameters:
        if not parameter.is_floating_point():
            raise ValueError(f"parameters must be real floating-point tensors, got {parameter.dtype}")
    if len(set(parameters)) < len(parameters):
        raise ValueError("parameters of a group must differ, got one of them twice")


def check_decay(group: Mapping[str, Any]) -> None:
    """Raise ``TypeError`` or ``ValueError`` where learning rate or decay of a group are out of range."""
    rate("lr", group["lr"])
    in_range("base_lr", group["base_lr"], 0.0)
    in_range("weight_decay", group["weight_decay"], 0.0)
    one_of("decay", group["decay"], DECAYS)
    cycle = group["cycle_steps"]
    if (cycle is not None or group["decay"] == "normalised") and (type(cycle) is not int or cycle < 1):
        raise ValueError(
            "cycle_steps must be the steps of the current cycle, >= 1, and the decay 'normalised' needs it, got "
            f"{cycle!r}"
        )


def check_shared(group: Mapping[str, Any]) -> None:
    """Raise ``TypeError`` or ``ValueError`` where what every optimizer of the family shares is out of range."""
    check_decay(group)
    truth("maximize", group["maximize"])
    truth("capturable", group["capturable"])
    if group["fused"] is not None:
        truth("fused", group["fused"])


def check_shape(name: str, value: object, shape: Sequence[int]) -> None:
    """Raise ``ValueError`` unless a state is a tensor of the shape that it must have."""
    found = getattr(value, "shape", value)
    if not isinstance(value, Tensor) or tuple(value.shape) != tuple(shape):
        raise ValueError(f"{name} must be a tensor of its parameter's shape {tuple(shape)}, got {found}")


def check_betas(group: Mapping[str, Any]) -> None:
    """Raise ``TypeError`` or ``ValueError`` unless ``betas`` are two numbers in [0, 1)."""
    betas = group["betas"]
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise ValueError(f"betas must be two numbers, got {betas!r}")
    in_range("betas[0]", betas[0], 0.0, 1.0, open_above=True)
    in_range("betas[1]", betas[1], 0.0, 1.0, open_above=True)


def rate(name: str, value: object) -> None:
    """Raise ``TypeError`` or ``ValueError`` unless ``value`` is a number >= 0, or a tensor of one element.

    What a tensor holds is not read: on an accelerator every step would wait for it.
    """
    if not isinstance(value, Tensor):
        in_range(name, value, 0.0)
    elif value.numel() != 1:
        raise ValueError(f"{name} must be a number or a tensor of one element, got shape {tuple(value.shape)}")


def one_of(name: str, value: object, known: Iterable[str]) -> None:
    """Raise ``ValueError`` unless ``value`` is one of some names."""
    names = tuple(known)
    if value not in names:
        raise ValueError(f"{name} must be one of {', '.join(names)}, got {value!r}")


def truth(name: str, value: object) -> None:
    """Raise ``TypeError`` unless ``value`` is True or False."""
    if type(value) is not bool:
        raise TypeError(f"{name} must be True or False, got {value!r}")


def in_range(name: str, value: object, low: float, high: float = math.inf, *, open_above: bool = False) -> None:
    """Raise ``ValueError`` unless ``low <= value <= high`` (``< high`` where ``open_above``) and finite.

    What is not a number raises ``TypeError``.
    """
    if type(value) is bool or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    if not (math.isfinite(number) and number >= low and (number < high if open_above else number <= high)):
        bracket = ")" if open_above or math.isinf(high) else "]"
        raise ValueError(f"{name} must lie in [{low:g}, {high:g}{bracket}, got {value!r}")

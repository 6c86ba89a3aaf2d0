"""Symbols: stand-ins for tensors that write down what is done to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

Expression = Callable[[Any, Any, Mapping[str, Any], Mapping[str, Any]], tuple[Any, dict[str, Any]]]
"""A rule: from parameter, gradient, state and numbers to what is subtracted from the parameter, and the new state.

It is called with tensors, and with symbols; so it may use the operators and methods that :class:`Symbol` has, which
mean what they mean of a tensor, and nothing that looks at values."""


class Lines:
    """The statements of a loop's body, in the order in which they are made."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def named(self, text: str, kind: str = "T") -> Symbol:
        """Return the symbol of a value, which is computed once however often it is asked for."""
        key = f"{kind} {text}"
        if key not in self._names:
            self._names[key] = f"x{len(self._names)}"
        return Symbol(self, self._names[key])

    def statements(self) -> list[str]:
        """Return the definitions, each after what it needs."""
        return [f"const {key.split(' ', 1)[0]} {name} = {key.split(' ', 1)[1]};" for key, name in self._names.items()]


@dataclass(frozen=True, eq=False)
class Symbol:
    """A value of the loop: operators and methods as of a tensor of floating point."""

    lines: Lines
    text: str

    def _of(self, template: str, *others: object, kind: str = "T") -> Symbol:
        return self.lines.named(template.format(self.text, *map(literal, others)), kind)

    def __add__(self, other: object) -> Symbol:
        return self._of("{} + {}", other)

    def __radd__(self, other: object) -> Symbol:
        return self._of("{1} + {0}", other)

    def __sub__(self, other: object) -> Symbol:
        return self._of("{} - {}", other)

    def __rsub__(self, other: object) -> Symbol:
        return self._of("{1} - {0}", other)

    def __mul__(self, other: object) -> Symbol:
        return self._of("{} * {}", other)

    def __rmul__(self, other: object) -> Symbol:
        return self._of("{1} * {0}", other)

    def __truediv__(self, other: object) -> Symbol:
        return self._of("{} / {}", other)

    def __neg__(self) -> Symbol:
        return self._of("-{}")

    def __eq__(self, other: object) -> Symbol:  # type: ignore[override]
        return self._of("{} == {}", other, kind="bool")

    def __ne__(self, other: object) -> Symbol:  # type: ignore[override]
        return self._of("{} != {}", other, kind="bool")

    def __gt__(self, other: object) -> Symbol:
        return self._of("{} > {}", other, kind="bool")

    __hash__ = None  # type: ignore[assignment]

    def abs(self) -> Symbol:
        """Return the magnitude."""
        return self._of("magnitude({})")

    def sqrt(self) -> Symbol:
        """Return the square root."""
        return self._of("root({})")

    def raised(self, exponent: object) -> Symbol:
        """Return a power; see :func:`power`."""
        return self._of("power({}, {})", exponent)

    def maximum(self, other: object) -> Symbol:
        """Return the larger; not a number where either is none."""
        return self._of("larger({}, {})", other)

    def where(self, condition: Symbol, other: object) -> Symbol:
        """Return itself where a condition holds, and something else where not."""
        return self._of("{1} ? {0} : {2}", condition, other)


def power(base: Any, exponent: Any) -> Any:
    """Return a power in (0, 1] of what is not negative, to two units in the last place.

    torch's own on a CPU errs by 2e-6 in single precision, where it takes several at a time (exponents 0.6 and 0.9).
    """
    if isinstance(base, Symbol):
        return base.raised(exponent)
    if base.is_cpu and base.dtype == torch.float32:
        return base.double().pow(exponent).float()
    return base.pow(exponent)


def literal(value: object) -> str:
    """Return a symbol, or a number, as text."""
    if isinstance(value, Symbol):
        return value.text
    if isinstance(value, int | float):
        return f"T({float(value)!r})"
    raise TypeError(f"an expression must be made of tensors and numbers, got {value!r}")

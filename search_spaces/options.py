"""Options: what a declaration lets a specification set, each with its range, its default and a line for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from search_spaces.errors import shown

Value: TypeAlias = float | int | str | bool | tuple[int, ...] | None
"""What an option may be set to."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """A real or whole number.

    Attributes
    ----------
    summary
        One line for people.
    default
        The value where a specification is silent; None where that means something of its own, such as all images.
    low, high
        The range in which it is defined; ``high`` may be infinite.
    low_open, high_open
        Whether the bound itself is outside the range.
    integer
        Whether only whole numbers count.
    log
        Whether the field plots and searches it on a logarithmic scale.
    unit
        Such as ``images`` or ``epochs``; empty for a pure number.
    """

    summary: str
    default: float | None
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    integer: bool = False
    log: bool = False
    unit: str = ""

    @property
    def interval(self) -> str:
        """The range as mathematics writes it, such as ``[0, 0.5]`` or ``(0, inf)``."""
        left = "(" if self.low_open or math.isinf(self.low) else "["
        right = ")" if self.high_open or math.isinf(self.high) else "]"
        return f"{left}{_plain(self.low)}, {_plain(self.high)}{right}"

    def fault(self, name: str, value: float) -> str | None:
        """Return the broken rule where ``value`` of an option of that name is outside the range, else None."""
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        if above and below and (isinstance(value, int) or math.isfinite(value)):
            return None
        return f"{name} must lie in {self.interval}, got {shown(value)}"

    def with_default(self, default: float) -> Number:
        """Return the same option with another default."""
        return replace(self, default=default)

    def to_dict(self) -> dict[str, Any]:
        """Return the option as plain values; an infinite bound is None."""
        return {
            "kind": "number",
            "summary": self.summary,
            "default": self.default,
            "low": self.low if math.isfinite(self.low) else None,
            "high": self.high if math.isfinite(self.high) else None,
            "low_open": self.low_open,
            "high_open": self.high_open,
            "integer": self.integer,
            "log": self.log,
            "unit": self.unit,
        }


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of some names, each with a line for people; the first is the default."""

    summary: str
    choices: Mapping[str, str]

    @property
    def default(self) -> str:
        """The value where a specification is silent."""
        return next(iter(self.choices))

    def to_dict(self) -> dict[str, Any]:
        """Return the option as plain values."""
        return {"kind": "choice", "summary": self.summary, "default": self.default, "choices": dict(self.choices)}


@dataclass(frozen=True, kw_only=True)
class Switch:
    """On or off."""

    summary: str
    default: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the option as plain values."""
        return {"kind": "switch", "summary": self.summary, "default": self.default}


@dataclass(frozen=True, kw_only=True)
class WholeNumbers:
    """A list of whole numbers; it does not vary within a space."""

    summary: str
    default: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the option as plain values."""
        return {"kind": "list", "summary": self.summary, "default": list(self.default)}


@dataclass(frozen=True, kw_only=True)
class Name:
    """The name of something else that is declared, such as a network; it has no default."""

    summary: str
    kind: str

    @property
    def default(self) -> None:
        """None: it must be written."""
        return

    def to_dict(self) -> dict[str, Any]:
        """Return the option as plain values."""
        return {"kind": "name", "summary": self.summary, "of": self.kind}


Option: TypeAlias = Number | Choice | Switch | WholeNumbers | Name


def _plain(bound: float) -> str:
    return f"{bound:.0f}" if abs(bound) < 1e15 and bound == int(bound) else f"{bound:g}"

"""Options: what a declaration lets a specification set, each with its range, its default and a line for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, TypeAlias

from search_spaces.errors import shown

Value: TypeAlias = float | int | str | bool | tuple[int, ...] | None
"""What an option may be set to."""


@dataclass(frozen=True)
class Number:
    """A real or whole number.

    Attributes
    ----------
    default
        The value where a specification is silent; None where that means something of its own, such as all images.
    summary
        One line for people.
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

    default: float | None
    _: KW_ONLY
    summary: str = ""
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


@dataclass(frozen=True)
class Choice:
    """One of some names, each with a line for people; the first is the default. A list of names will do."""

    choices: Mapping[str, str]
    _: KW_ONLY
    summary: str = ""

    def __post_init__(self) -> None:
        """Take names alone as well."""
        given: Any = self.choices
        if isinstance(given, list | tuple):
            object.__setattr__(self, "choices", dict.fromkeys(given, ""))

    @property
    def default(self) -> str:
        """The value where a specification is silent."""
        return next(iter(self.choices))

    def to_dict(self) -> dict[str, Any]:
        """Return the option as plain values."""
        return {"kind": "choice", "summary": self.summary, "default": self.default, "choices": dict(self.choices)}


@dataclass(frozen=True)
class Switch:
    """On or off."""

    default: bool
    _: KW_ONLY
    summary: str = ""

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


INFINITE = {"low": -math.inf, "high": math.inf}
"""Bounds that plain values have as None."""


def with_default(option: Option, default: Any) -> Option:
    """Return an option with another default, the same one where it can have no such default."""
    if isinstance(option, Number | Switch):
        return replace(option, default=default)
    if isinstance(option, Choice) and default in option.choices:
        return replace(option, choices={default: option.choices[default]} | dict(option.choices))
    return option


def option_from_dict(values: Mapping[str, Any]) -> Option:
    """Return the option that ``to_dict`` wrote.

    Raises
    ------
    AttributeError, KeyError, TypeError, ValueError
        The values are of no option.
    """
    kind, summary = values["kind"], str(values["summary"])
    if kind == "number":
        bounds = {"low": values["low"], "high": values["high"]}
        if not all(it is None or _is_real(it) for it in (*bounds.values(), values["default"])):
            raise TypeError("bounds and default of a number must be numbers")
        low, high = (it if bounds[name] is None else bounds[name] for name, it in INFINITE.items())
        flags = {name: bool(values[name]) for name in ("low_open", "high_open", "integer", "log")}
        return Number(values["default"], summary=summary, unit=str(values["unit"]), low=low, high=high, **flags)
    if kind == "choice":
        choices = {str(name): str(text) for name, text in values["choices"].items()}
        if not choices:
            raise ValueError("a choice must have choices")
        return with_default(Choice(choices, summary=summary), values["default"])
    if kind == "switch":
        return Switch(bool(values["default"]), summary=summary)
    if kind == "list":
        return WholeNumbers(summary=summary, default=tuple(map(int, values["default"])))
    if kind == "name":
        return Name(summary=summary, kind=str(values["of"]))
    raise ValueError(f"no kind of option: {shown(kind)}")


def _is_real(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def options_from_dict(values: Mapping[str, Any]) -> dict[str, Option]:
    """Return options by name, as ``to_dict`` wrote each."""
    return {str(name): option_from_dict(it) for name, it in values.items()}


def _plain(bound: float) -> str:
    return f"{bound:.0f}" if abs(bound) < 1e15 and bound == int(bound) else f"{bound:g}"

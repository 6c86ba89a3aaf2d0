"""The number: what a measure says of a surface, with its uncertainty, or why it says nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number with its interval.

    Attributes
    ----------
    value
        None where the measure is undefined; ``reason`` says why.
    low, high
        Ends of the interval at 95 %; None where the replicates allow none.
    n
        Replicates that it rests on, those that every cell has.
    reason
        Why there is no value, or no interval; empty where there are both.
    details
        What stands beside it, in plain values.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def told(self, write: Callable[[float], str], unit: str = "") -> str:
        """Return the value with its unit, and its interval where it has one; a dash without a value."""
        if self.value is None:
            return "-"
        ends = "" if self.low is None or self.high is None else f" [{write(self.low)}, {write(self.high)}]"
        return f"{write(self.value)}{unit}{ends}"

    def to_dict(self) -> dict[str, Any]:
        """Return the number as plain values; ``reason`` only where there is one."""
        reason = {"reason": self.reason} if self.reason else {}
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n} | reason | dict(self.details)

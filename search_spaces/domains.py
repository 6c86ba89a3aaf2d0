"""Domains: the values one option may take in a study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import Field, model_validator

from search_spaces.models import LISTED, Frozen
from search_spaces.options import Choice, Number, Option, Switch

Real = Annotated[float, Field(allow_inf_nan=False)]


def significant(value: float, digits: int = 12) -> float:
    """Round to ``digits`` significant digits: the precision at which Basin compares hyperparameters."""
    return float(f"{value:.{digits - 1}e}") + 0.0  # + 0.0 turns -0.0 into 0.0


def is_number(value: Any) -> bool:
    """Tell whether a value is a number that a float can hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def range_fault(name: str, option: Number, value: float) -> str | None:
    """Return the fault of a value, as written or at the 12 digits it is kept with."""
    fault = option.fault(name, value)
    return fault if fault or isinstance(value, int) else option.fault(name, significant(value))


SPREAD = 20.0
"""Factor between listed values from which on they are better seen on a logarithmic scale."""

NARROWEST = 1e-6
"""Relative width below which a range holds too few values that differ at 12 significant digits."""


class Listed(Frozen):
    """Values that were listed one by one."""

    values: Annotated[tuple[Any, ...], LISTED] = Field(min_length=1)

    def every(self) -> Sequence[Any]:
        """Return every value."""
        return self.values

    def grid(self) -> tuple[Any, ...]:
        """Return every value."""
        return self.values

    def at(self, share: float) -> Any:
        """Return the value at a share in [0, 1] of the way, each value taking an equal part of it."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


class Values(Listed):
    """Chosen numbers, kept in ascending order."""

    values: Annotated[tuple[Real, ...], LISTED] = Field(min_length=1, max_length=10_000)

    @model_validator(mode="after")
    def _distinct(self) -> Values:
        rounded = [self.kept(v) for v in self.values]
        if len(set(rounded)) != len(rounded):
            repeated = sorted({v for v in rounded if rounded.count(v) > 1})
            raise ValueError(f"values must differ at 12 significant digits, got {repeated} more than once")
        object.__setattr__(self, "values", tuple(sorted(rounded)))
        return self

    @staticmethod
    def kept(value: float) -> float:
        """Return a value as it is kept."""
        return significant(value)

    @property
    def low(self) -> float:
        """Smallest value."""
        return self.values[0]

    @property
    def high(self) -> float:
        """Largest value."""
        return self.values[-1]

    @property
    def log(self) -> bool:
        """Whether the values are better seen on a logarithmic scale: all positive, and a factor of 20 apart."""
        return self.low > 0 and self.high > SPREAD * self.low


class Range(Frozen):
    """An interval, cut into ``points`` by `grid`, sampled by every other design."""

    low: Real
    high: Real
    log: bool = False
    points: int | None = Field(default=None, ge=2, le=10_000)

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low < self.high:
            raise ValueError(f"low < high must hold, got low={self.low:g}, high={self.high:g}")
        if self.high - self.low < NARROWEST * max(abs(self.low), abs(self.high)):
            raise ValueError(
                f"must be wider than a millionth of its ends, as values are kept at 12 significant digits, "
                f"got low={self.low!r}, high={self.high!r}"
            )
        if self.log and self.low <= 0:
            raise ValueError(f"low > 0 must hold with log: true, got low={self.low:g}")
        if self.points is not None and len(set(self.grid())) < self.points:
            raise ValueError(f"points must be fewer: some of {self.points} fall together at 12 digits")
        return self

    def every(self) -> Sequence[float] | None:
        """Return every value, None where they cannot be listed."""
        return None

    def at(self, share: float) -> float:
        """Return the value at a share in [0, 1] of the way from low to high on the range's scale."""
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        return significant(min(max(value, self.low), self.high))

    def grid(self) -> tuple[float, ...]:
        """Return ``points`` values from low to high, evenly spaced on the range's scale; needs ``points``."""
        if self.points is None:
            raise ValueError("a range needs `points` to be cut into a grid")
        start, stop = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        steps = [start + (stop - start) * i / (self.points - 1) for i in range(self.points)]
        inner = [10.0**s if self.log else s for s in steps[1:-1]]
        return tuple(significant(v) for v in (self.low, *inner, self.high))


class WholeValues(Values):
    """Chosen whole numbers, kept in ascending order."""

    values: Annotated[tuple[int, ...], LISTED] = Field(min_length=1, max_length=10_000)

    @staticmethod
    def kept(value: float) -> int:
        """Return a value as it is kept."""
        return int(value)


class WholeRange(Range):
    """An interval of whole numbers; what lies between two of them is rounded."""

    low: int = Field(ge=-(2**53), le=2**53)
    high: int = Field(ge=-(2**53), le=2**53)

    def every(self) -> Sequence[int]:
        """Return every value."""
        return range(self.low, self.high + 1)

    def at(self, share: float) -> int:
        """Return the whole number at a share in [0, 1] of the way; the ends take as much of it as any other."""
        low, high = self.low - 0.5, self.high + 0.5
        value = low * (high / low) ** share if self.log else low + share * (high - low)
        return min(max(round(value), self.low), self.high)

    def grid(self) -> tuple[int, ...]:
        """Return ``points`` whole numbers from low to high; needs ``points``."""
        return tuple(round(value) for value in super().grid())


class Choices(Listed):
    """Chosen names, or on and off, in the order in which they are written."""

    @model_validator(mode="after")
    def _distinct(self) -> Choices:
        repeated = [v for at, v in enumerate(self.values) if v in self.values[:at]]
        if repeated:
            raise ValueError(f"values must differ, got {repeated} more than once")
        return self

    @property
    def log(self) -> bool:
        """False: choices lie at equal steps."""
        return False


class Names(Choices):
    """Chosen names, in the order in which they are written."""

    values: Annotated[tuple[str, ...], LISTED] = Field(min_length=1, max_length=100)


class Switches(Choices):
    """On and off, in the order in which they are written."""

    values: Annotated[tuple[bool, ...], LISTED] = Field(min_length=1, max_length=2)


DOMAIN_KEYS = frozenset((*Values.model_fields, *Range.model_fields))
"""What a domain may be written with."""

Domain: TypeAlias = Values | Range | Choices
"""The values that one option takes in a study."""


def domain_of(option: Option | None, raw: Mapping[str, Any]) -> type[Domain]:
    """Return the model of the domain of an option, as it is written; of a real number where it is not known."""
    if isinstance(option, Choice | Switch):
        return Names if isinstance(option, Choice) else Switches
    whole = isinstance(option, Number) and option.integer
    if "values" in raw:
        return WholeValues if whole else Values
    return WholeRange if whole else Range

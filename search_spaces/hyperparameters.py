"""Hyperparameters: name, range, scale and default of everything a study can vary."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from search_spaces.errors import shown


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """One number of an optimizer that a study may fix or vary.

    Attributes
    ----------
    name
        The field's standard name, as it stands in a specification and in the store.
    summary
        One line for people.
    low, high
        The range in which the optimizer is defined; ``high`` may be infinite.
    low_open, high_open
        Whether the bound itself is outside the range.
    log
        Whether the field plots and searches it on a logarithmic scale.
    default
        The value where a specification is silent.
    """

    name: str
    summary: str
    low: float
    high: float
    low_open: bool = False
    high_open: bool = False
    log: bool = False
    default: float

    @property
    def interval(self) -> str:
        """The range as mathematics writes it, such as ``[0, 0.5]`` or ``(0, inf)``."""
        left = "(" if self.low_open else "["
        right = ")" if self.high_open or math.isinf(self.high) else "]"
        return f"{left}{self.low:g}, {self.high:g}{right}"

    def fault(self, value: float) -> str | None:
        """Return the broken rule where ``value`` is outside the range, else None."""
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        if math.isfinite(value) and above and below:
            return None
        return f"{self.name} must lie in {self.interval}, got {shown(value)}"

    def with_default(self, default: float) -> Hyperparameter:
        """Return the same hyperparameter with another default."""
        return replace(self, default=default)


LR = Hyperparameter(
    name="lr",
    summary="learning rate",
    low=0.0,
    low_open=True,
    high=math.inf,
    log=True,
    default=1e-3,
)
P = Hyperparameter(
    name="p",
    summary="partial-adaptivity exponent of Padam: 0 is SGD with momentum, 1/2 is AMSGrad",
    low=0.0,
    high=0.5,
    default=0.125,
)
BETA1 = Hyperparameter(
    name="beta1",
    summary="decay of the first-moment average",
    low=0.0,
    high=1.0,
    high_open=True,
    default=0.9,
)
BETA2 = Hyperparameter(
    name="beta2",
    summary="decay of the second-moment average",
    low=0.0,
    high=1.0,
    high_open=True,
    default=0.999,
)
EPS = Hyperparameter(
    name="eps",
    summary="guard of the denominator",
    low=0.0,
    high=math.inf,
    log=True,
    default=1e-8,
)
WEIGHT_DECAY = Hyperparameter(
    name="weight_decay",
    summary="weight decay, in the form the optimizer's `decay` names",
    low=0.0,
    high=math.inf,
    log=True,
    default=0.0,
)
MOMENTUM = Hyperparameter(
    name="momentum",
    summary="heavy-ball momentum",
    low=0.0,
    high=1.0,
    high_open=True,
    default=0.9,
)

HYPERPARAMETERS: dict[str, Hyperparameter] = {h.name: h for h in (LR, P, BETA1, BETA2, EPS, WEIGHT_DECAY, MOMENTUM)}

"""Irregular designs: what decides a value among configurations that form no grid, each number with an interval.

The intervals are from the 2.5th to the 97.5th percentile of draws of configurations with replacement, reaching the
value where they miss it. Of more than 400, draws take 400, and their deviations shrink by the root of that share.
Nothing shows that they hold the truth as often as they say: all of it describes. A design
that chose where to look (TPE, a Gaussian process, a level set) has few configurations where values are bad, and its
numbers are of where it looked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from analysis.grid import Mask, Matrix
from analysis.measures.limits import LEVEL, TAIL
from analysis.measures.number import Number

FEWEST = 20
"""Configurations that are needed."""

DRAWS = 20
MOST = 400
"""Configurations of a draw."""

TREES, TREES_DRAWN = 16, 2
"""Of a forest, and of that of each draw."""

FITTED = 0.5
"""Share of unseen variance below which a surface says little of what it was fitted to."""

CHOSEN = frozenset({"tpe", "gp", "levelset"})
"""Designs that choose where to look."""

METHODS = {
    "fanova": "share of the variance, alone (fANOVA)",
    "ped_anova": "share of what tells the best tenth apart (PED-ANOVA)",
    "sobol_first": "Sobol' index, alone",
    "sobol_total": "Sobol' index, in all",
}
"""What is said of every hyperparameter, in words."""

PAIRS = "sobol_pairs"


@dataclass(frozen=True, kw_only=True)
class Importances:
    """What decides a value.

    Attributes
    ----------
    names
        The hyperparameters that take more than one value, in their order.
    n
        Configurations.
    numbers
        By method of :data:`METHODS`, then by hyperparameter; ``sobol_pairs`` by two of them, ``"lr x p"``.
    fit
        Share of the variance that the surface of the Sobol' indices predicts of configurations it has not seen.
    caution
        ``biased design`` where the design chose where to look; else empty.
    reason
        Why there is none; else empty.
    """

    names: tuple[str, ...]
    n: int
    numbers: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)
    fit: float | None = None
    caution: str = ""
    reason: str = ""

    @property
    def says_little(self) -> bool:
        """Whether the surface of the Sobol' indices knows little of what it has not seen."""
        return self.fit is not None and self.fit < FITTED

    def to_dict(self) -> dict[str, Any]:
        """Return the importances as plain values."""
        return {
            "n": self.n,
            "status": "descriptive",
            "caution": self.caution or None,
            **({"reason": self.reason} if self.reason else {}),
            "surface_fit": self.fit,
            **{
                method: {name: number.to_dict() for name, number in found.items()}
                for method, found in self.numbers.items()
            },
        }


def importances_of(
    points: Matrix, values: Matrix, *, names: Sequence[str], choices: Sequence[bool], design: str = ""
) -> Importances:
    """Return what decides a value.

    Parameters
    ----------
    points
        ``[configuration, hyperparameter]``: log10 of what is logarithmic, the place of a choice.
    values
        Of each configuration, its mean over seeds, lower being better.
    names, choices
        Of each hyperparameter, and whether it is a choice.
    design
        How configurations were chosen, such as ``random`` or ``tpe``.
    """
    caution = "biased design" if design in CHOSEN else ""
    varied = np.ptp(points, axis=0) > 0.0 if len(points) else np.zeros(len(names), dtype=bool)
    told = tuple(name for name, it in zip(names, varied, strict=True) if it)
    reasons = {
        f"{FEWEST} configurations are needed, and there are {len(points)}": len(points) < FEWEST,
        "two hyperparameters must vary": len(told) < 2,
        "all configurations have the same value": not len(values) or np.ptp(values) <= 0.0,
    }
    reason = next((it for it, holds in reasons.items() if holds), "")
    if reason:
        return Importances(names=told, n=len(points), caution=caution, reason=reason)
    kept = [choice for choice, it in zip(choices, varied, strict=True) if it]
    # In an order of their own, so that the same configurations say the same however they are written down.
    points = points[:, varied]
    order = np.lexsort((values, *points.T[::-1]))
    numbers, fit = _measured(points[order], values[order], told, kept)
    return Importances(names=told, n=len(points), numbers=numbers, fit=fit, caution=caution)


def _measured(
    points: Matrix, values: Matrix, names: tuple[str, ...], choices: list[bool]
) -> tuple[dict[str, dict[str, Number]], float]:
    from analysis.importance import Sample  # noqa: PLC0415 - Optuna, scikit-learn and SALib
    from analysis.variance import Surrogate  # noqa: PLC0415

    sample, surrogate, n = Sample(points, values, choices), Surrogate(points, choices), len(points)

    def found(rows: Any, trees: int) -> Matrix:
        study = sample.drawn(rows)
        first, total, pairs = surrogate.indices(points[rows], values[rows], trees)
        upper = pairs[np.triu_indices(len(names), 1)]
        return np.concatenate([sample.fanova(study, trees), sample.ped_anova(study), first, total, upper])

    generator = np.random.default_rng(0)
    whole = found(np.arange(n), TREES)
    drawn = [found(rows, TREES_DRAWN) for rows in _resampled(generator, values)]
    told = iter(
        _number(value, np.array([it[place] for it in drawn]), n) for place, value in enumerate(whole.tolist())
    )
    numbers = {method: {name: next(told) for name in names} for method in METHODS}
    numbers[PAIRS] = {f"{one} x {other}": next(told) for one, other in combinations(names, 2)}
    return numbers, Surrogate.fit(points, values)


def _resampled(generator: np.random.Generator, values: Matrix) -> list[Any]:
    """Return draws of rows with replacement, none of them of one value."""
    found: list[Any] = []
    while len(found) < DRAWS:
        rows = np.sort(generator.integers(0, len(values), min(len(values), MOST)))
        if np.ptp(values[rows]) > 0.0:
            found.append(rows)
    return found


def _number(value: float, drawn: Matrix, n: int) -> Number:
    known: Mask = np.isfinite(drawn)
    if not np.isfinite(value) or not known.any():
        return Number(value=None, n=n, reason="the fitted surface is flat")
    ends = np.quantile(drawn[known], [TAIL, TAIL + LEVEL])
    low, high = (value + math.sqrt(min(1.0, MOST / n)) * (ends - value)).tolist()
    return Number(value=value, low=min(low, value), high=max(high, value), n=n)

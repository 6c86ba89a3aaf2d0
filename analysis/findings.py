"""The findings: everything a report says of one study, each thing computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.axes import Axis, axes_of, axis_of, named
from analysis.maps import SensitivityMap, panels
from analysis.material import Material
from analysis.measure import Measure
from analysis.ranking import best_of_ranking, ranking
from search_spaces.options import Value

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Colour limits that a person asked for, in percent, above 0; None leaves an end where the numbers have it."""

    low: float | None = None
    high: float | None = None


WHOLE = Clip()
"""Colours over the whole range of the numbers."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Colour limits in percent, both above 0, and whether numbers lie ``below`` or ``above`` them."""

    low: float
    high: float
    below: bool = False
    above: bool = False


@dataclass(frozen=True, eq=False)
class Findings:
    """What a study comes to.

    Attributes
    ----------
    material
        The study's.
    measures
        What to show: the objective's split first, the other one second where there is one.
    clip
        Colour limits asked for.
    """

    material: Material
    measures: Sequence[Measure]
    clip: Clip = WHOLE

    @property
    def space(self) -> list[str]:
        """The hyperparameters that the study varies."""
        return list(self.material.specification.space)

    @property
    def axes(self) -> tuple[str, str | None, list[str]]:
        """What lies on x, what on y, and what makes panels."""
        return axes_of(self.space)

    @cached_property
    def scales(self) -> dict[str, Axis]:
        """How the values of what the study varies are written."""
        return {name: axis_of(domain) for name, domain in self.material.specification.space.items()}

    def named(self, values: Mapping[str, float]) -> dict[str, Value]:
        """Return the values that the numbers of a configuration stand for."""
        return named(values, self.scales)

    @property
    def is_grid(self) -> bool:
        """Whether the design is a grid."""
        return self.material.specification.design.name == "grid"

    @cached_property
    def maps(self) -> list[list[SensitivityMap]]:
        """The panels of each measure; none where the design is no grid."""
        if not self.is_grid:
            return [[] for _ in self.measures]
        x, y, others = self.axes
        return [panels(self.material.in_force, x, y, others, measure, self.scales) for measure in self.measures]

    @cached_property
    def rankings(self) -> list[pd.DataFrame]:
        """The configurations by each measure, best first."""
        return [ranking(self.material.in_force, self.space, measure) for measure in self.measures]

    @cached_property
    def bests(self) -> list[dict[str, float] | None]:
        """The best configuration by each measure, None without any."""
        rows = [best_of_ranking(ranks) for ranks in self.rankings]
        return [None if row is None else {name: float(row[name]) for name in self.space} for row in rows]

    @property
    def best(self) -> dict[str, float] | None:
        """The best configuration by the first measure, None without any."""
        return self.bests[0]

    @cached_property
    def limits(self) -> Limits:
        """Colour limits that every map of the study shares; what lost every seed has no colour of the scale."""
        trained = [ranks[ranks["diverged"] < ranks["n"]] for ranks in self.rankings]
        return limits(np.concatenate([ranks["mean"].to_numpy(dtype=float) for ranks in trained]), self.clip)

    def at(self, values: Mapping[str, float]) -> pd.DataFrame:
        """Return the trials in force whose hyperparameters have some values."""
        trials = self.material.in_force
        for name, value in values.items():
            trials = trials[trials[name] == value]
        return trials


def limits(values: Vector, clip: Clip = WHOLE) -> Limits:
    """Return colour limits for errors in percent: theirs, or where a person wants them."""
    positive = values[values > 0]
    lowest = float(positive.min()) if len(positive) else 0.1
    highest = max(float(values.max()), lowest) if len(values) else 1.0
    high = clip.high or max(highest, 1.5 * (clip.low or 0.0))
    # At least a factor of 1.5, widened downwards: no error is above 100 %.
    low = clip.low or min(lowest, high / 1.5)
    return Limits(
        low=low,
        high=high,
        below=clip.low is not None and bool((values < low).any()),
        above=clip.high is not None and bool((values > high).any()),
    )

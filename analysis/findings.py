"""The findings: everything a report says of one study, each thing computed once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.axes import BY_RULE, Axis, Chosen, axes_of, axis_of, is_logarithmic, named
from analysis.best import ELIGIBLE, order
from analysis.contenders import Contender, contenders
from analysis.effective_rate import EffectiveRate, effective_rate
from analysis.fresh import FreshCheck, fresh_check
from analysis.irregular import Importances, importances_of
from analysis.maps import SensitivityMap, panels
from analysis.material import Material, matching
from analysis.measure import Measure
from analysis.null_model import NullModel, null_model
from analysis.ranking import best_of_ranking, ranking
from search_spaces.arm import Arm
from search_spaces.declarations import IMPORTED, Metric
from search_spaces.domains import Range
from search_spaces.options import Value
from search_spaces.specification import measured_on

if TYPE_CHECKING:
    from analysis.compare.overlay import Overlay
    from analysis.compare.reference import Reference
    from analysis.decoupling import Decoupling

Vector = npt.NDArray[np.float64]

DECADES = 12
"""Powers of ten that colours tell apart at the most, from the worst value down."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Colour limits that a person asked for; None leaves an end where the numbers have it."""

    low: float | None = None
    high: float | None = None


WHOLE = Clip()
"""Colours over the whole range of the numbers."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Colour limits, whether numbers lie ``below`` or ``above`` them, and how the scale runs.

    ``log`` is whether it is logarithmic, ``highest`` whether the highest value is the best, and has the colour of it.
    """

    low: float
    high: float
    below: bool = False
    above: bool = False
    log: bool = True
    highest: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class ArmFindings:
    """What one arm of a study comes to.

    Attributes
    ----------
    material
        That of its study.
    key
        Its name there.
    measures
        What to show: the objective first.
    alone
        Whether its study is the only one.
    chosen
        What a person wants on the axes.
    """

    material: Material
    key: str
    measures: Sequence[Measure]
    alone: bool = True
    chosen: Chosen = BY_RULE

    @property
    def study(self) -> str:
        """The name of its study."""
        return self.material.specification.name

    @property
    def armed(self) -> bool:
        """Whether there are others beside it."""
        return not self.alone or self.material.specification.armed

    @property
    def name(self) -> str:
        """What tells it from the others: its own name, beside others' studies with the study's before it."""
        if self.alone:
            return self.key
        return f"{self.study}/{self.key}" if self.material.specification.armed else self.study

    @property
    def said(self) -> str:
        """What it is, in words; empty where there is no other."""
        if not self.armed:
            return ""
        return f"arm {self.name}" if self.alone else f"study {self.name.replace('/', ', arm ')}"

    @property
    def kind(self) -> str:
        """What it is called: an arm, or a study that has no arms."""
        return "arm" if self.material.specification.armed else "study"

    @property
    def imported(self) -> bool:
        """Whether its results came from elsewhere."""
        return self.material.specification.imported

    @property
    def seeds_vary(self) -> bool:
        """Whether configurations have as many seeds as it happened: chosen one by one, or elsewhere."""
        return self.imported or self.arm.design.by_slot

    @property
    def arm(self) -> Arm:
        """Its specification."""
        return self.material.specification.arms[self.key]

    @property
    def trials(self) -> pd.DataFrame:
        """Its trials, superseded generations included."""
        return self.material.trials[self.key]

    @cached_property
    def in_force(self) -> pd.DataFrame:
        """The trials that no later generation superseded."""
        return self.trials[~self.trials["superseded"]]

    @property
    def suffix(self) -> str:
        """What the names of files of this arm alone end with."""
        study = "" if self.alone else f"-{self.study}"
        return study + (f"-arm-{self.key}" if self.material.specification.armed else "")

    @property
    def space(self) -> list[str]:
        """The hyperparameters that the arm varies."""
        return list(self.arm.space)

    @property
    def axes(self) -> tuple[str, str | None, list[str]]:
        """What lies on x, what on y, and what makes panels."""
        return axes_of(self.space, self.chosen)

    @cached_property
    def scales(self) -> dict[str, Axis]:
        """How the values of what the arm varies are written."""
        return {name: axis_of(domain) for name, domain in self.arm.space.items()}

    def named(self, values: Mapping[str, float]) -> dict[str, Value]:
        """Return the values that the numbers of a configuration stand for."""
        return named(values, self.scales)

    @property
    def is_grid(self) -> bool:
        """Whether the design is a grid; of results from elsewhere, whether every value of theirs was listed."""
        listed = not any(isinstance(domain, Range) for domain in self.arm.space.values())
        return self.arm.design.name == "grid" or (self.arm.design.name == IMPORTED and listed)

    @cached_property
    def maps(self) -> list[list[SensitivityMap]]:
        """The panels of each measure; none where the design is no grid."""
        if not self.is_grid:
            return [[] for _ in self.measures]
        x, y, others = self.axes
        space = self.arm.space
        log = is_logarithmic(x, space[x]), y is not None and is_logarithmic(y, space[y])
        return [panels(self.in_force, x, y, others, measure, self.scales, log) for measure in self.measures]

    def maps_of(self, metric: str) -> list[SensitivityMap]:
        """Return the panels of a metric, none where it is not shown."""
        return [it for maps in self.maps for it in maps if it.measure.metric.name == metric]

    @property
    def over_epochs(self) -> list[Metric]:
        """What is shown over epochs beside the train loss; of classification an error always."""
        found = [it.metric for it in self.measures if it.metric.name != "train_loss"]
        return found or [it for it in self.arm.metrics if it.name == "test_error"]

    def index_of(self, measure: Measure) -> int:
        """Return the place of a measure among those that are shown."""
        return [it.metric.name for it in self.measures].index(measure.metric.name)

    @cached_property
    def rankings(self) -> list[pd.DataFrame]:
        """The configurations by each measure, best first."""
        return [ranking(self.in_force, self.space, measure) for measure in self.measures]

    @cached_property
    def bests(self) -> list[dict[str, float] | None]:
        """The best configuration by each measure, None without any."""
        rows = [best_of_ranking(ranks) for ranks in self.rankings]
        return [None if row is None else {name: float(row[name]) for name in self.space} for row in rows]

    @cached_property
    def importances(self) -> dict[str, Importances]:
        """What decides the first measure, where there is no grid of several hyperparameters; else empty.

        Of ``all`` configurations, and of those ``trained`` where others lost a seed.
        """
        if self.is_grid or len(self.space) < 2:
            return {}
        ranks, measure = self.rankings[0], self.measures[0]
        log = [self.arm.space[name].log and bool((ranks[name] > 0).all()) for name in self.space]
        lost = ranks["diverged"] + ranks["learned_nothing"] > 0
        return {
            name: importances_of(
                np.column_stack(
                    [np.log10(part[it]) if on else part[it] for it, on in zip(self.space, log, strict=True)]
                ),
                measure.sign * part["mean"].to_numpy(dtype=float),
                names=self.space,
                choices=[bool(self.scales[it].choices) for it in self.space],
                design=self.arm.design.name,
            )
            for name, part in ({"all": ranks} | ({"trained": ranks[~lost]} if lost.any() else {})).items()
        }

    @cached_property
    def fresh(self) -> FreshCheck | None:
        """The best configuration on seeds that took no part in its choice, None without any."""
        return fresh_check(self)

    @property
    def best(self) -> dict[str, float] | None:
        """The best configuration by the first measure, None without any."""
        return self.bests[0]

    @property
    def map_of_best(self) -> SensitivityMap | None:
        """The panel of the first measure in which the best configuration lies, None without any."""
        best = self.best or {}
        return next((it for it in self.maps[0] if best and all(best[k] == v for k, v in it.grid.fixed.items())), None)

    def at(self, values: Mapping[str, float]) -> pd.DataFrame:
        """Return the trials in force whose hyperparameters have some values."""
        return matching(self.in_force, values)


@dataclass(frozen=True, eq=False)
class Findings:
    """What a study comes to, or several that have one metric as their objective.

    Attributes
    ----------
    material
        The study's.
    statistic
        Instead of the objective's.
    clip
        Colour limits asked for.
    chosen
        Hyperparameters asked for on the axes.
    others
        The material of further studies.
    published
        What others have published, to be laid over the figures.
    """

    material: Material
    statistic: str | None = None
    clip: Clip = WHOLE
    chosen: Chosen = BY_RULE
    others: tuple[Material, ...] = ()
    published: Reference | None = None

    @property
    def materials(self) -> tuple[Material, ...]:
        """The material of every study."""
        return (self.material, *self.others)

    @property
    def comparable(self) -> bool:
        """Whether all arms are measured on the same thing, so that their values may be ranked."""
        return len({measured_on(one.arm) for one in self.arms}) == 1

    @cached_property
    def arms(self) -> tuple[ArmFindings, ...]:
        """What each arm of every study comes to, in the written order."""
        return tuple(
            ArmFindings(
                material=material,
                key=key,
                measures=material.measures(key, self.statistic),
                alone=not self.others,
                chosen=self.chosen,
            )
            for material in self.materials
            for key in material.specification.arms
        )

    @property
    def measure(self) -> Measure:
        """What is shown first: metric, unit and direction are those of every arm."""
        return self.arms[0].measures[0]

    @property
    def metrics(self) -> list[str]:
        """The names of what is shown, the objective's first."""
        return list(dict.fromkeys(measure.metric.name for one in self.arms for measure in one.measures))

    def best_arm(self, index: int = 0) -> ArmFindings | None:
        """Return the arm with the best configuration of the study by a measure, None without any.

        None too where arms are measured on different things: nothing is ranked across data sets.
        """
        if not self.comparable:
            return None
        found = [one for one in self.arms if len(one.bests) > index and one.bests[index] is not None]
        sign = self.measure.sign
        return min(
            found,
            key=lambda one: order(
                sign * float(one.rankings[index].iloc[0]["mean"]), ELIGIBLE, [self.arms.index(one)]
            ),
            default=None,
        )

    @cached_property
    def null_models(self) -> Mapping[str, NullModel]:
        """The ridge that gradients predict, of each arm that has one."""
        found = {one.name: null_model(one) for one in self.arms}
        return {name: null for name, null in found.items() if null is not None}

    @cached_property
    def effective_rates(self) -> Mapping[str, EffectiveRate]:
        """What the axis of the effective learning rate leaves of the entanglement, of each arm that has one."""
        pairs = {one.name: (one.map_of_best, self.null_models.get(one.name)) for one in self.arms}
        found = {name: effective_rate(shown, null) for name, (shown, null) in pairs.items() if shown and null}
        return {name: it for name, it in found.items() if it is not None}

    @cached_property
    def contenders(self) -> tuple[Contender, ...]:
        """The best of each arm beside the best of all (:func:`analysis.contenders.contenders`)."""
        return contenders(self)

    @cached_property
    def decoupling(self) -> Decoupling | None:
        """The panels of learning rate and weight decay, None of other studies."""
        from analysis.decoupling import decoupling  # noqa: PLC0415 - which looks at findings, and says so in captions

        return decoupling(self)

    @cached_property
    def overlay(self) -> Overlay | None:
        """What was published, where it has its place; None where nothing is to be laid over."""
        from analysis.compare.overlay import overlay  # noqa: PLC0415 - which looks at findings

        return None if self.published is None else overlay(self.published, self)

    @cached_property
    def limits(self) -> Limits:
        """Colour limits that every map of the study shares; what lost every seed has no colour of the scale."""
        rankings = [ranks for one in self.arms for ranks in one.rankings]
        trained = [ranks[ranks["diverged"] < ranks["n"]] for ranks in rankings]
        values = np.concatenate([ranks["mean"].to_numpy(dtype=float) for ranks in trained])
        metric = self.measure.metric
        if not metric.log or (values < 0).any():
            found = linear_limits(values, self.clip)
        else:
            found = limits(values, self.clip, math.inf if metric.unit == "%" else DECADES)
        return replace(found, highest=self.measure.sign < 0)


def linear_limits(values: Vector, clip: Clip = WHOLE) -> Limits:
    """Return colour limits of numbers that are not seen on a logarithmic scale."""
    lowest, highest = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    low = lowest if clip.low is None else clip.low
    high = highest if clip.high is None else clip.high
    if not low < high:
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    return Limits(low=low, high=high, below=lowest < low, above=highest > high, log=False)


def limits(values: Vector, clip: Clip = WHOLE, decades: float = math.inf) -> Limits:
    """Return logarithmic colour limits: those of the numbers, or where a person wants them.

    Parameters
    ----------
    values
        0 at the least.
    clip
        Asked for, above 0.
    decades
        Powers of ten that are told apart at the most.
    """
    positive = values[values > 0]
    lowest = float(positive.min()) if len(positive) else 0.1
    highest = max(float(values.max()), lowest) if len(values) else 1.0
    high = clip.high or max(highest, 1.5 * (clip.low or 0.0))
    # At least a factor of 1.5, widened downwards: no error is above 100 %.
    low = clip.low or max(min(lowest, high / 1.5), high / 10.0 ** min(decades, 300.0))
    clipped = clip.low is not None or low > lowest
    return Limits(
        low=low,
        high=high,
        below=clipped and bool((values < low).any()),
        above=clip.high is not None and bool((values > high).any()),
    )

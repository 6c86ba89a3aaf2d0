"""The measure: which number of a trial a figure shows, and how trials without that number count."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.best import sign_of
from analysis.guessing import Guessing, guessing_of
from analysis.numbers import plain
from search_spaces.arm import Arm
from search_spaces.declarations import Metric

AVERAGED = 5
"""Epochs that ``mean_last5`` averages, or all where there are fewer."""

COUNTED = ("complete", "diverged")
"""States of trials that count."""

SPLITS = {"test_error": "test", "validation_error": "validation"}
"""Metrics of classification that are errors on a split."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a figure shows of a trial: the column is ``{metric}_{statistic}``.

    Attributes
    ----------
    metric
        With its unit, its direction, and what a diverged trial counts at.
    statistic
        How a curve becomes one number.
    epochs
        Budget of the trials.
    guessing
        What guessing achieves on the test images; None where none are classified.
    images
        Images of the split: an error in percent stands for a count of them. None of every other metric.
    declared
        Whether the task says what is the worst; else that is the worst complete value of the study.
    """

    metric: Metric
    statistic: str
    epochs: int
    guessing: Guessing | None = None
    images: int | None = None
    declared: bool = True

    @classmethod
    def of(
        cls, arm: Arm, *, statistic: str | None = None, metric: Metric | None = None, seen: float | None = None
    ) -> Measure:
        """Return the measure of an arm's objective, or of another of its statistics and metrics.

        ``seen`` is the worst complete value of the study, for a metric whose worst value is not declared.
        """
        metric = metric or arm.metric
        data, split = arm.dataset, SPLITS.get(metric.name)
        images = None if data is None else {"test": data.test, "validation": arm.task.validation}.get(split or "")
        return cls(
            metric=metric if metric.worst is not None else replace(metric, worst=seen),
            statistic=statistic or arm.objective.statistic,
            epochs=arm.epochs,
            guessing=guessing_of(arm),
            images=images,
            declared=metric.worst is not None,
        )

    @property
    def column(self) -> str:
        """The column of the table of trials."""
        return f"{self.metric.name}_{self.statistic}"

    @property
    def split(self) -> str | None:
        """The split that it is an error on, None where it is none."""
        return SPLITS.get(self.metric.name)

    @property
    def worst(self) -> float:
        """What a diverged trial is counted at; NaN, not at all, where nothing is known."""
        return float("nan") if self.metric.worst is None else self.metric.worst

    @property
    def sign(self) -> float:
        """What values are multiplied by so that lower is better."""
        return sign_of(self.metric.direction)

    @property
    def lowest(self) -> str:
        """What the best value is called."""
        return "highest" if self.metric.direction == "maximize" else "lowest"

    @property
    def title(self) -> str:
        """The metric in words, with its unit."""
        return f"{self.metric.summary} ({self.metric.unit})" if self.metric.unit else self.metric.summary

    @property
    def label(self) -> str:
        """The measure in words that are true of it."""
        epochs = f"{AVERAGED} epochs" if self.epochs >= AVERAGED else f"{self.epochs} epochs, all there are,"
        words = {
            "final": "final",
            "mean_last5": f"mean of the last {epochs} of" if self.epochs > 1 else "final",
            "min": "minimum over epochs of",
        }
        return f"{words[self.statistic]} {self.title}"

    @property
    def kind(self) -> str:
        """The measure as one name: statistic, and split where it is an error on one."""
        return f"split {self.split}, statistic {self.statistic}" if self.split else f"statistic {self.statistic}"

    def number(self, value: float) -> str:
        """Return a value as it stands in a cell of a map, where room is scarce."""
        if self.metric.unit == "%":
            return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"
        return plain(value)

    def bare(self, value: float) -> str:
        """Return a value as it stands in a table whose head has the unit."""
        return f"{value:.2f}" if self.metric.unit == "%" else plain(value)

    def written(self, value: float) -> str:
        """Return a value as it stands in a sentence, with its unit."""
        return f"{self.bare(value)} {self.metric.unit}".rstrip()

    @property
    def counts_as(self) -> str:
        """What a diverged trial counts at, in words."""
        worst = f"{self.worst:g} {self.metric.unit}".rstrip()
        if self.guessing is not None:
            return f"guessing, {worst}"
        if self.declared:
            return f"the worst, {worst}"
        of_study = "the worst complete value of the study"
        return f"{of_study}, of which there is none" if self.metric.worst is None else f"{worst}, {of_study}"

    @property
    def lost(self) -> str:
        """What cells call trials that learned nothing."""
        return "guess" if self.guessing is not None else "worst"

    @property
    def rule(self) -> str:
        """When a complete trial has learned nothing, in words."""
        if self.guessing is not None:
            return self.guessing.rule
        worst = f"{self.worst:g} {self.metric.unit}".rstrip()
        return f"final {self.metric.summary} no better than {worst}" if self.declared else ""

    @property
    def finals(self) -> tuple[str, ...]:
        """Columns that tell which complete trials learned nothing."""
        return (
            ("test_error_final", "train_loss_final") if self.guessing is not None else (f"{self.metric.name}_final",)
        )

    def learned_nothing(self, trials: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Tell which trials learned nothing, were they complete."""
        finals: list[Numbers] = [np.asarray(trials[name], dtype=float) for name in self.finals]
        if self.guessing is not None:
            return self.guessing.learned_nothing(*finals)
        found: npt.NDArray[np.bool_] = self.sign * finals[0] >= self.sign * self.worst
        return found if self.declared else np.zeros(len(trials), dtype=bool)

    def scale(self, values: Numbers) -> str:
        """Return the scale on which trainings near the best vary alike: ``logit``, ``log`` or ``linear``."""
        if self.images is not None:
            return "logit"
        known = values[np.isfinite(values)]
        return "log" if self.metric.log and (known >= 0).all() and (known > 0).any() else "linear"

    def compared(self, values: Numbers) -> Numbers:
        """Return values on their :meth:`scale`, lower being better.

        An error of k among n images becomes log((k + 1/2) / (n - k + 1/2)). On a logarithmic scale a value of 0
        counts as half of the lowest positive one there is.
        """
        scale = self.scale(values)
        if scale == "logit" and self.images is not None:
            wrong = values * self.images / 100.0
            odds: Numbers = np.log((wrong + 0.5) / (self.images - wrong + 0.5))
            return self.sign * odds
        if scale == "linear":
            as_they_are: Numbers = self.sign * values
            return as_they_are
        lowest = values[np.isfinite(values) & (values > 0)].min()
        logarithms: Numbers = np.log(np.maximum(values, 0.5 * lowest))
        return self.sign * logarithms


def counted(trials: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Return the trials that count, as they count.

    Parameters
    ----------
    trials
        One row a trial in force, with ``state``, the measure's column and its ``finals``.
    measure
        What to show.

    Returns
    -------
    pandas.DataFrame
        The complete trials that have the measure and the diverged ones, with three more columns: ``value`` (of a
        diverged trial the worst), ``diverged``, and ``learned_nothing``.
    """
    found = trials[trials["state"].isin(COUNTED)].copy()
    found["diverged"] = found["state"] == "diverged"
    found["value"] = found[measure.column].mask(found["diverged"], measure.worst).astype(float)
    found["learned_nothing"] = measure.learned_nothing(found) & ~found["diverged"].to_numpy(dtype=bool)
    return found.dropna(subset="value")


def outcomes(trials: pd.DataFrame, measure: Measure) -> dict[int, float]:
    """Return what the trials of one configuration count at, by seed."""
    rows = counted(trials, measure).sort_values("seed")
    return {int(seed): float(value) for seed, value in zip(rows["seed"], rows["value"], strict=True)}

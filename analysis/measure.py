"""The measure: which number of a trial a figure shows, and how trials without that number count."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.guessing import Guessing, guessing_of
from search_spaces.specification import Specification

AVERAGED = 5
"""Epochs that ``mean_last5`` averages, or all where there are fewer."""

COUNTED = ("complete", "diverged")
"""States of trials that count."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a figure shows of a trial: the column is ``{split}_error_{statistic}``, in percent.

    Attributes
    ----------
    statistic, split
        The two names.
    epochs
        Budget of the trials.
    guessing
        What guessing achieves on the test images.
    images
        Images of the split: an error in percent stands for a count of them.
    """

    statistic: str
    split: str
    epochs: int
    guessing: Guessing
    images: int

    @classmethod
    def of(cls, specification: Specification, *, statistic: str | None = None, split: str | None = None) -> Measure:
        """Return the measure of a study's objective, or another of its statistics and splits."""
        split = split or specification.objective.split
        return cls(
            statistic=statistic or specification.objective.statistic,
            split=split,
            epochs=specification.epochs,
            guessing=guessing_of(specification),
            images=specification.dataset.test if split == "test" else specification.task.validation,
        )

    @property
    def column(self) -> str:
        """The column of the table of trials."""
        return f"{self.split}_error_{self.statistic}"

    @property
    def chance(self) -> float:
        """The error of guessing in percent, at which a diverged trial is counted."""
        return self.guessing.error

    @property
    def label(self) -> str:
        """The measure in words that are true of it."""
        epochs = f"{AVERAGED} epochs" if self.epochs >= AVERAGED else f"{self.epochs} epochs, all there are,"
        words = {
            "final": "final",
            "mean_last5": f"mean of the last {epochs} of" if self.epochs > 1 else "final",
            "min": "minimum over epochs of",
        }
        return f"{words[self.statistic]} {self.split} error (%)"


def counted(trials: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Return the trials that count, as they count.

    Parameters
    ----------
    trials
        One row a trial in force, with ``state``, ``test_error_final``, ``train_loss_final`` and the measure's column.
    measure
        What to show.

    Returns
    -------
    pandas.DataFrame
        The complete trials that have the measure and the diverged ones, with three more columns: ``error`` in percent
        (of a diverged trial the error of guessing), ``diverged``, and ``learned_nothing``.
    """
    found = trials[trials["state"].isin(COUNTED)].copy()
    found["diverged"] = found["state"] == "diverged"
    found["error"] = found[measure.column].mask(found["diverged"], measure.chance).astype(float)
    finals, losses = (found[name].to_numpy(dtype=float) for name in ("test_error_final", "train_loss_final"))
    found["learned_nothing"] = measure.guessing.learned_nothing(finals, losses) & ~found["diverged"].to_numpy(
        dtype=bool
    )
    return found.dropna(subset="error")

"""Maps: two hyperparameters, one error, every cell with its replicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Matrix = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a figure shows of a trial: the column is ``{split}_error_{statistic}``, in percent.

    ``chance`` is the error of guessing, at which a diverged trial is counted.
    """

    statistic: str
    split: str
    chance: float

    @property
    def column(self) -> str:
        """The column of the table of trials."""
        return f"{self.split}_error_{self.statistic}"

    @property
    def label(self) -> str:
        """The measure in words."""
        words = {"final": "final", "mean_last5": "mean of the last 5 epochs of", "min": "minimum over epochs of"}
        return f"{words[self.statistic]} {self.split} error (%)"


@dataclass(frozen=True, kw_only=True)
class SensitivityMap:
    """Error over a grid of two hyperparameters.

    Matrices are ``[y, x]``. A cell without any outcome is NaN in ``median`` and ``mean``.

    Attributes
    ----------
    x, y
        Names of the hyperparameters.
    xs, ys
        Their values, ascending.
    measure
        What the numbers are.
    median, mean
        Over the seeds of a cell, in percent; a diverged seed counts at chance level, failed and cancelled ones are
        left out.
    n
        Seeds counted in a cell.
    diverged, excluded
        Seeds that diverged (they are in ``n``), and those left out.
    best
        ``(row, column)`` of the lowest median among cells with a complete trial, ties by the mean; None without any.
    standard_error
        Of the mean of the best cell, from its own seeds; None with fewer than two, or where one of them diverged.
    within
        Cells whose median is at most the best median plus ``standard_error``; none where there is no such number.
    fixed
        Values of further hyperparameters, where the map is one panel of several.
    """

    x: str
    y: str
    xs: Matrix
    ys: Matrix
    measure: Measure
    median: Matrix
    mean: Matrix
    n: Counts
    diverged: Counts
    excluded: Counts
    best: tuple[int, int] | None
    standard_error: float | None
    within: Mask
    fixed: Mapping[str, float]

    def best_of_rows(self) -> Iterator[tuple[int, int]]:
        """Yield the best cell of each y, as ``(row, column)``; rows where no trial is complete are left out."""
        for row in range(len(self.ys)):
            trained = np.flatnonzero(self.n[row] > self.diverged[row])
            if len(trained):
                yield row, int(min(trained, key=lambda c: (self.median[row, c], self.mean[row, c], c)))

    def to_dict(self) -> dict[str, Any]:
        """Return the map as plain values; an empty cell is None."""
        best = None
        if self.best is not None:
            row, column = self.best
            best = {
                self.x: float(self.xs[column]),
                self.y: float(self.ys[row]),
                "median": float(self.median[row, column]),
                "mean": float(self.mean[row, column]),
                "n": int(self.n[row, column]),
                "standard_error": self.standard_error,
            }
        return {
            "x": {"name": self.x, "values": self.xs.tolist()},
            "y": {"name": self.y, "values": self.ys.tolist()},
            "fixed": dict(self.fixed),
            "median": _plain(self.median),
            "mean": _plain(self.mean),
            "n": self.n.tolist(),
            "diverged": self.diverged.tolist(),
            "excluded": self.excluded.tolist(),
            "within_one_standard_error": self.within.tolist(),
            "best": best,
            "best_by_y": [
                {
                    self.y: float(self.ys[row]),
                    self.x: float(self.xs[column]),
                    "median": float(self.median[row, column]),
                    "n": int(self.n[row, column]),
                }
                for row, column in self.best_of_rows()
            ],
        }


def counted(trials: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Return the trials that count, with their ``error`` in percent.

    Complete trials that have the measure count, and diverged ones, at chance level.
    """
    found = trials[trials["state"].isin(["complete", "diverged"])].copy()
    found["error"] = found[measure.column].where(found["state"] == "complete", measure.chance).astype(float)
    return found.dropna(subset="error")


def sensitivity_map(
    trials: pd.DataFrame, x: str, y: str, measure: Measure, fixed: Mapping[str, float] | None = None
) -> SensitivityMap:
    """Return the map of a table of trials.

    Parameters
    ----------
    trials
        One row a trial in force, with the columns ``state``, ``x``, ``y`` and the measure's. Only trials trained
        through their whole budget, and diverged ones, enter the numbers.
    x, y
        Columns to map over; values are taken as they are, never binned.
    measure
        What to show.
    fixed
        Values of further hyperparameters that all these trials share, for the record.

    Notes
    -----
    With few seeds the standard error of the best cell is itself uncertain (with two, by a factor of several), and the
    lowest of many noisy medians is too low on average. The outline marks candidates, not a confidence set.
    """
    xs = np.unique(trials[x].dropna().to_numpy(dtype=float))
    ys = np.unique(trials[y].dropna().to_numpy(dtype=float))
    shape = (len(ys), len(xs))
    median, mean = np.full(shape, np.nan), np.full(shape, np.nan)
    n, diverged, excluded = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    replicates: dict[tuple[int, int], Matrix] = {}
    for values_of_cell, cell in trials.groupby([y, x]):
        y_value, x_value = numbers(values_of_cell)
        at = int(np.searchsorted(ys, y_value)), int(np.searchsorted(xs, x_value))
        values = counted(cell, measure)["error"].to_numpy(dtype=float)
        diverged[at] = int((cell["state"] == "diverged").sum())
        excluded[at] = int(cell["state"].isin(["failed", "cancelled"]).sum())
        if len(values):
            replicates[at] = values
            n[at], median[at], mean[at] = len(values), np.median(values), values.mean()
    trained = [at for at in replicates if n[at] > diverged[at]]
    best = min(trained, key=lambda at: (median[at], mean[at], at), default=None)
    standard_error = None
    within = np.zeros(shape, dtype=bool)
    if best is not None and n[best] > 1 and not diverged[best]:
        standard_error = float(replicates[best].std(ddof=1) / np.sqrt(n[best]))
        with np.errstate(invalid="ignore"):
            within = median <= median[best] + standard_error
    return SensitivityMap(
        x=x,
        y=y,
        xs=xs,
        ys=ys,
        measure=measure,
        median=median,
        mean=mean,
        n=n,
        diverged=diverged,
        excluded=excluded,
        best=best,
        standard_error=standard_error,
        within=within,
        fixed=dict(fixed or {}),
    )


def axes_of(space: Iterable[str]) -> tuple[str, str | None, list[str]]:
    """Return which varied hyperparameter goes on x, which on y, and which make panels."""
    names = list(space)
    x = "lr" if "lr" in names else names[0]
    rest = [name for name in names if name != x]
    y = next((name for name in ("p", "weight_decay") if name in rest), rest[0] if rest else None)
    return x, y, [name for name in rest if name != y]


def panels(trials: pd.DataFrame, x: str, y: str, others: Sequence[str], measure: Measure) -> list[SensitivityMap]:
    """Return one map for each combination of values of the other hyperparameters, or the one map there is."""
    if not others:
        return [sensitivity_map(trials, x, y, measure)]
    maps = []
    for values, part in trials.groupby(list(others)):
        fixed = dict(zip(others, numbers(values), strict=True))
        maps.append(sensitivity_map(part, x, y, measure, fixed))
    return maps


def numbers(key: Any) -> tuple[float, ...]:
    """Return the key of a group of rows as numbers."""
    return tuple(float(value) for value in key)


def _plain(matrix: Matrix) -> list[list[float | None]]:
    return [[None if np.isnan(value) else float(value) for value in row] for row in matrix]

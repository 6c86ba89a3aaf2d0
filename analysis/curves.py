"""Learning curves: one bundle for each pair of hyperparameter values, all seeds kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.maps import numbers


@dataclass(frozen=True, kw_only=True)
class CurveBundle:
    """The curves of one cell.

    Attributes
    ----------
    x, y
        Values of the two hyperparameters.
    epochs
        1, 2, ... up to the longest curve.
    train_loss, test_error
        ``[seed, epoch]``; NaN after the end of a curve that diverged.
    diverged
        ``[seed]``, whether the curve ends in divergence.
    """

    x: float
    y: float
    epochs: npt.NDArray[np.int64]
    train_loss: npt.NDArray[np.float64]
    test_error: npt.NDArray[np.float64]
    diverged: npt.NDArray[np.bool_]


def bundles(curves: pd.DataFrame, trials: pd.DataFrame, x: str, y: str) -> list[CurveBundle]:
    """Return the curves of every cell, ordered by y and x.

    Parameters
    ----------
    curves
        One row an epoch, with ``number``, ``epoch``, ``train_loss`` and ``test_error``: the deciding attempts.
    trials
        One row a trial in force, with ``number``, ``state``, ``x`` and ``y``. Complete and diverged ones are shown.
    x, y
        The hyperparameters.
    """
    shown = trials[trials["state"].isin(["complete", "diverged"])]
    by_number: dict[Any, pd.DataFrame] = dict(iter(curves.groupby("number")))
    found = []
    for values_of_cell, cell in shown.groupby([y, x]):
        y_value, x_value = numbers(values_of_cell)
        seeds = [by_number.get(int(number)) for number in cell["number"]]
        longest = max((int(rows["epoch"].max()) for rows in seeds if rows is not None), default=0)
        loss, error = (np.full((len(seeds), longest), np.nan) for _ in range(2))
        for row, rows in enumerate(seeds):
            if rows is not None:
                at = rows["epoch"].to_numpy(dtype=int) - 1
                loss[row, at] = rows["train_loss"].to_numpy(dtype=float)
                error[row, at] = rows["test_error"].to_numpy(dtype=float)
        found.append(
            CurveBundle(
                x=x_value,
                y=y_value,
                epochs=np.arange(1, longest + 1),
                train_loss=loss,
                test_error=error,
                diverged=(cell["state"] == "diverged").to_numpy(dtype=bool),
            )
        )
    return found


def median(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the median over the seeds that have an epoch, NaN where none has."""
    result = np.full(values.shape[1], np.nan)
    for epoch in range(values.shape[1]):
        known = values[~np.isnan(values[:, epoch]), epoch]
        if len(known):
            result[epoch] = np.median(known)
    return result

"""Learning curves: one bundle for each configuration shown, all seeds kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.maps import numbers

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Line:
    """One number over epochs: ``seeds`` is ``[seed, epoch]``, NaN after the end of a curve that diverged."""

    seeds: Matrix

    @cached_property
    def mean(self) -> Vector:
        """Mean over the seeds that have an epoch, NaN where none has."""
        middle: Vector = self._over_seeds(lambda known: [known.mean()])[0]
        return middle

    @cached_property
    def band(self) -> tuple[Vector, Vector]:
        """Lowest and highest value over the seeds that have an epoch, NaN where none has.

        The whole range, and no interval of a law: of a handful of seeds nothing more can be said.
        """
        low, high = self._over_seeds(lambda known: [known.min(), known.max()])
        return low, high

    def _over_seeds(self, numbers: Callable[[Vector], list[float]]) -> list[Vector]:
        rows = [numbers(Line._known(column)) for column in self.seeds.T]
        return [np.array(row, dtype=float) for row in zip(*rows, strict=True)] or [np.zeros(0)] * 2

    @staticmethod
    def _known(column: Vector) -> Vector:
        known: Vector = column[~np.isnan(column)]
        return known if len(known) else np.array([np.nan])


@dataclass(frozen=True, kw_only=True, eq=False)
class CurveBundle:
    """The curves of one configuration.

    Attributes
    ----------
    x, y
        Values of the hyperparameter that colours the lines and of the one that makes rows; None where none does.
    others
        Values of further hyperparameters that tell this bundle from its neighbours.
    epochs
        1, 2, ... up to the longest curve.
    train_loss
        Cross-entropy; None of a task without.
    metrics
        What is measured, by name.
    diverged
        ``[seed]``, whether the curve ends in divergence.
    """

    x: float
    y: float | None
    others: Mapping[str, float]
    epochs: npt.NDArray[np.int64]
    train_loss: Line | None
    metrics: Mapping[str, Line]
    diverged: npt.NDArray[np.bool_]

    @property
    def lines(self) -> dict[str, Line]:
        """All numbers, the train loss first, by the names of their columns."""
        return ({} if self.train_loss is None else {"train_loss": self.train_loss}) | dict(self.metrics)


def bundles(
    curves: pd.DataFrame,
    trials: pd.DataFrame,
    x: str,
    y: str | None,
    *,
    others: Sequence[str] = (),
    metrics: Sequence[str] = ("test_error",),
) -> list[CurveBundle]:
    """Return the curves of every configuration, ordered by y, x and the others.

    Parameters
    ----------
    curves
        One row an epoch, with ``number``, ``epoch``, what is measured and perhaps ``train_loss``: the deciding
        attempts.
    trials
        One row a trial in force, with ``number``, ``state`` and a column a hyperparameter. Complete and diverged ones
        are shown.
    x, y, others
        The hyperparameters that tell configurations apart.
    metrics
        What to take, in the order in which it is to be shown.
    """
    shown = trials[trials["state"].isin(["complete", "diverged"])]
    names = [*([] if y is None else [y]), x, *others]
    cells = shown.groupby(names)
    places = pd.DataFrame({"number": shown["number"], "cell": cells.ngroup(), "row": cells.cumcount()})
    by_cell: dict[Any, pd.DataFrame] = dict(iter(curves.merge(places, on="number").groupby("cell")))
    found = []
    for index, (values, cell) in enumerate(cells):
        point = dict(zip(names, numbers(values), strict=True))
        epochs = by_cell.get(index, pd.DataFrame(columns=[*curves.columns, "row"]))
        at = epochs["row"].to_numpy(dtype=int), epochs["epoch"].to_numpy(dtype=int) - 1
        longest = int(at[1].max(initial=-1)) + 1
        loss = ["train_loss"] if "train_loss" in curves.columns else []
        columns = {name: np.full((len(cell), longest), np.nan) for name in (*loss, *metrics)}
        for name, matrix in columns.items():
            matrix[at] = epochs[name].to_numpy(dtype=float)
        found.append(
            CurveBundle(
                x=point[x],
                y=None if y is None else point[y],
                others={name: point[name] for name in others},
                epochs=np.arange(1, longest + 1),
                train_loss=Line(columns["train_loss"]) if loss else None,
                metrics={name: Line(columns[name]) for name in metrics},
                diverged=(cell["state"] == "diverged").to_numpy(dtype=bool),
            )
        )
    return found

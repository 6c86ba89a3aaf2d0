"""The grid: one number over two hyperparameters, with every replicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.axes import NUMBER, Axis, named
from analysis.best import ELIGIBLE, order, standing
from analysis.measure import Measure, counted
from search_spaces.options import Value

Matrix = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Cell = tuple[int, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """One number over two hyperparameters.

    Attributes
    ----------
    x, y
        Names of the hyperparameters; ``y`` is None for a grid of one row.
    xs, ys
        Their values, ascending; ``[0]`` for ``ys`` of a grid of one row.
    seeds
        Replicates, ascending, those of the third axis.
    replicates
        ``[y, x, seed]``; NaN where a replicate has no outcome that counts, the worst value where it diverged.
    diverged, learned_nothing
        ``[y, x, seed]``: replicates that were not finite, and those that ended no better than guessing.
    pending, excluded
        ``[y, x]``: replicates still to come, and those left out (failed or cancelled).
    fixed
        Values of further hyperparameters, where the grid is one panel of several.
    axes
        How the values of ``x``, ``y`` and what is fixed are written; numbers where it does not say.
    sign
        -1 where higher values are better.
    """

    x: str
    y: str | None
    xs: Matrix
    ys: Matrix
    seeds: Counts
    replicates: Matrix
    diverged: Mask
    learned_nothing: Mask
    pending: Counts
    excluded: Counts
    fixed: Mapping[str, float] = field(default_factory=dict)
    axes: Mapping[str, Axis] = field(default_factory=dict)
    sign: float = 1.0

    @cached_property
    def n(self) -> Counts:
        """Replicates that count, ``[y, x]``."""
        found: Counts = np.isfinite(self.replicates).sum(axis=2)
        return found

    @cached_property
    def mean(self) -> Matrix:
        """Mean over the replicates that count, ``[y, x]``; NaN where none does."""
        total = np.where(np.isfinite(self.replicates), self.replicates, 0.0).sum(axis=2)
        return np.where(self.n > 0, total / np.maximum(self.n, 1), np.nan)

    @cached_property
    def best(self) -> Cell | None:
        """The best cell by the rule of :mod:`analysis.best`, None where no cell may be it."""
        return self.best_of(self.cells)

    @property
    def x_axis(self) -> Axis:
        """How the values of ``x`` are written."""
        return self.axes.get(self.x, NUMBER)

    @property
    def y_axis(self) -> Axis:
        """How the values of ``y`` are written."""
        return self.axes.get(str(self.y), NUMBER)

    @property
    def panel(self) -> dict[str, Value]:
        """What the grid holds fixed, as it is written."""
        return named(self.fixed, self.axes)

    @property
    def cells(self) -> list[Cell]:
        """Every cell, row by row."""
        return [(row, column) for row in range(len(self.ys)) for column in range(len(self.xs))]

    def best_of(self, cells: Sequence[Cell], mean: Matrix | None = None) -> Cell | None:
        """Return the best of some cells, by the same rule; by other means than its own, where some are given."""
        by = self.mean if mean is None else mean
        found = [cell for cell in cells if self.may_be_best(cell)]
        return min(found, key=lambda cell: order(self.sign * float(by[cell]), ELIGIBLE, cell), default=None)

    def may_be_best(self, cell: Cell) -> bool:
        """Tell whether a cell may be the best: all its replicates are in, and not all of them diverged."""
        return self._standing(cell) == ELIGIBLE

    def _standing(self, cell: Cell) -> int:
        return standing(n=int(self.n[cell]), diverged=int(self.diverged[cell].sum()), pending=int(self.pending[cell]))


def grid_of_trials(
    trials: pd.DataFrame,
    x: str,
    y: str | None,
    measure: Measure,
    fixed: Mapping[str, float] | None = None,
    axes: Mapping[str, Axis] | None = None,
) -> Grid:
    """Return the grid of a study's trials.

    Parameters
    ----------
    trials
        One row a trial in force, as :func:`analysis.measure.counted` takes them, with columns ``seed``, ``x``
        and ``y``.
    x, y
        Columns to map over; values are taken as they are, never binned.
    measure
        What to show.
    fixed
        Values of further hyperparameters that all these trials share, for the record.
    axes
        How values are written; numbers where None.
    """
    found = trials.dropna(subset=[x] if y is None else [x, y])
    seen = counted(found, measure)
    outcomes = found[["seed", x, *([] if y is None else [y])]].copy()
    outcomes["value"] = seen["value"].reindex(found.index)
    for name in ("diverged", "learned_nothing"):
        outcomes[name] = seen[name].reindex(found.index, fill_value=False).astype(bool)
    outcomes["pending"] = found["state"].isin(["waiting", "running"])
    outcomes["excluded"] = found["state"].isin(["failed", "cancelled"])
    return filled(outcomes, x, y, fixed, axes, measure.sign)


def grid_of_table(
    table: pd.DataFrame, x: str, y: str | None, value: str, *, seed: str | None = None, worst: float | None = None
) -> Grid:
    """Return the grid of any table of results.

    Parameters
    ----------
    table
        One row a training.
    x, y, value
        Columns; lower values are better, and an empty or not finite one is a training that diverged.
    seed
        Column of the replicate, whole numbers; where None, rows of one cell are replicates in the order in which they
        stand.
    worst
        The value a diverged training counts at; the largest finite one where None.

    Raises
    ------
    ValueError
        A cell has two rows of one seed, a seed is no whole number, or there is no finite value to count a diverged
        training at.
    """
    names = [x] if y is None else [x, y]
    found = table.dropna(subset=names)
    numbers = found[value].astype(float)
    lost = ~np.isfinite(numbers)
    if worst is None and lost.any():
        if lost.all():
            raise ValueError(f"column {value!r} must hold a finite number, or the worst value must be given")
        worst = float(numbers[~lost].max())
    outcomes = found[names].copy()
    outcomes["seed"] = found.groupby(names).cumcount() if seed is None else _whole(found[seed])
    outcomes["value"] = numbers.where(~lost, worst)
    outcomes["diverged"] = lost
    for name in ("learned_nothing", "pending", "excluded"):
        outcomes[name] = False
    return filled(outcomes, x, y, None, None)


def _whole(seeds: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(seeds, errors="coerce")
    wrong = seeds[~(numbers % 1 == 0)]
    if len(wrong):
        raise ValueError(f"column {seeds.name!r} must hold whole numbers, got {wrong.iloc[0]!r}")
    return numbers


def filled(
    outcomes: pd.DataFrame,
    x: str,
    y: str | None,
    fixed: Mapping[str, float] | None,
    axes: Mapping[str, Axis] | None,
    sign: float = 1.0,
) -> Grid:
    """Return the grid of outcomes: one row a replicate, with ``seed``, ``value`` (NaN where none counts) and marks.

    Raises
    ------
    ValueError
        A cell has two rows of one seed.
    """
    xs, columns = np.unique(outcomes[x].to_numpy(dtype=float), return_inverse=True)
    rows: Counts = np.zeros(len(outcomes), dtype=np.int64)
    ys = np.zeros(1)
    if y is not None:
        ys, rows = np.unique(outcomes[y].to_numpy(dtype=float), return_inverse=True)
    seeds, replicates = np.unique(outcomes["seed"].to_numpy(dtype=np.int64), return_inverse=True)
    at = rows, columns, replicates
    shape = (len(ys), len(xs), len(seeds))
    taken: Counts = np.zeros(shape, dtype=np.int64)
    np.add.at(taken, at, 1)
    if (taken > 1).any():
        raise ValueError("each cell must have one row a seed; name a column that tells its rows apart")
    values = np.full(shape, np.nan)
    values[at] = outcomes["value"].to_numpy(dtype=float)
    marks = {}
    for name in ("diverged", "learned_nothing", "pending", "excluded"):
        marks[name] = np.zeros(shape, dtype=bool)
        marks[name][at] = outcomes[name].to_numpy(dtype=bool)
    return Grid(
        x=x,
        y=y,
        xs=xs,
        ys=ys,
        seeds=seeds,
        replicates=values,
        diverged=marks["diverged"],
        learned_nothing=marks["learned_nothing"],
        pending=marks["pending"].sum(axis=2),
        excluded=marks["excluded"].sum(axis=2),
        fixed=dict(fixed or {}),
        axes=dict(axes or {}),
        sign=sign,
    )

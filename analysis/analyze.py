"""The analysis of any table of results: the measures of a report, for trainings that Basin has not run."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.errors import TableError
from analysis.foreign import grid_of, is_number
from analysis.grid import Grid
from analysis.measures import measured
from analysis.measures.number import Number
from analysis.measures.surface import Surface
from search_spaces.errors import shown


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """What a table says of how two of its columns work together.

    Attributes
    ----------
    x, y, value
        What the columns are called.
    grid
        Every replicate; rows without a value stand at the worst one.
    log
        Whether x is logarithmic, and y.
    worst
        What rows without a value count at; None where every row has one.
    numbers
        The measures, by name (:data:`analysis.measures.MEASURES`).
    """

    x: str
    y: str
    value: str
    grid: Grid
    log: tuple[bool, bool]
    worst: float | None
    numbers: Mapping[str, Number]

    @property
    def notes(self) -> list[str]:
        """What a reader should know of the numbers, in sentences."""
        grid, found = self.grid, []
        lost = int(grid.diverged.sum())
        if self.worst is not None:
            told = "row has" if lost == 1 else "rows have"
            found.append(f"{lost} {told} no value and count at {self.worst:g}, the worst")
        for name, values, log in ((self.x, grid.xs, self.log[0]), (self.y, grid.ys, self.log[1])):
            if not log and len(values) > 2 and (values > 0).all() and _geometric(values):
                found.append(f"{name} is taken as it is; its values grow by one factor, which --log {name} follows")
        shared = np.isfinite(grid.replicates).all(axis=(0, 1)).sum()
        if 0 < shared < len(grid.seeds):
            found.append(f"of {len(grid.seeds)} replicates {shared} are in every cell, and count")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the analysis as plain values."""
        grid = self.grid
        best = None
        if grid.best is not None:
            row, column = grid.best
            best = {
                "x": grid.x_axis.value(float(grid.xs[column])),
                "y": grid.y_axis.value(float(grid.ys[row])),
                "value": float(grid.mean[grid.best]),
                "n": int(grid.n[grid.best]),
            }
        return {
            "x": self.x,
            "y": self.y,
            "value": self.value,
            "log": [name for name, log in zip((self.x, self.y), self.log, strict=True) if log],
            "cells": int(grid.n.size),
            "diverged": int(grid.diverged.sum()),
            "best": best,
            **{name: number.to_dict() for name, number in self.numbers.items()},
            "notes": self.notes,
        }


def _geometric(values: Any) -> bool:
    """Tell whether values grow by one factor, and not by one step."""
    factors, steps = np.diff(np.log(values)), np.diff(values)
    return bool(np.allclose(factors, factors[0], rtol=0.1) and not np.allclose(steps, steps[0], rtol=0.1))


def analyze(  # noqa: PLR0913 - as its command has them
    table: pd.DataFrame,
    *,
    x: Hashable,
    y: Hashable,
    value: Hashable,
    seed: Hashable | None = None,
    log: Hashable | Iterable[Hashable] = (),
    direction: Literal["minimize", "maximize"] = "minimize",
    worst: float | None = None,
    start: float | str | None = None,
    tolerance: float | None = None,
) -> Analysis:
    """Measure how two columns of a table work together on a third.

    Parameters
    ----------
    table
        One row a training, in any order.
    x, y
        Columns of numbers, or of text, which has an order but no scale.
    value
        Column of the number that was measured; an empty, NaN or infinite one is a training that diverged.
    seed
        Column that tells the replicates of a cell apart, and has to; where None, rows of a cell are replicates in the
        order in which they stand, and cells are taken to share the first, the second, ...
    log
        Which of x and y are logarithmic.
    direction
        Which values are better.
    worst
        What a diverged training counts at; the worst value there is where None.
    start
        The y at which tuning starts (:mod:`analysis.measures.regret`); every one where None.
    tolerance
        By how much a cell may be worse than the best and lie in the basin (:mod:`analysis.measures.area`).

    Raises
    ------
    TableError
        A ``ValueError``: columns that are not there or hold what cannot be measured, with the row.

    Examples
    --------
    >>> found = basin.analyze(table, x="lr", y="p", value="error", seed="seed", log="lr")  # doctest: +SKIP
    >>> found.numbers["interaction_share"].value  # doctest: +SKIP
    0.41
    """
    if direction not in {"minimize", "maximize"}:
        raise TableError(f"direction must be minimize or maximize, got {shown(direction)}")
    sign = -1.0 if direction == "maximize" else 1.0
    given: Any = table  # grid_of refuses what is no table
    if isinstance(given, pd.DataFrame) and value in given.columns:
        table = table.replace({value: {np.inf: np.nan, -np.inf: np.nan}})
        worst = _worst(table, value, sign, worst)
    grid = grid_of(table, x, y, value, seed=seed, worst=worst, sign=sign)
    on = _logarithmic(grid, log, x, y)
    if tolerance is not None and not (is_number(tolerance) and np.isfinite(tolerance) and tolerance >= 0):
        raise TableError(f"tolerance must be a number of 0 or more, got {shown(tolerance)}")
    options: dict[str, dict[str, Any]] = {}
    if start is not None:
        options["coordinate_tuning_regret"] = {"start": _row(grid, start, y)}
    surface = Surface.of(grid, log=on, tolerance=tolerance)
    return Analysis(
        x=str(x),
        y=str(y),
        value=str(value),
        grid=grid,
        log=on,
        worst=worst if grid.diverged.any() else None,
        numbers=measured(surface, **options),
    )


def _worst(table: pd.DataFrame, value: Hashable, sign: float, worst: float | None) -> float | None:
    """Return what a row without a value counts at, where there is one."""
    column = table.loc[:, table.columns == value]
    if worst is not None or column.shape[1] > 1:
        return worst
    numbers = pd.to_numeric(column.iloc[:, 0], errors="coerce")
    if not numbers.isna().any() or numbers.isna().all():
        return None
    return float(sign * (sign * numbers).max())


def _logarithmic(grid: Grid, log: Hashable | Iterable[Hashable], x: Hashable, y: Hashable) -> tuple[bool, bool]:
    named = [log] if isinstance(log, str) or not isinstance(log, Iterable) else list(log)
    unknown = next((name for name in named if name not in {x, y}), None)
    if unknown is not None:
        raise TableError(f"log must name {shown(x)} or {shown(y)}, the columns of x and y, got {shown(unknown)}")
    for name, values, axis in ((x, grid.xs, grid.x_axis), (y, grid.ys, grid.y_axis)):
        if name in named and axis.choices:
            raise TableError(f"column {shown(name)} must hold numbers to be logarithmic, got text")
        if name in named and not (values > 0).all():
            raise TableError(f"column {shown(name)} must be above 0 to be logarithmic, got {values.min():g}")
    return x in named, y in named


def _row(grid: Grid, start: float | str, y: Hashable) -> int:
    """Return the row of a starting y."""
    values = [grid.y_axis.value(it) for it in grid.ys.tolist()]
    for row, value in enumerate(values):
        if value == start or (
            isinstance(value, float) and isinstance(start, float | int) and np.isclose(value, start)
        ):
            return row
    raise TableError(f"start must be a value of {shown(y)}, one of {shown(values)}, got {shown(start)}")

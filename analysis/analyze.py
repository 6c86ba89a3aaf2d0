"""The analysis of any table of results: the measures of a report, for trainings that Basin has not run."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.errors import TableError
from analysis.foreign import LINE, grid_of, is_number, place_of, unit_of
from analysis.grid import Grid, Mask
from analysis.measures import measured
from analysis.measures.number import Number
from analysis.measures.surface import SIZES, SPANS
from analysis.scales import CENSORED, LOGIT, RAW, SCALES, logits, surface_on
from search_spaces.errors import printable, shown


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """What a table says of how two of its columns work together.

    Attributes
    ----------
    x, y, value
        What the columns are called.
    unit
        Of the value, such as ``%``; empty where it has none.
    grid
        Every replicate; rows without a value stand at the worst one.
    log
        Whether x is logarithmic, and y.
    worst
        What rows without a value count at; None where every row has one.
    scale
        On which values were measured (:data:`analysis.scales.SCALES`); ``taken`` says how, if not as they are.
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
    scale: str = RAW
    taken: str = ""
    unit: str = ""

    @property
    def notes(self) -> list[str]:
        """What a reader should know of the numbers, in sentences."""
        grid, found = self.grid, []
        lost = int(grid.diverged.sum())
        if self.taken:
            found.append(f"on scale {self.scale} values are {self.taken}")
        if self.scale == CENSORED and lost:
            found.append("what has no value is no better than the worst: a bound, and not a value")
        if self.worst is not None:
            told = "row has" if lost == 1 else "rows have"
            counts = "counts" if lost == 1 else "count"
            found.append(f"{lost} {told} no value and {counts} at {self.worst:g}, the worst")
            told_values = grid.replicates[np.isfinite(grid.replicates) & ~grid.diverged]
            worse = int((grid.sign * told_values > grid.sign * self.worst).sum())
            if worse:
                found.append(f"{worse} of the values that are there {'is' if worse == 1 else 'are'} worse than that")
        for name, values, log in ((self.x, grid.xs, self.log[0]), (self.y, grid.ys, self.log[1])):
            if not log and len(values) > 2 and (values > 0).all() and _geometric(values):
                found.append(f"{name} is taken as it is; its values grow by one factor, which --log {name} follows")
            if log and (values == 0).any():
                found.append(f"{name} = 0 has no place on a logarithmic axis: slopes and canonical_rho leave it out")
        shared = int(self._shared.sum())
        if 0 < shared < len(grid.seeds):
            found.append(f"of {len(grid.seeds)} replicates {shared} are in every cell, and count")
        return found

    @property
    def _shared(self) -> Mask:
        """Which replicates every cell has."""
        return np.asarray(np.isfinite(self.grid.replicates).all(axis=(0, 1)))

    @property
    def _best(self) -> dict[str, Any] | None:
        """The best cell by the seeds that every cell has: what a seed does to all cells would choose among others."""
        grid, shared = self.grid, self._shared
        mean = grid.replicates[:, :, shared].mean(axis=2) if shared.any() else grid.mean
        best = grid.best_of(grid.cells, mean)
        if best is None:
            return None
        row, column = best
        return {
            "x": _plain(grid.x_axis.value(float(grid.xs[column]))),
            "y": _plain(grid.y_axis.value(float(grid.ys[row]))),
            "value": float(mean[best]),
            "n": int(shared.sum()) or int(grid.n[best]),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the analysis as plain values."""
        grid = self.grid
        return {
            "x": self.x,
            "y": self.y,
            "value": self.value,
            "unit": self.unit or None,
            "scale": self.scale,
            "log": [name for name, log in zip((self.x, self.y), self.log, strict=True) if log],
            "cells": int(grid.n.size),
            "diverged": int(grid.diverged.sum()),
            "best": self._best,
            **{name: number.to_dict() for name, number in self.numbers.items()},
            "notes": self.notes,
        }


def _plain(value: Any) -> Any:
    """Return a value of an axis without the backslashes that a figure needs before dollar signs."""
    return value.replace(r"\$", "$") if isinstance(value, str) else value


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
    scale: str = RAW,
    unit: str = "",
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
        What a diverged training counts at; the worst value there is where None. It cannot be better than every value.
    start
        The y at which tuning starts (:mod:`analysis.measures.regret`), as it is or as text; every one where None.
    tolerance
        By how much a cell may be worse than the best and lie in the basin (:mod:`analysis.measures.area`); not on
        scale logit, which has units of its own.
    scale
        ``raw``: values as they are, a diverged training at the worst. ``logit``: log odds of percentages and shares,
        logarithms of other positive values. ``censored``: what diverged is a bound (:mod:`analysis.scales`).
    unit
        Of the value, such as ``%`` or ``nats``. Scale logit takes log odds of ``%`` and logarithms of any other unit;
        where it is empty, the range of the values tells.

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
    for role, name in (("x", x), ("y", y), ("value", value), ("seed", seed)):
        if not isinstance(name, Hashable):
            raise TableError(f"{role} must name one column, got {shown(name)}")
    if seed is not None and seed in {x, y, value}:
        raise TableError(f"seed must be another column than x, y and value, got {shown(seed)}")
    sign = -1.0 if direction == "maximize" else 1.0
    given: Any = table  # grid_of refuses what is no table
    if isinstance(given, pd.DataFrame) and (given.columns == value).sum() == 1:
        refuse_words(table, value)
        table = table.replace({value: {np.inf: np.nan, -np.inf: np.nan}})
        worst = worst_of(table, value, sign, worst)
    grid = grid_of(table, x, y, value, seed=seed, worst=worst, sign=sign)
    on = _logarithmic(grid, log, x, y)
    _refuse_sizes(grid, on, {"x": x, "y": y, "value": value})
    if tolerance is not None and not (is_number(tolerance) and np.isfinite(tolerance) and tolerance >= 0):
        raise TableError(f"tolerance must be a number of 0 or more, got {shown(tolerance)}")
    percent = unit == "%" if unit else None
    taken = _taken(grid, scale, value, tolerance, percent)
    options: dict[str, dict[str, Any]] = {}
    if start is not None:
        options["coordinate_tuning_regret"] = {"start": _row(grid, start, y)}
    surface = surface_on(scale, grid, on, tolerance=tolerance, percent=percent)
    return Analysis(
        x=str(x),
        y=str(y),
        value=str(value),
        grid=grid,
        log=on,
        worst=worst if grid.diverged.any() else None,
        numbers=measured(surface, **options),
        scale=scale,
        taken=taken,
        unit=unit_of(unit),
    )


def _taken(grid: Grid, scale: str, value: Hashable, tolerance: float | None, percent: bool | None) -> str:
    """Return in words as what values are taken; refuse what a scale cannot be."""
    if scale not in SCALES:
        raise TableError(f"scale must be one of {', '.join(SCALES)}, got {shown(scale)}")
    if scale != LOGIT:
        return ""
    if tolerance is not None:
        raise TableError("tolerance is in the unit of the value, which scale logit has not; leave one of them out")
    found = logits(grid.replicates, percent=percent)
    if isinstance(found, str):
        raise TableError(f"column {printable(str(value))} has no scale logit: {found}")
    return found[1]


def refuse_words(table: pd.DataFrame, value: Hashable) -> None:
    """Refuse a column of text by the first word in it that is no number."""
    column, index = table[value].reset_index(drop=True), table.index
    if not (pd.api.types.is_object_dtype(column.dtype) or isinstance(column.dtype, pd.StringDtype)):
        return
    wrong = (pd.to_numeric(column, errors="coerce").isna() & column.notna()).to_numpy(dtype=bool)
    if wrong.any():
        row = int(wrong.argmax())
        where = place_of(index, row) + ("" if index.name == LINE else ", counted from 0")
        raise TableError(
            f"column {printable(str(value))} must hold numbers, or nothing where a training diverged, got "
            f"{shown(column.iloc[row])} in {where}"
        )


def _refuse_sizes(grid: Grid, log: tuple[bool, bool], names: Mapping[str, Hashable]) -> None:
    """Refuse numbers whose powers leave what a float can hold; the fitted quadratics multiply several of them."""
    values = grid.replicates[np.isfinite(grid.replicates)]
    sizes = [("value", float(np.abs(values).max(initial=0.0)), SIZES, "reach to a size")]
    for role, axis, places, on in (("x", grid.x_axis, grid.xs, log[0]), ("y", grid.y_axis, grid.ys, log[1])):
        if not axis.choices and not on:
            largest = float(np.abs(places).max())
            span = float(places[-1] / 2 - places[0] / 2) * 2 if largest < SPANS[1] else largest
            sizes.append((role, span, SPANS, "span a range"))
    for role, size, (low, high), what in sizes:
        if size and not low <= size <= high:
            raise TableError(
                f"column {printable(str(names[role]))} must {what} between {low:g} and {high:g}, got {size:g}; "
                "give it in another unit" + ("" if role == "value" else ", or make it logarithmic")
            )


def worst_of(table: pd.DataFrame, value: Hashable, sign: float, worst: float | None) -> float | None:
    """Return what a row without a value counts at, where there is one."""
    numbers = pd.to_numeric(table[value], errors="coerce")
    if not numbers.isna().any() or numbers.isna().all():
        return worst
    if worst is None:
        return float(sign * (sign * numbers).max())
    best = float(sign * (sign * numbers).min())
    if is_number(worst) and np.isfinite(worst) and sign * worst < sign * best:
        raise TableError(
            f"worst must not be better than every value of {printable(str(value))}, the best of which is {best:g}, "
            f"got {worst:g}; where {'lower' if sign < 0 else 'higher'} values are better, say so by the direction"
        )
    return worst


def _logarithmic(grid: Grid, log: Hashable | Iterable[Hashable], x: Hashable, y: Hashable) -> tuple[bool, bool]:
    named = [log] if isinstance(log, str) or not isinstance(log, Iterable) else list(log)
    unknown = next((name for name in named if name not in {x, y}), None)
    if unknown is not None:
        raise TableError(f"log must name {shown(x)} or {shown(y)}, the columns of x and y, got {shown(unknown)}")
    for name, values, axis in ((x, grid.xs, grid.x_axis), (y, grid.ys, grid.y_axis)):
        if name in named and axis.choices:
            raise TableError(f"column {shown(name)} must hold numbers to be logarithmic, got text")
        if name in named and not (values >= 0).all():
            raise TableError(f"column {shown(name)} must not be below 0 to be logarithmic, got {values.min():g}")
        if name in named and (values > 0).sum() < 2:
            raise TableError(
                f"column {shown(name)} must have two values above 0 to be logarithmic, got {values.tolist()}"
            )
    return x in named, y in named


def _row(grid: Grid, start: float | str, y: Hashable) -> int:
    """Return the row of a starting y."""
    values = [_plain(grid.y_axis.value(it)) for it in grid.ys.tolist()]
    number: Any = start
    if isinstance(start, str):
        with suppress(ValueError):  # it is text, then
            number = float(start)
    for row, value in enumerate(values):
        if is_number(value) and is_number(number):
            if np.isclose(value, number, rtol=1e-9, atol=0.0):
                return row
        elif str(value) == printable(str(start)):  # the axis keeps text as it can be shown
            return row
    raise TableError(f"start must be a value of {shown(y)}, one of {shown(values)}, got {shown(start)}")

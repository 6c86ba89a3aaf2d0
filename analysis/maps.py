"""Maps: a grid of values with its best cell, the candidates for it, and the best x of every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.axes import Axis
from analysis.candidates import Candidates, candidates
from analysis.grid import Grid, Matrix, grid_of_trials
from analysis.measure import Measure
from analysis.measures import measured
from analysis.measures.number import Number
from analysis.optima import Optimum, optima
from analysis.scales import LOGIT, OTHERS, RAW, SCALES, surface_on


@dataclass(frozen=True, kw_only=True, eq=False)
class SensitivityMap:
    """A measure over a grid of hyperparameters, and what can be said of it.

    Attributes
    ----------
    grid
        The values, all replicates.
    measure
        What they are.
    candidates
        Cells that may be the best; None where there are too few seeds to say.
    optima
        The best x of each row.
    log
        Whether x is measured on a logarithmic axis, and y.
    numbers
        What the map means, by the name of the measure (:data:`analysis.measures.MEASURES`); none in a single row.
    scales
        The same on the other scales (:mod:`analysis.scales`), by their names.
    """

    grid: Grid
    measure: Measure
    candidates: Candidates | None
    optima: tuple[Optimum, ...]
    log: tuple[bool, bool] = (False, False)
    numbers: Mapping[str, Number] = field(default_factory=dict)
    scales: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the map as plain values; an empty cell is None."""
        grid, found = self.grid, self.candidates
        return {
            "x": {"name": grid.x, "values": [grid.x_axis.value(x) for x in grid.xs.tolist()]},
            "y": None
            if grid.y is None
            else {"name": grid.y, "values": [grid.y_axis.value(y) for y in grid.ys.tolist()]},
            "seeds": grid.seeds.tolist(),
            "fixed": grid.panel,
            "mean": _plain(grid.mean),
            "values": [_plain(row) for row in grid.replicates],
            "n": grid.n.tolist(),
            "diverged": grid.diverged.sum(axis=2).tolist(),
            "learned_nothing": grid.learned_nothing.sum(axis=2).tolist(),
            "pending": grid.pending.tolist(),
            "excluded": grid.excluded.tolist(),
            "best": self._best(),
            "candidates": None
            if found is None
            else {
                "cells": found.cells.tolist(),
                "judged": found.judged.tolist(),
                "level": found.level,
                "seeds": found.seeds,
                "residual_deviation": found.deviation,
                "degrees_of_freedom": found.freedom,
            },
            "best_by_y": [
                ({} if optimum.y is None else {str(grid.y): grid.y_axis.value(optimum.y)})
                | {
                    grid.x: grid.x_axis.value(optimum.x),
                    "low": None if optimum.low is None else grid.x_axis.value(optimum.low),
                    "high": None if optimum.high is None else grid.x_axis.value(optimum.high),
                    "candidates": [grid.x_axis.value(x) for x in optimum.likely],
                    "by_seed": [grid.x_axis.value(x) for x in optimum.by_seed],
                    "edge": optimum.edge,
                    "mean": optimum.mean,
                    "n": optimum.n,
                }
                for optimum in self.optima
            ],
            "log": [name for name, log in zip((grid.x, grid.y), self.log, strict=True) if log],
            "left_out": self.left_out,
            "numbers": {name: number.to_dict() for name, number in self.numbers.items()},
            "scales": {
                scale: {name: number.to_dict() for name, number in numbers.items()}
                for scale, numbers in self.scales.items()
            },
        }

    @property
    def left_out(self) -> list[str]:
        """The axes of which slopes and rho leave out a 0, which has no place on a logarithmic one."""
        axes = ((self.grid.x, self.grid.xs, self.log[0]), (self.grid.y, self.grid.ys, self.log[1]))
        return [str(name) for name, values, log in axes if log and (values == 0).any()]

    def on(self, scale: str) -> Mapping[str, Number]:
        """Return the numbers on a scale."""
        return self.numbers if scale == RAW else self.scales.get(scale, {})

    def _best(self) -> dict[str, Any] | None:
        grid = self.grid
        if grid.best is None:
            return None
        row, column = grid.best
        return ({} if grid.y is None else {grid.y: grid.y_axis.value(float(grid.ys[row]))}) | {
            grid.x: grid.x_axis.value(float(grid.xs[column])),
            "mean": float(grid.mean[row, column]),
            "n": int(grid.n[row, column]),
            "diverged": int(grid.diverged[row, column].sum()),
        }


def sensitivity_map(grid: Grid, measure: Measure, log: tuple[bool, bool] = (False, False)) -> SensitivityMap:
    """Return the map of a grid of values; ``log`` says whether x and y are measured on logarithmic axes.

    Where an axis has a value of 0, slopes and rho leave it out, and all other numbers take it as it is.
    """
    log = log[0] and _has_scale(grid.xs), log[1] and _has_scale(grid.ys)
    known = measure.images is not None
    on = {
        scale: surface_on(
            scale,
            grid,
            log,
            percent=measure.metric.unit == "%",
            compared=measure.compared if known and scale == LOGIT else None,
        )
        for scale in (SCALES if grid.y is not None else ())
    }
    return SensitivityMap(
        grid=grid,
        measure=measure,
        candidates=candidates(grid, measure.compared),
        optima=optima(grid, measure.compared),
        log=log,
        numbers=measured(on[RAW]) if RAW in on else {},
        scales={scale: measured(on[scale]) for scale in OTHERS if scale in on},
    )


def panels(
    trials: pd.DataFrame,
    x: str,
    y: str | None,
    others: Sequence[str],
    measure: Measure,
    axes: Mapping[str, Axis] | None = None,
    log: tuple[bool, bool] = (False, False),
) -> list[SensitivityMap]:
    """Return one map for each combination of values of the other hyperparameters, or the one map there is."""
    if not others:
        return [sensitivity_map(grid_of_trials(trials, x, y, measure, axes=axes), measure, log)]
    maps = []
    for values, part in trials.groupby(list(others)):
        fixed = dict(zip(others, numbers(values), strict=True))
        maps.append(sensitivity_map(grid_of_trials(part, x, y, measure, fixed, axes), measure, log))
    return maps


def _has_scale(values: Matrix) -> bool:
    """Tell whether values can be measured on a logarithmic axis, 0 being left out."""
    return bool((values >= 0).all() and (values > 0).sum() > 1)


def numbers(key: Any) -> tuple[float, ...]:
    """Return the key of a group of rows as numbers."""
    return tuple(float(value) for value in key)


def _plain(matrix: Matrix) -> list[list[float | None]]:
    return [[None if np.isnan(value) else float(value) for value in row] for row in matrix]

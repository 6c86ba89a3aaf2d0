"""Optima: the best x for each y, with what its seeds say about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.candidates import Scale, candidates, lowest_third
from analysis.grid import Grid

Edge = Literal["lowest", "highest"]


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """The best x of one row of a grid.

    Attributes
    ----------
    row, column
        Its cell.
    y, x
        Values of the hyperparameters; ``y`` is None in a grid of one row.
    mean
        Of the best cell.
    n
        Replicates of it.
    low, high
        Lowest and highest x among the candidates for the best of this row, at 95 % (:mod:`analysis.candidates`); None
        below three seeds, and of choices, between which nothing lies.
    likely
        Every candidate.
    by_seed
        The best x of each seed on its own, of the seeds that have every cell of the row.
    edge
        Where the best x is the first or the last of the row's cells: the optimum may lie beyond the grid.
    """

    row: int
    column: int
    y: float | None
    x: float
    mean: float
    n: int
    low: float | None
    high: float | None
    likely: tuple[float, ...]
    by_seed: tuple[float, ...]
    edge: Edge | None


def optima(grid: Grid, compared: Scale) -> tuple[Optimum, ...]:
    """Return the best x of every row that has one, lowest y first; ``compared`` as :func:`candidates` takes it."""
    found = []
    rows = [[(row, column) for column in range(len(grid.xs))] for row in range(len(grid.ys))]
    # How trainings vary near the best of a row is estimated from all rows: three cells of one would say little.
    near = [cell for cells in rows for cell in lowest_third(grid, cells)]
    for row, cells in enumerate(rows):
        best = grid.best_of(cells)
        if best is None:
            continue
        column = best[1]
        among = candidates(grid, compared, cells, near)
        likely = [] if among is None else grid.xs[among.cells[row]].tolist()
        spans = bool(likely) and not grid.x_axis.choices
        found.append(
            Optimum(
                row=row,
                column=column,
                y=None if grid.y is None else float(grid.ys[row]),
                x=float(grid.xs[column]),
                mean=float(grid.mean[best]),
                n=int(grid.n[best]),
                low=min(likely) if spans else None,
                high=max(likely) if spans else None,
                likely=tuple(likely),
                by_seed=_by_seed(grid, row),
                edge=_edge(grid, row, column),
            )
        )
    return tuple(found)


def _by_seed(grid: Grid, row: int) -> tuple[float, ...]:
    values, diverged = grid.replicates[row], grid.diverged[row]
    whole = np.isfinite(values).all(axis=0) & ~diverged.all(axis=0)
    values = np.where(diverged, np.inf, grid.sign * values)
    return tuple(float(grid.xs[int(values[:, seed].argmin())]) for seed in np.flatnonzero(whole))


def _edge(grid: Grid, row: int, column: int) -> Edge | None:
    """Return at which end of the cells that have an outcome a column lies; one cell and choices have no ends."""
    known = np.flatnonzero(grid.n[row])
    if len(known) < 2 or grid.x_axis.choices:
        return None
    return "lowest" if column == known[0] else "highest" if column == known[-1] else None

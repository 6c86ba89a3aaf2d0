"""Candidates: which cells of a grid may be the best one, by paired comparison over seeds.

Seeds are shared by all cells (the same initial weights, order and augmentation), so that what a seed does to every
cell drops out of a difference of cells. An error of k among n images becomes y = log((k + 1/2) / (n - k + 1/2)), on
which scale trainings near the best vary alike; a metric that is no share of images has the scale it declares, y its
logarithm or itself. y is taken to be cell + seed + residual; the residual mean square s2
is that of the lowest third of the cells, where the comparison is made. A cell is a candidate unless its mean of y,
over the m seeds that it shares with the best cell, is higher by more than ``d * sqrt(2 * s2 / m)``, d being Dunnett's
one-sided critical value for all cells compared. That is the set of Hsu's multiple comparisons with the best: it holds
the true best with at least the level, as far as the model holds.

Sources: C. W. Dunnett, JASA 50, 1955, doi:10.1080/01621459.1955.10501294; J. C. Hsu, Ann. Statist. 9(5), 1981,
doi:10.1214/aos/1176345579.

Under noise that the model does not know (``benchmarks/candidates.py``: five kinds of it, 400 draws each, 45 cells,
three seeds) the candidates held the true best in 98.8 to 100 % of the draws, the intervals of rows in 99.3 to 99.7 %:
both are wider than they had to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.dunnett import critical_value
from analysis.grid import Cell, Grid, Mask, Matrix

Scale = Callable[[Matrix], Matrix]

LEVEL = 0.95
FEWEST_SEEDS = 3
"""Of two seeds nothing can be said: a difference of two has one degree of freedom."""

SHARE = 3
"""One cell in so many, the lowest ones, gives the residual mean square."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """The cells that may be the best.

    Attributes
    ----------
    cells
        ``[y, x]``; the best one is among them.
    judged
        ``[y, x]``: cells that were compared, the best one included. The others lack seeds or outcomes.
    level
        The set holds the true best at least so often.
    seeds
        Replicates of the best cell.
    deviation
        Residual standard deviation of y, of one training.
    freedom
        Its degrees of freedom.
    """

    cells: Mask
    judged: Mask
    level: float
    seeds: int
    deviation: float
    freedom: int


def candidates(
    grid: Grid, compared: Scale, among: Sequence[Cell] | None = None, near: Sequence[Cell] | None = None
) -> Candidates | None:
    """Return the candidates for the best cell, None where there are too few replicates to say.

    Parameters
    ----------
    grid
        Of values.
    compared
        Puts values on the scale of y, lower being better (:meth:`analysis.measure.Measure.compared`).
    among
        The cells to compare; all of them where None.
    near
        The cells whose residuals tell how trainings vary; :func:`lowest_third` of those compared where None.
    """
    eligible = [cell for cell in (grid.cells if among is None else among) if grid.may_be_best(cell)]
    best = grid.best_of(eligible)
    if best is None:
        return None
    known = np.isfinite(grid.replicates)
    seeds = int(known[best].sum())
    scaled = compared(grid.replicates)
    residual = _residual(scaled, lowest_third(grid, eligible) if near is None else near)
    if seeds < FEWEST_SEEDS or residual is None:
        return None
    mean_square, freedom = residual
    judged, cells = np.zeros(grid.n.shape, dtype=bool), np.zeros(grid.n.shape, dtype=bool)
    judged[best] = cells[best] = True
    shared = {cell: known[best] & known[cell] for cell in eligible if cell != best}
    shared = {cell: both for cell, both in shared.items() if both.sum() >= FEWEST_SEEDS}
    bound = critical_value(len(shared), freedom, LEVEL) if shared else 0.0
    for cell, both in shared.items():
        difference = float((scaled[cell] - scaled[best])[both].mean())
        judged[cell] = True
        cells[cell] = difference <= bound * np.sqrt(2.0 * mean_square / both.sum()) + 1e-12
    return Candidates(
        cells=cells,
        judged=judged,
        level=LEVEL,
        seeds=seeds,
        deviation=float(np.sqrt(mean_square)),
        freedom=freedom,
    )


def lowest_third(grid: Grid, cells: Sequence[Cell]) -> list[Cell]:
    """Return the lowest third of those cells that have every seed and lost none, at least three where there are."""
    whole = [cell for cell in cells if np.isfinite(grid.replicates[cell]).all() and not grid.diverged[cell].any()]
    whole.sort(key=lambda cell: (grid.sign * float(grid.mean[cell]), cell))
    return whole[: max(SHARE, -(-len(whole) // SHARE))]


def _residual(scaled: Matrix, near: Sequence[Cell]) -> tuple[float, int] | None:
    """Return the residual mean square of cell + seed and its degrees of freedom, None where there are none."""
    seeds = scaled.shape[2]
    freedom = (len(near) - 1) * (seeds - 1)
    if freedom < 1 or seeds < FEWEST_SEEDS:
        return None
    table = np.array([scaled[cell] for cell in near])
    residuals = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0, keepdims=True) + table.mean()
    return float((residuals**2).sum() / freedom), freedom

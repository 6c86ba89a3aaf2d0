"""What was trained: cells and seeds, fitted to the replicates that there are.

A value is taken to be cell + seed + residual. Where a replicate is lost, because its training diverged or learned
nothing, what its seed does to every cell no longer drops out of the mean of its cell; cells and seeds are then fitted
together by least squares, which compares each cell with the others at the seeds that it has. Seeds sum to 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.grid import Mask, Matrix

RANK = 1e-9
"""Share of the largest eigenvalue below which a difference of seeds is seen in no cell."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Cells and seeds of a table.

    Attributes
    ----------
    cells
        Each at the mean of all seeds, ``[cell]``; NaN where every replicate was lost.
    seeds
        What each adds, ``[seed]``.
    squares, freedom
        Sum of the squared residuals, and its degrees of freedom.
    spread
        Variance of each cell, in units of that of a replicate, ``[cell]``.
    """

    cells: Matrix
    seeds: Matrix
    squares: float
    freedom: int
    spread: Matrix


def fitted(values: Matrix, lost: Mask) -> Fit:
    """Return the cells and seeds of ``[cell, seed]`` values of which some were lost."""
    there = (~lost).astype(float)
    count, seeds = there.sum(axis=1), values.shape[1]
    share = there / np.maximum(count, 1.0)[:, None]
    # Normal equations of the seeds, cells being taken out of them.
    square = np.diag(there.sum(axis=0)) - there.T @ share
    kept = np.where(lost, 0.0, values)
    means = (share * kept).sum(axis=1)
    inverse = np.linalg.pinv(square, rcond=RANK, hermitian=True)
    effects = inverse @ (there * (kept - means[:, None])).sum(axis=0)
    effects -= effects.mean()
    cells = means - share @ effects
    rest = there * (kept - cells[:, None] - effects)
    away = share - 1.0 / seeds
    trained = count > 0
    rank = int(np.linalg.matrix_rank(square, tol=RANK * max(float(np.abs(square).max()), 1.0), hermitian=True))
    return Fit(
        cells=np.where(trained, cells, np.nan),
        seeds=effects,
        squares=float((rest**2).sum()),
        freedom=int(there.sum()) - int(trained.sum()) - rank,
        spread=1.0 / np.maximum(count, 1.0) + np.einsum("ci,ij,cj->c", away, inverse, away),
    )

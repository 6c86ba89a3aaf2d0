"""How well an early epoch foretells the last one: the rank correlation over configurations, with its interval.

Stopping trials early is sound where the order of the configurations is there early. The correlation over all of them
is high wherever some are hopeless; that among the best third is what a choice depends on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from analysis.findings import ArmFindings
from analysis.measure import COUNTED

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

FEWEST = 8
"""Configurations below which a rank correlation says nothing."""

MOST = 2_000
"""Trials whose curves are read at the most: of more, the configurations are evenly chosen."""

DRAWS = 500
SEED = 20_190_101


@dataclass(frozen=True, kw_only=True, eq=False)
class Foretold:
    """What the epochs of an arm foretell.

    Attributes
    ----------
    epochs
        1, 2, ..., the budget.
    values
        ``[configuration, epoch]``: means over seeds, a seed at the worst from the epoch in which it diverged.
    correlation, low, high
        Spearman's correlation of each epoch with the last over all configurations, and its 95 % interval.
    best, best_low, best_high
        The same among the third of the configurations that is best in the last epoch; None where those are too few.
    among
        Configurations of that third; more where several tie for its last place.
    chosen, total
        Configurations that were read, of how many.
    """

    epochs: npt.NDArray[np.int64]
    values: Matrix
    correlation: Vector
    low: Vector
    high: Vector
    best: Vector | None
    best_low: Vector | None
    best_high: Vector | None
    among: int
    chosen: int
    total: int


def foretold(arm: ArmFindings) -> Foretold | None:
    """Return what the epochs of an arm foretell, None where there are too few of them or of its configurations.

    The interval is the 2.5 to 97.5 % range over 500 bootstrap samples of the configurations: it says how far the
    number depends on which configurations were tried. The seeds of a configuration stay together.
    """
    measure, ranks = arm.measures[0], arm.rankings[0]
    full = ranks[(ranks["pending"] == 0)]
    if arm.arm.epochs < 3 or len(full) < FEWEST:
        return None
    most = max(FEWEST, MOST // max(arm.arm.seeds, 1))
    picked = np.unique(np.linspace(0, len(full) - 1, min(most, len(full))).round().astype(int))
    cells = full.iloc[picked][arm.space].assign(cell=np.arange(len(picked)))
    trials = arm.in_force[arm.in_force["state"].isin(COUNTED)].merge(cells, on=arm.space)
    curves = arm.material.curves(trials["number"].tolist())
    if curves.empty or measure.metric.name not in curves:
        return None
    values = _values(trials, curves, measure.metric.name, measure.worst, arm.arm.epochs)
    if values is None:
        return None
    values = measure.sign * values
    middle, low, high = _correlation(values)
    third = values[_third(values[:, -1])]
    best = _correlation(third) if len(values) // 3 >= FEWEST else (None, None, None)
    return Foretold(
        epochs=np.arange(1, arm.arm.epochs + 1),
        values=measure.sign * values,
        correlation=middle,
        low=low,
        high=high,
        best=best[0],
        best_low=best[1],
        best_high=best[2],
        among=len(third),
        chosen=len(values),
        total=len(ranks),
    )


def _third(last: Vector) -> npt.NDArray[np.bool_]:
    """Return which third has the lowest values, and what ties with the last of it: no order of rows decides."""
    bound = np.sort(last)[max(len(last) // 3 - 1, 0)]
    found: npt.NDArray[np.bool_] = last <= bound
    return found


def _values(trials: pd.DataFrame, curves: pd.DataFrame, metric: str, worst: float, epochs: int) -> Matrix | None:
    """Return ``[configuration, epoch]`` of those that have a whole curve, None without enough of them."""
    numbers = trials["number"].to_numpy()
    rows = pd.Series(np.arange(len(numbers)), index=numbers)
    known = curves[(curves["epoch"] >= 1) & (curves["epoch"] <= epochs) & curves["number"].isin(numbers)]
    matrix = np.full((len(numbers), epochs), np.nan)
    at = rows.loc[known["number"]].to_numpy(), known["epoch"].to_numpy(dtype=int) - 1
    matrix[at] = known[metric].to_numpy(dtype=float)
    gone = (trials["state"] == "diverged").to_numpy()
    matrix[gone] = np.where(np.isnan(matrix[gone]), worst, matrix[gone])
    cells, places = np.unique(trials["cell"].to_numpy(), return_inverse=True)
    found: Matrix = np.zeros((len(cells), epochs))
    np.add.at(found, places, matrix)  # NaN where a seed lacks an epoch
    found /= np.bincount(places)[:, None]
    found = found[np.isfinite(found).all(axis=1)]
    return found if len(found) >= FEWEST else None


def _correlation(values: Matrix) -> tuple[Vector, Vector, Vector]:
    """Return Spearman's correlation of each column with the last, and its interval."""
    generator = np.random.default_rng(SEED)
    n = len(values)
    samples = generator.integers(0, n, size=(DRAWS, n))
    drawn = np.stack([spearman(values[sample]) for sample in samples])
    known = np.where(np.isnan(drawn), 0.0, drawn)  # a sample in which all are equal foretells nothing
    low, high = np.quantile(known, [0.025, 0.975], axis=0)
    return spearman(values), low, high


def spearman(values: Matrix) -> Vector:
    """Return the rank correlation of each column with the last, ties at their mean rank; NaN of a constant column."""
    ranks = rankdata(values, axis=0)
    centred = ranks - ranks.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    products = lengths * lengths[-1]
    found: Vector = np.where(products > 0, centred.T @ centred[:, -1] / np.where(products > 0, products, 1.0), np.nan)
    return found

"""Sobol' indices of a fitted surface, through SALib: what hyperparameters do to a value alone, in all, and in pairs.

The surface is a random forest through the configurations; the indices are of it, over a box of what was tried, and no
better than its fit. First: the share of the variance that is a function of one alone. Total: of everything that it
takes part in. Pair: of two together beyond what each does alone. Sources: I. M. Sobol', Math. Comput. Simul. 55(1-3),
2001, doi:10.1016/S0378-4754(00)00270-6; A. Saltelli, Comput. Phys. Commun. 145(2), 2002,
doi:10.1016/S0010-4655(02)00280-1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from SALib.analyze import sobol
from SALib.sample import sobol as sampling
from sklearn.ensemble import RandomForestRegressor

from analysis.grid import Matrix

SAMPLES = 256
"""Of the base sequence, a power of two; the surface is asked at 2 d + 2 times as many points."""

FEWEST = 2
"""Configurations of a leaf."""

TREES = 64
"""Of the forest whose fit is told: each configuration is unseen by a third of them."""


class Surrogate:
    """The surface, asked at the same points each time.

    Parameters
    ----------
    points
        ``[row, hyperparameter]``: their range is the box.
    choices
        Whether a hyperparameter is a choice, whose coordinates are places.
    """

    def __init__(self, points: Matrix, choices: Sequence[bool]) -> None:
        half = np.where(choices, 0.5, 0.0)
        bounds = np.column_stack([points.min(axis=0) - half, points.max(axis=0) + half])
        self._problem = {
            "num_vars": points.shape[1],
            "names": [str(place) for place in range(points.shape[1])],
            "bounds": bounds.tolist(),
        }
        asked: Matrix = sampling.sample(self._problem, SAMPLES, calc_second_order=True, seed=0)
        whole = np.clip(np.round(asked), points.min(axis=0), points.max(axis=0))
        self._asked = np.where(choices, whole, asked)

    def indices(self, points: Matrix, values: Matrix, trees: int) -> tuple[Matrix, Matrix, Matrix]:
        """Return the first and the total index of each hyperparameter, and ``[one, other]`` of pairs; NaN if flat."""
        forest = RandomForestRegressor(trees, min_samples_leaf=FEWEST, random_state=0).fit(points, values)
        there = forest.predict(self._asked)
        count = points.shape[1]
        if np.ptp(there) <= 0.0:
            return np.full(count, np.nan), np.full(count, np.nan), np.full((count, count), np.nan)
        # Its own intervals are of the sequence alone; those that are told resample the configurations.
        found = sobol.analyze(self._problem, there, calc_second_order=True, num_resamples=2, seed=0)
        return np.asarray(found["S1"]), np.asarray(found["ST"]), np.asarray(found["S2"])

    @staticmethod
    def fit(points: Matrix, values: Matrix) -> float:
        """Return the share of the variance that a forest predicts of rows that it has not seen, 1 at the most."""
        forest = RandomForestRegressor(TREES, min_samples_leaf=FEWEST, random_state=0, oob_score=True).fit(
            points, values
        )
        return float(forest.oob_score_)

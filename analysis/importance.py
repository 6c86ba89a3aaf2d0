"""Importances through Optuna: which hyperparameters decide a value, where there is no grid.

fANOVA: the share of the variance of a fitted forest that is a function of one hyperparameter alone. PED-ANOVA: how
differently one lies among the best tenth than among all, as its share of the sum over hyperparameters. Both see
coordinates as they are given: Optuna's own fANOVA takes a learning rate on a linear axis, and credits the others with
what it cannot see there. Sources: F. Hutter, H. Hoos and K. Leyton-Brown, ICML 2014 (PMLR 32); S. Watanabe, A. Bansal
and F. Hutter, IJCAI 2023, arXiv:2304.10255. The only module of this package that speaks Optuna.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator
from optuna.trial import FrozenTrial, create_trial

from analysis.grid import Matrix

Rows = npt.NDArray[np.int64]

DEPTH = 6
"""Of the trees: at most 64 leaves, whatever the number of configurations."""


class _Range(FloatDistribution):
    """A distribution that nobody changes: Optuna copies it with every trial, which takes most of the time."""

    def __deepcopy__(self, memo: object) -> _Range:
        return self


class _Places(CategoricalDistribution):
    """The same of a choice."""

    def __deepcopy__(self, memo: object) -> _Places:
        return self


class Sample:
    """Configurations with their values, as Optuna sees them; rows are drawn from it many times.

    Parameters
    ----------
    points
        ``[row, hyperparameter]``, each on its own scale; a choice as its place.
    values
        Lower is better.
    choices
        Whether a hyperparameter is a choice.
    """

    def __init__(self, points: Matrix, values: Matrix, choices: Sequence[bool]) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        distributions = {str(place): _distribution(points[:, place], choice) for place, choice in enumerate(choices)}
        self._names = list(distributions)
        self._trials: list[FrozenTrial] = [
            create_trial(
                params={
                    name: int(at) if choice else float(at)
                    for name, at, choice in zip(self._names, row, choices, strict=True)
                },
                distributions=distributions,
                value=float(value),
            )
            for row, value in zip(points.tolist(), values.tolist(), strict=True)
        ]

    def drawn(self, rows: Rows) -> optuna.Study:
        """Return a study of some rows."""
        study = optuna.create_study()
        study.add_trials([self._trials[row] for row in rows.tolist()])
        return study

    def fanova(self, study: optuna.Study, trees: int) -> Matrix:
        """Return the share of each hyperparameter alone in the variance, in [0, 1]."""
        return self._ordered(FanovaImportanceEvaluator(n_trees=trees, max_depth=DEPTH, seed=0).evaluate(study))

    def ped_anova(self, study: optuna.Study) -> Matrix:
        """Return each hyperparameter's share of what tells the best tenth apart; NaN where nothing does."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            found = self._ordered(PedAnovaImportanceEvaluator().evaluate(study))
        total = float(found.sum())
        shares: Matrix = found / total if total > 0.0 else np.full(len(found), np.nan)
        return shares

    def _ordered(self, found: Mapping[str, float]) -> Matrix:
        return np.array([found[name] for name in self._names], dtype=float)


def _distribution(values: Matrix, choice: bool) -> BaseDistribution:
    if choice:
        return _Places(tuple(int(it) for it in np.unique(values)))
    return _Range(float(values.min()), float(values.max()))

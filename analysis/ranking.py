"""The ranking: every configuration with its value over seeds, best first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.axes import reading_order
from analysis.best import ELIGIBLE, order, standing
from analysis.measure import Measure, counted


def ranking(trials: pd.DataFrame, names: Sequence[str], measure: Measure) -> pd.DataFrame:
    """Return one row a configuration that has an outcome, best first by the rule of :mod:`analysis.best`.

    Parameters
    ----------
    trials
        One row a trial in force, as :func:`analysis.measure.counted` takes them.
    names
        The hyperparameters that tell configurations apart.
    measure
        What to rank by.

    Returns
    -------
    pandas.DataFrame
        The columns ``names``, then ``mean`` over seeds, ``standard_error`` of the mean (NaN for one seed), ``n``, the
        seeds counted, of them ``diverged`` and ``learned_nothing``, ``pending`` seeds, and ``standing``: only rows
        where it is :data:`~analysis.best.ELIGIBLE` may be the best.
    """
    names = list(names)
    found = counted(trials, measure)
    rows = found.groupby(names, as_index=False).agg(
        mean=("value", "mean"),
        deviation=("value", "std"),
        n=("value", "size"),
        diverged=("diverged", "sum"),
        learned_nothing=("learned_nothing", "sum"),
    )
    open_trials = trials[trials["state"].isin(["waiting", "running"])]
    pending = open_trials.groupby(names, as_index=False).agg(pending=("state", "size"))
    rows = rows.merge(pending, on=names, how="left").fillna({"pending": 0}).astype({"pending": int})
    rows["standard_error"] = rows.pop("deviation") / np.sqrt(rows["n"].astype(float))
    rows["standing"] = [
        standing(n=int(n), diverged=int(gone), pending=int(left))
        for n, gone, left in zip(rows["n"], rows["diverged"], rows["pending"], strict=True)
    ]
    places = rows[reading_order(names)].itertuples(index=False, name=None)
    keys = [order(*key) for key in zip(measure.sign * rows["mean"], rows["standing"], places, strict=True)]
    rows = rows.iloc[sorted(range(len(rows)), key=keys.__getitem__)].reset_index(drop=True)
    columns = ("mean", "standard_error", "n", "diverged", "learned_nothing", "pending", "standing")
    return rows[[*names, *columns]]


def best_of_ranking(ranks: pd.DataFrame) -> pd.Series | None:
    """Return the best row of a ranking, None where no configuration may be the best."""
    if ranks.empty or int(ranks.iloc[0]["standing"]) != ELIGIBLE:
        return None
    return ranks.iloc[0]

"""The ranking: every configuration with its error over seeds, best first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.maps import Measure, axes_of, counted


def ranking(trials: pd.DataFrame, names: Sequence[str], measure: Measure) -> pd.DataFrame:
    """Return one row a configuration, best first.

    Parameters
    ----------
    trials
        One row a trial in force.
    names
        The hyperparameters that tell configurations apart.
    measure
        What to rank by.

    Returns
    -------
    pandas.DataFrame
        The columns ``names``, then ``median`` and ``mean`` over seeds, ``standard_error`` of the mean (NaN for one
        seed), ``n`` seeds counted, and ``diverged``, those of them that diverged. Ties in the median go to the lower
        mean, then to the configuration that comes first on a map. Configurations without a complete trial come last.
    """
    x, y, others = axes_of(names)
    order = [*others, *([] if y is None else [y]), x]
    found = counted(trials, measure)
    found["gone"] = found["state"] == "diverged"
    rows = found.groupby(order, as_index=False).agg(
        median=("error", "median"),
        mean=("error", "mean"),
        deviation=("error", "std"),
        n=("error", "size"),
        diverged=("gone", "sum"),
    )
    rows["standard_error"] = rows.pop("deviation") / np.sqrt(rows["n"].astype(float))
    rows["untrained"] = rows["diverged"] == rows["n"]
    rows = rows.sort_values(["untrained", "median", "mean", *order], ignore_index=True)
    return rows[[*names, "median", "mean", "standard_error", "n", "diverged"]]

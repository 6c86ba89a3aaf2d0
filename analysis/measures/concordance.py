"""The concordance of the rows: whether every y ranks the values of x alike.

Kendall's W of the ranks of x in each row, ties sharing theirs: 1 where all rows agree, near 0 where they do not.
Noise alone lowers it, and no interval is calibrated for it: it describes. Source: M. G. Kendall and B. Babington
Smith, Ann. Math. Statist. 10(3), 1939, doi:10.1214/aoms/1177732186.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from analysis.measures.number import Number
from analysis.measures.surface import Surface, levels_of


def rank_concordance(surface: Surface) -> Number:
    """Return Kendall's W of the rows, in [0, 1]."""
    ranks = stats.rankdata(np.array([levels_of(row, surface.smallest) for row in surface.mean]), axis=1)
    rows, columns = ranks.shape
    ties = 0.0
    for row in ranks:
        counts = np.unique(row, return_counts=True)[1].astype(float)
        ties += float((counts**3 - counts).sum())
    most = rows**2 * (columns**3 - columns) - rows * ties
    n = surface.n
    if most <= 0.0:
        return Number(value=None, n=n, reason="in every row all cells have the same value")
    sums = ranks.sum(axis=0)
    return Number(value=12.0 * float(((sums - sums.mean()) ** 2).sum()) / most, n=n)

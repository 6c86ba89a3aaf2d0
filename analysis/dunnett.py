"""Dunnett's critical value: how far the largest of several differences with one common cell goes by chance.

C. W. Dunnett: A multiple comparison procedure for comparing several treatments with a control, JASA 50, 1955,
doi:10.1080/01621459.1955.10501294.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import optimize, special, stats

NODES = 96
"""Nodes of each of the two quadratures; twice as many move no value by more than 1e-4."""


@lru_cache(maxsize=256)
def critical_value(comparisons: int, freedom: int, level: float) -> float:
    """Return d with P(max_j T_j <= d) = level, one-sided.

    Parameters
    ----------
    comparisons
        Number of differences, >= 1; they share the control, and are correlated by 1/2.
    freedom
        Degrees of freedom of the common variance, >= 1.
    level
        In (0, 1).
    """
    if comparisons < 1 or freedom < 1 or not 0 < level < 1:
        raise ValueError(f"need comparisons >= 1, freedom >= 1, 0 < level < 1; got {comparisons}, {freedom}, {level}")
    alone = float(stats.t.ppf(level, freedom))
    if comparisons == 1:
        return alone
    # The control's own deviation z and the estimate s of the scale are integrated over.
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    share = (nodes + 1.0) / 2.0
    z = special.ndtri(share)
    s = np.sqrt(2.0 * special.chdtri(freedom, 1.0 - share) / freedom)

    def excess(d: float) -> float:
        inner = special.ndtr(d * s[:, None] + z[None, :]) ** comparisons
        return float(weights @ inner @ weights / 4.0) - level

    highest = float(stats.t.ppf(1 - (1 - level) / comparisons, freedom)) + 1e-9  # Bonferroni
    found: float = optimize.brentq(excess, alone, highest)
    return found

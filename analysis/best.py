"""The one rule for "best", used by the command line, the maps and the report.

The best configuration has the lowest mean error over its seeds, a diverged seed counted at the error of guessing. All
its seeds are in (failed and cancelled ones left out), and not all of them diverged. Means that agree to nine decimals
are equal, and the configuration that a report reads first wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

DECIMALS = 9

ELIGIBLE, UNFINISHED, LOST = 0, 1, 2
"""Configurations that may be the best; those with seeds still to be trained; those that lost every seed."""


def standing(*, n: int, diverged: int, pending: int) -> int:
    """Return whether a configuration may be the best.

    Parameters
    ----------
    n
        Seeds with an outcome that counts, diverged ones included.
    diverged
        Those of them that diverged.
    pending
        Seeds still to be trained.
    """
    if pending or not n:
        return UNFINISHED
    return LOST if diverged == n else ELIGIBLE


def order(mean: float, standing: int, place: Sequence[float]) -> tuple[Any, ...]:
    """Return the key by which configurations are sorted, best first; ``place`` decides between equal ones."""
    return standing, round(mean, DECIMALS), *place

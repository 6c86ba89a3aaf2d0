"""The one rule for "best", used by the command line, the maps and the report.

The best configuration has the lowest mean over its seeds, the highest where the metric is to be maximised; a diverged
seed counts at the value of guessing, or the worst. All its seeds are in (failed and cancelled ones left out), and not
all of them diverged. Means that agree to ten digits are equal, and the one that a report reads first wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from search_spaces.domains import significant

DIGITS = 10
"""Significant digits by which means differ: an excess may be 1e-20."""

ELIGIBLE, UNFINISHED, LOST = 0, 1, 2
"""Configurations that may be the best; those with seeds still to be trained; those that lost every seed."""


def sign_of(direction: str) -> float:
    """Return what a metric is multiplied by so that lower is better."""
    return -1.0 if direction == "maximize" else 1.0


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
    """Return the key by which configurations are sorted, best first; ``place`` decides between equal ones.

    Of a metric that is to be maximised ``mean`` is its negative.
    """
    return standing, significant(mean, DIGITS), *place

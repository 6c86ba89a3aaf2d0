"""Fates: which faults happen, drawn from the seed and counted."""

from __future__ import annotations

from collections import Counter
from random import Random

ODDS = {
    # at a commit
    "error before commit": 0.05,
    "error after commit": 0.05,
    "killed before commit": 0.025,
    "killed after commit": 0.025,
    # at a statement, or between two transactions
    "killed in a transaction": 0.004,
    "store busy": 0.04,
    "store away": 0.01,
    "process paused": 0.015,
    # of a report, which is larger than a renewal: that may pass where this does not
    "reports not written": 0.1,
    # of a worker, a ticket
    "worker died": 0.15,
    "worker slow": 0.08,
    "worker hung": 0.1,
    "worker hung among several trials": 0.4,
    # of a message
    "message late": 0.12,
    "message lost": 0.05,
    "message repeated": 0.12,
    # of a cluster, at each step of its loop
    "cluster died": 0.001,
}
"""How likely each fault is where it may happen."""


class Fates:
    """Draws faults while the storm lasts.

    Attributes
    ----------
    drawn
        How many of each kind.
    calm
        Whether the storm is over: nothing is drawn any more.
    """

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.drawn: Counter[str] = Counter()
        self.calm = False

    def strikes(self, *kinds: str) -> str | None:
        """Return which of some faults happens now, None where none does."""
        if self.calm:
            return None
        draw = self._chance.random()
        for kind in kinds:
            draw -= ODDS[kind]
            if draw < 0:
                self.count(kind)
                return kind
        return None

    def count(self, kind: str) -> None:
        """Count a fault that was drawn elsewhere."""
        self.drawn[kind] += 1

"""The pace: how long trials last, and therefore how many of them a ticket takes."""

from __future__ import annotations

from study.trials import Ending, Finish

TICKET_SECONDS = 0.5
"""Trials that last less are packed into tickets that last about so long."""

MOST = 512
"""Trials a ticket."""

GROWTH = 8
"""A ticket takes at most so many times the trials whose time is known: the first ones may mislead."""

RECENT = 0.2
"""Weight of the last trial in the mean."""


class Pace:
    """How long the trials of each arm last."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._known: dict[str, int] = {}

    def note(self, arm: str, finish: Finish) -> None:
        """Note the end of a trial; only one that had its whole budget tells how long others will last."""
        if finish.ending is not Ending.COMPLETE or finish.seconds is None:
            return
        before = self._seconds.get(arm, finish.seconds)
        self._seconds[arm] = before + RECENT * (finish.seconds - before)
        self._known[arm] = self._known.get(arm, 0) + 1

    def doubt(self, arm: str) -> None:
        """Begin again with one trial of an arm: a worker died in one of several, and nobody knows which."""
        self._known[arm] = 0

    def pack(self, arm: str | None) -> int:
        """Return how many trials of an arm a ticket takes; one of an arm that is not known."""
        seconds = self._seconds.get(arm or "")
        if seconds is None or arm is None:
            return 1
        fit = MOST if seconds <= 0 else int(min(MOST, TICKET_SECONDS / seconds))
        return max(1, min(fit, GROWTH * self._known[arm]))

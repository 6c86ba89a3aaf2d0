"""The outage: how long a drive goes on without its store."""

from __future__ import annotations

from collections.abc import Callable

from study.clock import Clock
from study.errors import StoreUnreachableError

OUTAGE_SECONDS = 900.0
"""How long a driver waits for a store that cannot be reached before it gives up."""


class Outage:
    """A store that cannot be reached for a while.

    Parameters
    ----------
    clock
        The drive's.
    note
        Tells a person, once an outage.
    """

    def __init__(self, clock: Clock, note: Callable[[str], None]) -> None:
        self._clock, self._note = clock, note
        self._since: float | None = None

    def bear(self, error: StoreUnreachableError) -> None:
        """Go on without the store; raise the error once that has lasted too long."""
        now = self._clock.now()
        if self._since is None:
            self._since = now
            self._note(f"{error}; training goes on, results are kept until it is back")
        if now - self._since > OUTAGE_SECONDS:
            raise error

    def over(self) -> None:
        """Note that the store has answered."""
        self._since = None

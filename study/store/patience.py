"""Patience: how long a transaction is tried again, and what is said meanwhile."""

from __future__ import annotations

import logging

from sqlalchemy.exc import DBAPIError

from study.clock import Clock
from study.store.diagnosis import explained, is_transient, obstacle

logger = logging.getLogger(__name__)

TOLD_AFTER_SECONDS = 1.0
"""A wait that lasts longer is told."""


class Patience:
    """The patience that one transaction has.

    Parameters
    ----------
    seconds
        For so long it is tried again; a try that has begun may end later.
    store
        Where the store lies, without its password.
    clock
        What the wait passes on.
    silent
        Whether the wait is known already and need not be told.

    Attributes
    ----------
    told
        Whether the wait was told, now or before.
    """

    def __init__(self, seconds: float, store: str, clock: Clock, *, silent: bool = False) -> None:
        self._seconds, self._clock = seconds, clock
        self._begun = clock.now()
        self._pause = 0.02
        self._store = store
        self.told = silent

    def bear(self, error: DBAPIError) -> None:
        """Wait after an error that may pass, with jitter and for longer each time.

        Raises
        ------
        Exception
            What a user can act on, where the error does not pass, or patience is at its end.
        """
        waited = self._clock.now() - self._begun
        if not is_transient(error) or waited + self._pause > self._seconds:
            raise explained(error, self._store) from error
        if waited >= TOLD_AFTER_SECONDS and not self.told:
            self.told = True
            logger.warning(
                "waiting for the store %s, at most %.0f s: %s", self._store, self._seconds, obstacle(error)
            )
        self._clock.sleep(self._pause * self._clock.uniform(0.5, 1.0))  # jitter
        self._pause = min(2 * self._pause, 2.0)

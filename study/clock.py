"""The clock: time that passes, waiting, and chance, as the store and a drive take them from outside."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

_CHANCE = random.SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What passes and what is drawn in a process; a simulation has another one.

    Attributes
    ----------
    now
        Seconds on a clock that no setting moves; only differences mean something.
    sleep
        Waits for some seconds.
    uniform
        Draws a number between two.
    wall
        Seconds since 1970, as a database is to see them that would otherwise look at this machine's clock; None in
        earnest, where the database has a clock of its own.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = _CHANCE.uniform
    wall: Callable[[], float] | None = None

"""Ctrl-C and SIGTERM: the first one ends a drive in good order, the second one at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """What happens at a signal.

    Attributes
    ----------
    happened
        Whether one came.
    stop
        What to call; before there is anything to stop, the command ends where it stands.
    """

    def __init__(self) -> None:
        self.happened = False
        self.stop: Callable[[], None] | None = None

    def arm(self) -> None:
        """Take the signals over; Ray does so too when it starts."""
        for number in SIGNALS:
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        again, self.happened = self.happened, True
        if again or self.stop is None:
            raise KeyboardInterrupt
        self.stop()


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Have signals handled inside the block."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    interruption = Interruption()
    interruption.arm()
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Signals that ask a drive to end: the first one ends it in good order, the second one at once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
"""Ctrl-C, a request to end, a terminal that closes, and what batch systems send before a job's time is up."""

PATIENCE_SECONDS = 20.0
"""How long good order may take."""

WORK = "basin-work"


class Interruption:
    """What happens at a signal.

    Attributes
    ----------
    happened
        Whether one came.
    stop
        What to call; before there is anything to stop, the command ends where it stands.
    over
        Whether nothing is left to stop; signals say nothing then.
    """

    def __init__(self) -> None:
        self.happened = False
        self.stop: Callable[[], None] | None = None
        self.over = False

    def wait_for(self, work: Callable[[], None]) -> None:
        """Do work in a thread of its own, and leave it behind at the second signal or when it takes too long to stop.

        Signals are handled in this thread, so that none is ever raised in the midst of the work; and what the work
        starts does not get those that are sent to a whole group of processes, all but SIGTERM.

        Raises
        ------
        KeyboardInterrupt
            The work is left behind; :func:`is_left_behind` tells that it still goes on.
        """
        ended = threading.Event()
        failures: list[BaseException] = []

        def worked() -> None:
            # Inherited by every process that is started here. SIGTERM is how Ray ends its own.
            signal.pthread_sigmask(signal.SIG_BLOCK, set(SIGNALS) - {signal.SIGTERM})
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised below
                failures.append(error)
            finally:
                ended.set()

        threading.Thread(target=worked, name=WORK, daemon=True).start()
        deadline = float("inf")
        while not ended.wait(0.1):
            if self.happened:
                deadline = min(deadline, time.monotonic() + PATIENCE_SECONDS)
            if time.monotonic() > deadline:
                raise KeyboardInterrupt
        if failures:
            raise failures[0]

    def handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Take a signal."""
        if self.over:
            return
        again, self.happened = self.happened, True
        if again or self.stop is None:
            raise KeyboardInterrupt
        self.stop()


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Have signals handled inside the block."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    interruption = Interruption()
    for number in SIGNALS:
        if number != signal.SIGHUP or before[number] != signal.SIG_IGN:  # nohup
            signal.signal(number, interruption.handle)
    try:
        yield interruption
    finally:
        interruption.over = True  # or one that comes now leaves the others' handlers as they are
        for number, handler in before.items():
            if handler is not None:  # None is one that Python did not set, and cannot
                signal.signal(number, handler)


def is_left_behind() -> bool:
    """Tell whether work still goes on that nobody waits for."""
    return any(thread.name == WORK for thread in threading.enumerate())

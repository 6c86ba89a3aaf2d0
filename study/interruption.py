"""Signals that ask for an end: the first one ends a drive in good order, the second one at once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from study.errors import UsageError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
"""Ctrl-C, a request to end, a terminal that closes, and what batch systems send before a job's time is up."""

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Those that end a report."""

USUAL = (signal.SIG_DFL, signal.default_int_handler)
"""How a signal is answered where nobody has set anything."""

BUSY = "this process drives a study already, or is still stopping one; wait for it, or use another process"

PATIENCE_SECONDS = 20.0
"""How long good order may take."""

HEARD_SECONDS = 5.0
"""How long what was asked for by a signal may take, until another one is raised where nothing waits."""

WORK = "basin-work"

_TURN = threading.Lock()


class Interruption:
    """What happens at a signal.

    Attributes
    ----------
    happened
        Whether one came.
    again
        Whether another one came after it: what is waited for is to be left behind.
    stop
        What to call; before there is anything to stop, the command ends where it stands.
    over
        Whether nothing is left to stop; signals say nothing then.
    """

    def __init__(self) -> None:
        self.happened = False
        self.again = False
        self.stop: Callable[[], None] | None = None
        self.over = False
        self._answered = -float("inf")
        self._waiting = False

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
        try:
            self._wait(ended)
        except BaseException:
            if not self.happened and self.stop is not None:  # somebody else's answer to a signal
                self.stop()
                ended.wait(PATIENCE_SECONDS)
            raise
        if failures:
            raise failures[0]

    def _wait(self, ended: threading.Event) -> None:
        """Wait for an event; leave at the second signal, or when good order takes too long."""
        deadline = float("inf")
        self._waiting = True
        try:
            while not ended.wait(0.1):
                if self.happened:
                    deadline = min(deadline, time.monotonic() + PATIENCE_SECONDS)
                if self.again or time.monotonic() > deadline:
                    self._answered = time.monotonic()
                    raise KeyboardInterrupt
        finally:
            self._waiting = False

    def settle(self) -> None:
        """Hear no more signals where one was heard: the work has ended for it, and the last word is short."""
        self.over = self.over or self.happened

    def handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Take a signal.

        Whoever presses Ctrl-C does so again and again; raised each time, it would come in the midst of the
        transaction that gives back the leases. It is raised where there is nothing to stop, and where what was asked
        for takes long, as beside a store that is away.
        """
        if self.over:
            return
        self.again, self.happened = self.happened, True
        if self.stop is not None and not self.again:
            self._answered = time.monotonic()
            self.stop()
        elif not self._waiting and time.monotonic() - self._answered > HEARD_SECONDS:
            self._answered = time.monotonic()
            raise KeyboardInterrupt


@contextmanager
def interruptible(*, yielding: bool = False) -> Iterator[Interruption]:
    """Have signals handled inside the block; in another thread than the main one none can be.

    A command that was interrupted ends with the block, and people press Ctrl-C until it has: its signals say nothing
    from there on. Everybody else's handlers are put back.

    Parameters
    ----------
    yielding
        Whether the process goes on after the block, and a signal that it answers in a way of its own is left to that.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if yielding and handler not in USUAL:
            continue
        if number != signal.SIGHUP or handler != signal.SIG_IGN:  # nohup
            signal.signal(number, interruption.handle)
    try:
        yield interruption
    finally:
        interruption.over = True  # or one that comes now leaves the others' handlers as they are
        last = interruption.happened and not yielding
        for number, handler in before.items():
            if handler is not None and not last:  # None is one that Python did not set, and cannot
                signal.signal(number, handler)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let the first signal that asks for an end raise, and no second one disturb what ends the command after it."""
    before = {number: signal.getsignal(number) for number in ENDING}
    heard = [number for number, handler in before.items() if handler not in {signal.SIG_IGN, None}]  # as `nohup` asks

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in heard:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in heard:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in heard:
            if signal.getsignal(number) is end:  # or one came
                signal.signal(number, before[number])


def hear_no_more() -> None:
    """Ignore Ctrl-C to the end of the process, for nothing is left to stop; those that came already are answered."""
    while True:
        with suppress(KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            return


def is_left_behind() -> bool:
    """Tell whether work still goes on that nobody waits for."""
    return any(thread.name == WORK for thread in threading.enumerate())


@contextmanager
def alone() -> Iterator[None]:
    """Have the one drive of this process: Ray and its environment are there once.

    Raises
    ------
    UsageError
        There is one, or one that was left behind still stops.
    """
    if not _TURN.acquire(blocking=False):
        raise UsageError(BUSY)
    try:
        if is_left_behind():
            raise UsageError(BUSY)
        yield
    finally:
        _TURN.release()

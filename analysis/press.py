"""The press: the pictures of a report, written by this process and by others beside it.

A picture is laid out anew for each kind of file, and writing them takes longer than all else of a report. Helpers are
begun before the rows are read, and load Matplotlib meanwhile. They are processes of their own and no forks: what has
computed with OpenMP may hang once it is forked.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from analysis.figures import Drawable, Kind

MANY = 500
"""Trials from which on helpers are worth the two seconds of work that the start of one takes."""

MOST = 4
"""Processes that draw, this one among them."""

ROOT = Path(__file__).resolve().parent.parent
"""Where a helper finds the packages, whatever lies in the folder that it is begun in."""

COMMAND = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from analysis.press import serve; serve()"


class Press:
    """Processes that draw beside this one, until the end of the context.

    Parameters
    ----------
    helpers
        How many; with 0 this process draws everything.
    progressed
        Told how many figures are drawn, and of how many.
    """

    def __init__(self, helpers: int = 0, progressed: Callable[[int, int], None] = lambda _done, _total: None) -> None:
        self._progressed = progressed
        self._helpers = [Helper() for _ in range(helpers)] if sys.executable else []

    @classmethod
    def for_trials(cls, count: int, progressed: Callable[[int, int], None]) -> Press:
        """Return as many helpers as the report of so many trials is worth, and the machine has processors for."""
        return cls(min(_processors(), MOST) - 1 if count >= MANY else 0, progressed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for helper in self._helpers:
            helper.end()

    def write(
        self, drawn: Sequence[tuple[Kind, Drawable]], folder: Path, width: str = "page"
    ) -> list[dict[str, Path]]:
        """Write results of kinds of figures into a folder, as wide as is asked; return the files of each, in order.

        What a helper cannot take or does not bring to an end this process draws, which then meets the same error.
        """
        import matplotlib as mpl  # noqa: PLC0415

        from analysis.figures import FIGURES, write  # noqa: PLC0415

        sent = {}
        for index, (kind, result) in enumerate(drawn if self._helpers else ()):
            with suppress(pickle.PicklingError, TypeError, AttributeError):  # it holds a specification
                sent[index] = pickle.dumps((FIGURES.index(kind), result))
        # Those with most in them first, as the last to be begun decides when all are done: helpers take the heaviest.
        free = deque(sorted(sent, key=lambda index: len(sent[index])))
        before = pickle.dumps((dict(mpl.rcParams), folder, width))
        for helper in self._helpers:
            helper.begin(before, sent, free)
        own = [index for index in range(len(drawn)) if index not in sent]
        done: dict[int, dict[str, Path]] = {}
        while (mine := own.pop() if own else _next(free)) is not None:
            self._progressed(len(done) + sum(helper.drawn for helper in self._helpers), len(drawn))
            done[mine] = write(*drawn[mine], folder, width)
        for helper in self._helpers:
            done |= helper.finished()
        return [done[index] if index in done else write(*both, folder, width) for index, both in enumerate(drawn)]


class Helper:
    """A process that draws what it is given; ``serve`` is what it runs."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-c", COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._thread: Thread | None = None
        self._done: dict[int, dict[str, Path]] = {}

    def begin(self, before: bytes, sent: Mapping[int, bytes], free: deque[int]) -> None:
        """Give it, in a thread, one result after another until none is free or it is gone."""
        self._thread = Thread(target=self._feed, args=(before, sent, free))
        self._thread.start()

    @property
    def drawn(self) -> int:
        """How many it has brought to an end so far."""
        return len(self._done)

    def finished(self) -> dict[int, dict[str, Path]]:
        """Wait for what it was given, and return the files of what it drew."""
        if self._thread is not None:
            self._thread.join()
        return self._done

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        if self._thread is not None:
            self._thread.join()
        self._process.communicate()

    def _feed(self, before: bytes, sent: Mapping[int, bytes], free: deque[int]) -> None:
        with suppress(OSError, EOFError, pickle.UnpicklingError):
            self._tell(before)
            while (index := _next(free, heaviest=True)) is not None:
                self._tell(sent[index])
                files = pickle.load(self._process.stdout)  # type: ignore[arg-type]  # noqa: S301 - by this program
                if files is not None:
                    self._done[index] = files

    def _tell(self, message: bytes) -> None:
        self._process.stdin.write(message)  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]


def serve() -> None:
    """Draw what comes in until nothing does: what a helper runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # which is meant for the process that reads what is written here
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # nothing that a library prints comes between answers

        import matplotlib as mpl  # noqa: PLC0415

        from analysis.figures import FIGURES, write  # noqa: PLC0415

        with suppress(EOFError):
            style, folder, width = pickle.load(sys.stdin.buffer)  # noqa: S301 - by this program
            mpl.rcParams.update(style)
            while True:
                number, result = pickle.load(sys.stdin.buffer)  # noqa: S301 - by this program
                files = None
                with suppress(Exception):  # None: the other process tries, and says what is wrong
                    files = write(FIGURES[number], result, folder, width)
                pickle.dump(files, answers)
                answers.flush()


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _next(free: deque[int], *, heaviest: bool = False) -> int | None:
    """Take a result that nobody has taken; None where there is none."""
    with suppress(IndexError):
        return free.pop() if heaviest else free.popleft()
    return None

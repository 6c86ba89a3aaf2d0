"""Progress: a live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from study.trials import Counts
from study.words import counted, done, lines

LINE_SECONDS = 5.0

LOOK_SECONDS = 3.0
"""Pause between two looks at what is best so far, at least."""

LOOK_SHARE = 20
"""The pause after a look is at least so many times as long as the look: a large study takes no larger share."""


def say(text: str) -> None:
    """Write a line where messages go; a process without standard error says nothing."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def paced(say: Callable[[str], None], what: str, pause: float = LINE_SECONDS) -> Callable[[int, int], None]:
    """Return what says, now and then, how much of some work is done; of what is short it says nothing."""
    said = time.monotonic()

    def progressed(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= pause:
            said = time.monotonic()
            say(f"{what}: {done} of {total}")

    return progressed


class Latest:
    """A text looked up again and again in a thread of its own; who reads it never waits for the store.

    A look that fails leaves the text as it was: whoever drives the study meets the same store, and says so.
    """

    def __init__(self, look: Callable[[], str | None]) -> None:
        self._look = look
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="basin-best", daemon=True)
        self.text: str | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        pause = 0.0
        while not self._ended.wait(pause):
            start = time.monotonic()
            with suppress(Exception):
                self.text = self._look()
            pause = max(LOOK_SECONDS, LOOK_SHARE * (time.monotonic() - start))


class Progress:
    """Shows how far a study is: done, running, diverged, failed, time left, best so far.

    Parameters
    ----------
    name
        Of the study.
    best
        Looks up what is best so far, None where nothing is.
    pause
        Seconds between two lines where there is no terminal.
    """

    def __init__(
        self, name: str, best: Callable[[], str | None] = lambda: None, *, pause: float = LINE_SECONDS
    ) -> None:
        self._name, self._pause = name, pause
        self._best = Latest(best)
        self._live = None
        self._last_line = 0.0
        self._last_done = -1
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
            from rich.progress import Progress as Live  # noqa: PLC0415

            self._live = Live(
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                TextColumn("{task.fields[text]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                refresh_per_second=4,
            )
            self._task = self._live.add_task(name, total=None, text="starting")

    def __enter__(self) -> Self:
        self._best.__enter__()
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        self._best.__exit__(kind, value, trace)

    def progressed(self, counts: Counts, eta_seconds: float | None) -> None:
        """Show the counts."""
        text = counted(counts, eta_seconds)
        if self._best.text is not None and counts.terminal < counts.total:
            # On a terminal on a line of its own, or 80 columns would have no room for the bar.
            between = "; " if self._live is None else "\n"
            text = f"{text}{between}best so far {self._best.text}"
        if self._live is not None:
            self._live.update(self._task, total=counts.total, completed=done(counts), text=text)
            return
        now = time.monotonic()
        ended = counts.terminal == counts.total and self._last_done != counts.total
        if ended or now - self._last_line >= self._pause:
            self._last_line, self._last_done = now, counts.terminal
            say(f"{self._name}: {text}")

    def noted(self, text: str) -> None:
        """Show a sentence."""
        if self._live is not None:
            self._live.console.print(lines(f"{self._name}: {text}"), markup=False, highlight=False)
        else:
            say(lines(f"{self._name}: {text}"))

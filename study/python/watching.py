"""Watching a drive from Python: a bar in a notebook and on a terminal, a line a minute elsewhere, or nothing."""

from __future__ import annotations

import html
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from study.operations.driving import Watch
from study.progress import Latest, Progress
from study.trials import Counts
from study.words import counted, done, lines

PAUSE_SECONDS = 60.0
"""Between two lines of a script whose output nobody watches."""

DRAW_SECONDS = 0.5
"""Between two pictures of a bar."""

NOTES = 5
"""The last so many sentences stand below the bar."""

Best = Callable[[], "str | None"]


def watching(name: str, best: Best, begun: list[str], *, progress: bool) -> Watch:
    """Return what makes the observer of a drive.

    Parameters
    ----------
    name
        Of the study.
    best
        Looks up what is best so far.
    begun
        What is to be said ahead.
    progress
        Whether anything is to be shown.
    """
    if not progress:
        return _silent
    if in_notebook():
        return lambda: Bar(name, best, begun)
    return lambda: Progress(name, best, pause=PAUSE_SECONDS)


def in_notebook() -> bool:
    """Tell whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


class _Silent:
    """Sees everything and says nothing."""

    def progressed(self, counts: Counts, eta_seconds: float | None) -> None:
        """Say nothing."""

    def noted(self, text: str) -> None:
        """Say nothing."""


@contextmanager
def _silent() -> Iterator[_Silent]:
    yield _Silent()


class Bar:
    """One output of a notebook's cell, drawn anew as the study goes on."""

    def __init__(self, name: str, best: Best, begun: list[str]) -> None:
        from IPython.display import display  # noqa: PLC0415 - there in a notebook alone

        # Ray and tqdm advise a notebook to install widgets, which nothing here uses.
        warnings.filterwarnings("ignore", "IProgress not found")
        logging.getLogger("ray.widgets.util").setLevel(logging.WARNING)
        self._name = name
        self._best = Latest(best)
        self._notes = [lines(text) for text in begun]
        self._counts = Counts()
        self._eta: float | None = None
        self._drawn = 0.0
        self._handle: Any = display(self._picture(), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        self._best.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._best.__exit__(*exception)
        self._draw()

    def progressed(self, counts: Counts, eta_seconds: float | None) -> None:
        """Show the counts."""
        self._counts, self._eta = counts, eta_seconds
        if time.monotonic() - self._drawn >= DRAW_SECONDS:
            self._draw()

    def noted(self, text: str) -> None:
        """Show a sentence."""
        self._notes.append(lines(text))
        self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._handle.update(self._picture(), raw=True)

    def _picture(self) -> dict[str, str]:
        counts = self._counts
        text = counted(counts, self._eta) if counts.total else "starting"
        if self._best.text is not None and counts.terminal < counts.total:
            text = f"{text}; best so far {self._best.text}"
        notes = self._notes[-NOTES:]
        bar = f'<progress value="{done(counts)}" max="{max(counts.total, 1)}" style="width:16em"></progress>'
        below = "".join(f"<br><small>{html.escape(note)}</small>" for note in notes)
        return {
            "text/plain": "\n".join([f"{self._name}: {text}", *notes]),
            "text/html": f"<div><b>{html.escape(self._name)}</b> {bar} {html.escape(text)}{below}</div>",
        }

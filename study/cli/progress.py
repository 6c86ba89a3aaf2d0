"""Progress: a live line on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

import typer

from study.cli.output import duration, lines
from study.trials import Counts

LINE_SECONDS = 5.0


class Progress:
    """Shows how far a study is: done, running, diverged, failed, time left."""

    def __init__(self, name: str) -> None:
        self._name = name
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
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def progressed(self, counts: Counts, eta_seconds: float | None) -> None:
        """Show the counts."""
        text = described(counts, eta_seconds)
        if self._live is not None:
            self._live.update(self._task, total=counts.total, completed=counts.terminal, text=text)
            return
        now = time.monotonic()
        ended = counts.terminal == counts.total and self._last_done != counts.total
        if ended or now - self._last_line >= LINE_SECONDS:
            self._last_line, self._last_done = now, counts.terminal
            typer.echo(f"{self._name}: {text}", err=True)

    def noted(self, text: str) -> None:
        """Show a sentence."""
        if self._live is not None:
            self._live.console.print(lines(f"{self._name}: {text}"), markup=False, highlight=False)
        else:
            typer.echo(lines(f"{self._name}: {text}"), err=True)


def described(counts: Counts, eta_seconds: float | None) -> str:
    """Return the counts as one line."""
    parts = [f"{counts.terminal}/{counts.total} done", f"{counts.running} running", f"{counts.diverged} diverged"]
    if counts.failed:
        parts.append(f"{counts.failed} failed")
    if counts.cancelled:
        parts.append(f"{counts.cancelled} cancelled")
    if counts.terminal < counts.total:
        parts.append(f"ETA {duration(eta_seconds)}")
    return ", ".join(parts)

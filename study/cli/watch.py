"""Watching: a text shown anew until there is nothing more to come."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import typer

SECONDS = 2.0
"""Pause between two looks at what is watched."""


def show_each(texts: Iterable[str], *, between: str = "\n") -> None:
    """Print every text that differs from the one before, with ``between`` ahead of each but the first."""
    before = None
    for text in texts:
        if text != before:
            typer.echo(text if before is None else between + text)
        before = text


def redraw(texts: Iterable[str]) -> None:
    """Show every text in the place of the one before; where that cannot be, print those that differ."""
    if not sys.stdout.isatty():
        show_each(texts)
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console()
    if console.is_dumb_terminal:
        show_each(texts)
        return
    with Live(console=console, auto_refresh=False) as live:
        for text in texts:
            live.update(Text(text), refresh=True)

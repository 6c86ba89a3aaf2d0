"""Completion of words in a shell: studies of the store, presets. It never fails, and leaves nothing behind."""

from __future__ import annotations

from contextlib import suppress

import typer

from search_spaces.presets import preset_names
from study.settings import setting


def complete_study(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the studies whose name begins so, in the store of the command so far; none where there is no store."""
    names: list[str] = []
    with suppress(Exception):  # who presses a key has asked for nothing that could be refused
        from study.store import Store  # noqa: PLC0415

        with Store(setting("store", ctx.params.get("store")), patience=0.0) as store:
            names = store.studies.names()
    return [name for name in names if name.startswith(incomplete)]


def complete_spec(incomplete: str) -> list[str]:
    """Return the presets whose name begins so; where none does, the shell offers files."""
    return [name for name in preset_names() if name.startswith(incomplete)]


def complete_reference(incomplete: str) -> list[str]:
    """Return the references whose name begins so."""
    from analysis.compare.reference import reference_names  # noqa: PLC0415

    return [name for name in reference_names() if name.startswith(incomplete)]

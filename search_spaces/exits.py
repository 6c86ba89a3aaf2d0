"""The codes a command leaves with, in this one place."""

from __future__ import annotations

import textwrap
from enum import IntEnum
from typing import Self


class Exit(IntEnum):
    """A code that a command leaves with; ``meaning`` is what help and README say of it."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Return a member with its meaning."""
        it = int.__new__(cls, code)
        it._value_ = code
        it.meaning = meaning
        return it

    DONE = 0, "done"
    """What was asked for is done; of a drive: every trial has its outcome, and none failed."""

    FAILED = 1, "it could not be done, or `db check` found something"
    """Something else than the user's input was in the way: Ray, a closed or full output, an inconsistent store."""

    INVALID = 2, "invalid input (every fault in one message, nothing written)"
    """An argument, a setting or a specification breaks a rule; Typer leaves with the same code."""

    NOT_FOUND = 3, "no such study"
    """The store, or the database of an import, holds no study of that name."""

    STORE = 4, "store unreachable or of another schema"
    """The store is missing, locked, full, damaged, away, or made by another release."""

    TRIALS_FAILED = 5, "finished but some trials failed"
    """Every trial has its outcome, and that of some is an error."""

    INTERRUPTED = 130, "interrupted (what is done is kept)"
    """A signal ended it, in good order; the command that continues was printed. 128 + SIGINT, as in shells."""

    @classmethod
    def listed(cls, width: int | None = None) -> str:
        """Return all codes with their meanings as one sentence, in lines of a width where it is given."""
        text = f"Exit codes: {', '.join(f'{one.value} {one.meaning}' for one in cls)}."
        return text if width is None else textwrap.fill(text, width)

"""The errors a user can cause, and what each asks them to do.

::

    BasinError                      every error Basin raises on purpose; carries the exit code of the command
    ├── SpecificationError          the study specification has faults, all of them listed
    └── (study.errors)              errors of the store and of running studies
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class BasinError(Exception):
    """Base of the errors a user can act on; the command line prints the text and leaves with ``exit_code``."""

    exit_code = 1


def shown(value: object, limit: int = 80) -> str:
    """Return ``repr(value)`` fit for a terminal: control characters escaped, cut at ``limit`` characters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # whole numbers of thousands of digits, structures of thousands of levels
        text = f"a {type(value).__name__} too large to show"
    return printable(text, limit)


def printable(text: str, limit: int = 80) -> str:
    """Return a text fit for a terminal: control characters escaped, cut at ``limit`` characters."""
    text = escaped(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def escaped(text: str) -> str:
    """Return a text with its control characters escaped, whole; what needs no escape comes back as it is."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of a specification: where it stands, the rule it breaks, and what to write instead.

    Attributes
    ----------
    path
        Dotted path in the document, such as ``space.p.values[1]``; empty for the document itself.
    message
        The rule and what was got, as one clause.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class SpecificationError(BasinError):
    """A study specification breaks rules; nothing was written. Mend every line listed and run again."""

    exit_code = 2

    def __init__(self, faults: Sequence[Fault], source: str = "the study specification") -> None:
        self.faults = tuple(faults)
        self.source = source
        count = f"{len(self.faults)} fault{'s' if len(self.faults) != 1 else ''}"
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{source} has {count}:\n{lines}")

    def __reduce__(self) -> tuple[type[SpecificationError], tuple[tuple[Fault, ...], str]]:
        return type(self), (self.faults, self.source)

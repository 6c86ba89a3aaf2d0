"""The errors a user can cause, and what each asks them to do.

::

    BasinError                      every error Basin raises on purpose; carries the exit code of the command
    ├── SpecificationError          the study specification has faults, all of them listed
    ├── PluginError                 a plug-in cannot be loaded, or says something that it must not
    └── (study.errors)              errors of the store and of running studies
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search_spaces.exits import Exit


class BasinError(Exception):
    """Base of the errors a user can act on; the command line prints the text and leaves with ``exit_code``."""

    exit_code = Exit.FAILED


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
    source
        What brought it in, where that is not what the error as a whole is about.
    """

    path: str
    message: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class SpecificationError(BasinError):
    """A study specification breaks rules; nothing was written. Mend every line listed and run again."""

    exit_code = Exit.INVALID

    def __init__(self, faults: Sequence[Fault], source: str = "the study specification") -> None:
        self.faults = tuple(faults)
        self.source = source
        groups: dict[str, list[Fault]] = {source: []}
        for fault in self.faults:
            groups.setdefault(fault.source or source, []).append(fault)
        super().__init__("\n".join(_listed(name, group) for name, group in groups.items() if group))

    def __reduce__(self) -> tuple[type[SpecificationError], tuple[tuple[Fault, ...], str]]:
        return type(self), (self.faults, self.source)


class PluginError(BasinError):
    """A plug-in cannot be used; nothing was written. Mend it, or leave it out."""

    exit_code = Exit.INVALID


def _listed(source: str, faults: Sequence[Fault]) -> str:
    count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
    return "\n".join([f"{source} has {count}:", *(f"  {fault}" for fault in faults)])

"""The errors of the store and of running studies, continuing the tree of `search_spaces.errors`.

::

    BasinError
    ├── StudyNotFoundError          no such study (exit 3)
    ├── StudyMismatchError          a study of that name has another specification (exit 2)
    ├── UsageError                  an argument of a command is invalid (exit 2)
    ├── StoreError                  the store cannot be used (exit 4)
    │   ├── StoreUnreachableError   missing, locked, full, or its server is away
    │   ├── StoreBrokenError        damaged, or gone or replaced since it was opened; no wait mends that
    │   └── SchemaError             another schema than this release works with
    ├── DataError                   the files of a data set are missing (exit 2)
    ├── TicketsError                Ray cannot run what a study wants to train (exit 1)
    └── StudyUnfinishedError        a drive ended before its study (exit 1)
"""

from __future__ import annotations

from search_spaces.errors import BasinError
from search_spaces.exits import Exit

__all__ = [
    "BasinError", "DataError", "SchemaError", "StoreBrokenError", "StoreError", "StoreUnreachableError",
    "StudyMismatchError", "StudyNotFoundError", "StudyUnfinishedError", "TicketsError", "UsageError",
]  # fmt: skip


class StudyNotFoundError(BasinError):
    """The store holds no study of that name, `basin studies` lists those it holds; or the database of an import."""

    exit_code = Exit.NOT_FOUND


class StudyMismatchError(BasinError):
    """A study of that name exists with another specification; extend it, or choose another name."""

    exit_code = Exit.INVALID


class UsageError(BasinError):
    """An argument is invalid; nothing was written."""

    exit_code = Exit.INVALID


class StoreError(BasinError):
    """The store cannot be used as it is."""

    exit_code = Exit.STORE


class StoreUnreachableError(StoreError):
    """The store cannot be reached; nothing half-written remains, and the command can be run again."""


class StoreBrokenError(StoreError):
    """The store is damaged, or no longer the one that was opened; waiting mends nothing, and nobody waits."""


class SchemaError(StoreError):
    """The store has another schema than this release works with."""


class DataError(BasinError):
    """The files of a data set are not where they were looked for; nothing was written."""

    exit_code = Exit.INVALID


class TicketsError(BasinError):
    """Ray cannot run what a study wants to train; every trial keeps its place."""


class StudyUnfinishedError(BasinError):
    """A drive ended before its study, which nobody had asked for; nothing is lost, and the same call continues it."""

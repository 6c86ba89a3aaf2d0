"""The diagnosis: which errors of a database may pass by themselves, and what to say of the others."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError, OperationalError

from study.errors import BasinError, StoreBrokenError, StoreUnreachableError, UsageError

LOCKED = "55P03"

TRANSIENT = frozenset(("40001", "40P01", LOCKED, "57P01", "57P02", "57P03", "53300"))

GONE = (
    "what was read a moment ago is gone: it was deleted, or an older copy was put in its place; run the same command "
    "again, which continues from what the store holds now"
)
TABLES = "its tables are gone or changed; restore them from a copy"

BROKEN: Mapping[str, str] = {
    "not a database": "name another file with --store",
    "malformed": "restore the file from a copy",
    "no such table": TABLES,
    "no such column": TABLES,
    "FOREIGN KEY": GONE,
    "42P01": TABLES,
    "42703": TABLES,
    "3F000": TABLES,
    "23503": GONE,
    "XX001": "restore the database from a copy",
    "XX002": "restore the database from a copy",
}
"""What to do about a store that is not, or no longer, what it was: by words of SQLite or state of PostgreSQL."""

ENCODING = "the database must keep its text as UTF8"

FULL = "make room on that disk and run the command again"

HINTS: Mapping[str, str] = {
    "disk is full": FULL,
    "53100": FULL,
    "readonly": "the file and its folder must be writable",
    "unable to open": "its files must be readable, and writable by whoever writes it",
    "locked": "another process holds it; try again when that ends",
    LOCKED: "another session holds it; try again when that ends",
    "42501": "this role may not do that; ask the owner for the right, or name another role",
    "25006": "it can only be read this way; name a server and a role that may write it",
    "22P05": ENCODING,
    "22021": ENCODING,
    "2BP01": "a view of somebody else reads what is to change; drop it, run the command again, and make it anew",
}
"""What to do about a store that cannot be used now."""


OPTIONS = ("connection option", "bad value for", "connection is bad: invalid", "connection info string")
"""What is said of a URL with an option that PostgreSQL does not know, before anything is connected."""


def is_transient(error: DBAPIError) -> bool:
    """Tell whether the same transaction may succeed when tried again."""
    if _is_of_options(error):
        return False
    if error.connection_invalidated:
        return True
    state = _state(error)
    if state:
        return state in TRANSIENT or state.startswith("08")
    text = str(error.orig)
    if isinstance(error, OperationalError):
        return any(phrase in text for phrase in ("locked", "busy", "connection", "could not connect", "timeout"))
    return False


def explained(error: DBAPIError, store: str) -> BasinError | DBAPIError:
    """Return what a user can act on, or the error itself where only a programmer can.

    Parameters
    ----------
    error
        What a database said.
    store
        Where it lies, without its password.
    """
    said = cause(error)
    advice = _advice(HINTS, error)
    if _state(error).startswith("22") and not advice:
        return UsageError("a number of the query grows out of range; use smaller ones")
    if broken := _advice(BROKEN, error):
        return StoreBrokenError(f"the store {store} cannot be used: {said}; {broken}")
    if _is_of_options(error):
        return UsageError(f"the options of the store's URL must be those of PostgreSQL: {said}")
    if advice or isinstance(error, OperationalError) or error.connection_invalidated:
        advice = advice or "check that it can be reached and try again"
        return StoreUnreachableError(f"the store {store} cannot be used: {said}; {advice}")
    return error


def obstacle(error: DBAPIError) -> str:
    """Return what a transaction that is tried again waits for."""
    if _state(error) == LOCKED or "locked" in cause(error):
        return "another process has locked what is asked for"
    return cause(error)


def _state(error: DBAPIError) -> str:
    """Return the state that PostgreSQL gives every error, empty where there is none."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def cause(error: DBAPIError) -> str:
    """Return what the database said, as one line."""
    said = str(error.orig).strip()
    return said.splitlines()[0] if said else type(error.orig).__name__


def _is_of_options(error: DBAPIError) -> bool:
    return not _state(error) and any(words in cause(error) for words in OPTIONS)


def _advice(known: Mapping[str, str], error: DBAPIError) -> str | None:
    if not isinstance(error.orig, sqlite3.Error):
        return known.get(_state(error))
    return next((advice for words, advice in known.items() if words in cause(error)), None)

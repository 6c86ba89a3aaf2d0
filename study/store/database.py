"""The database: connections, transactions, the clock, and which of its errors are worth another try."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Double,
    Engine,
    Table,
    create_engine,
    event,
    literal_column,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from study.errors import StoreUnreachableError, UsageError

T = TypeVar("T")

SCHEMA = "basin"
"""The PostgreSQL schema that holds Basin's tables, so that Optuna or MLflow may share the database."""

BUSY_SECONDS = 30.0
HINTS = {
    "disk is full": "make room on that disk and run the command again",
    "not a database": "name another file with --store",
    "readonly": "the file must be writable",
    "locked": "another process holds it; try again when that ends",
    "malformed": "restore the file from a copy",
}
TRANSIENT = frozenset(("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300"))


class Database:
    """One database, as the rest of the store sees it.

    Parameters
    ----------
    url
        SQLite or PostgreSQL with psycopg.
    patience
        Seconds for which a transaction is tried again after an error that may pass.
    create
        Whether connecting may make the file of an SQLite database.

    Raises
    ------
    StoreUnreachableError
        The file is not there and is not to be made.
    """

    def __init__(self, url: URL, patience: float = BUSY_SECONDS, *, create: bool = False) -> None:
        self.url = url
        self.patience = patience
        self.is_sqlite = url.get_backend_name() == "sqlite"
        if self.is_sqlite and not create:
            url = _existing(url)
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url)
        self._writer = self.engine.execution_options(basin_write=True)

    @property
    def shown(self) -> str:
        """Where the store lies, without its password."""
        if self.is_sqlite:
            return str(self.url.database)
        secret = {name: "***" for name in self.url.query if "password" in name.lower()}
        return self.url.update_query_dict(secret).render_as_string(hide_password=True)

    @property
    def now(self) -> ColumnElement[float]:
        """The database's clock: seconds since 1970."""
        if self.is_sqlite:
            return literal_column("((julianday('now') - 2440587.5) * 86400.0)", Double)
        return literal_column("CAST(extract(epoch FROM clock_timestamp()) AS double precision)", Double)

    def insert(self, table: Table) -> Any:
        """Return an insert that knows ``on_conflict_do_nothing``."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction that only reads."""
        return self._run(self.engine, work)

    def write(self, work: Callable[[Connection], T], patience: float | None = None) -> T:
        """Run ``work`` in a transaction that writes; it is run again, whole, after an error that may pass.

        Everything ``work`` does must therefore bear being done twice: the commit may have happened although its
        acknowledgement was lost.
        """
        return self._run(self._writer, work, patience)

    def bear_pauses(self, connection: Connection) -> None:
        """Let the transaction of a reader wait for whoever reads along, such as a person in a pager."""
        if not self.is_sqlite:
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _run(self, engine: Engine, work: Callable[[Connection], T], patience: float | None = None) -> T:
        deadline = time.monotonic() + (self.patience if patience is None else patience)
        pause = 0.02
        while True:
            try:
                with engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if not is_transient(error):
                    raise self.explained(error) from error
                if time.monotonic() + pause > deadline:
                    raise self.explained(error) from error
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            pause = min(2 * pause, 2.0)

    def explained(self, error: DBAPIError) -> Exception:
        """Return what a user can act on, or the error itself where only a programmer can."""
        if str(getattr(error.orig, "sqlstate", None) or "").startswith("22"):
            return UsageError("a number of the query grows out of range; use smaller ones")
        cause = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        hint = next((hint for key, hint in HINTS.items() if key in cause), None)
        if hint or isinstance(error, OperationalError) or error.connection_invalidated:
            hint = hint or "check that it can be reached and try again"
            return StoreUnreachableError(f"the store {self.shown} cannot be used: {cause}; {hint}")
        return error


def is_transient(error: DBAPIError) -> bool:
    """Tell whether the same transaction may succeed when tried again."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in TRANSIENT or state.startswith("08")
    text = str(error.orig)
    if isinstance(error, OperationalError):
        return any(phrase in text for phrase in ("locked", "busy", "connection", "could not connect", "timeout"))
    return False


def _existing(url: URL) -> URL:
    """Return the URL with which a file is opened, and never made: not even where it goes while it is in use."""
    file = Path(str(url.database))
    if not file.exists():
        raise StoreUnreachableError(
            f"no store at {file}; `basin run` makes one, --store or BASIN_STORE names another"
        )
    return url.set(database=file.as_uri(), query={"uri": "true", "mode": "rw"})


def _sqlite_engine(url: URL) -> Engine:
    # No pool: connections are cheap, and none is left open across a fork or an idle hour.
    engine = create_engine(
        url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:  # noqa: ARG001
        # sqlite3 must not begin transactions of its own: a read that turns into a write would be refused at once.
        connection.isolation_level = None
        for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        write = connection.get_execution_options().get("basin_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=4,
        connect_args={
            "options": f"-c search_path={SCHEMA} -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s",
            "connect_timeout": 5,
        },
    )

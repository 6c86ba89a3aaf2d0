"""The database: connections, transactions, the clock, and which of its errors are worth another try."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from study.errors import UsageError
from study.store.diagnosis import explained, is_transient
from study.store.file import File, Unlocked

T = TypeVar("T")

SCHEMA = "basin"
"""The PostgreSQL schema that holds Basin's tables, so that Optuna or MLflow may share the database."""

BUSY_SECONDS = 30.0


class Database:
    """One database, as the rest of the store sees it.

    Parameters
    ----------
    url
        SQLite or PostgreSQL with psycopg.
    patience
        Seconds for which a transaction is tried again after an error that may pass.
    """

    def __init__(self, url: URL, patience: float = BUSY_SECONDS) -> None:
        self.url = url
        self.patience = patience
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.file = File(Path(str(url.database)), BUSY_SECONDS) if self.is_sqlite else None
        self.engine = _sqlite_engine(url, self.file) if self.file is not None else _postgresql_engine(url)
        self._writer = self.engine.execution_options(basin_write=True)

    @property
    def shown(self) -> str:
        """Where the store lies, without its password."""
        if self.file is not None:
            return self.file.shown
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
        """Run ``work`` in a transaction that only reads, and that leaves nothing behind whatever it did."""
        return self._run(self.reading, work)

    def write(self, work: Callable[[Connection], T], patience: float | None = None) -> T:
        """Run ``work`` in a transaction that writes; it is run again, whole, after an error that may pass.

        Everything ``work`` does must therefore bear being done twice: the commit may have happened although its
        acknowledgement was lost.
        """
        return self._run(self._writer.begin, work, patience)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads; errors are the database's own."""
        before = self.file.stamp() if self.file is not None else None
        with self.engine.connect() as connection:
            try:
                yield connection
            except DBAPIError:
                self._confirm(connection, before)
                raise
            self._confirm(connection, before)

    def _confirm(self, connection: Connection, before: tuple[int, ...] | None) -> None:
        """Raise what SQLite would have said, had it been allowed to lock the file that it read."""
        used: object = connection.connection.dbapi_connection
        if self.file is not None and isinstance(used, Unlocked) and self.file.stamp() != before:
            cause = sqlite3.OperationalError("database is locked: it was written while it was read")
            raise OperationalError(None, None, cause)

    def bear_pauses(self, connection: Connection) -> None:
        """Let the transaction of a reader wait for whoever reads along, such as a person in a pager."""
        if not self.is_sqlite:
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _run(
        self,
        begun: Callable[[], AbstractContextManager[Connection]],
        work: Callable[[Connection], T],
        patience: float | None = None,
    ) -> T:
        deadline = time.monotonic() + (self.patience if patience is None else patience)
        pause = 0.02
        while True:
            try:
                with begun() as connection:
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
        return explained(error, self.shown)


def _sqlite_engine(url: URL, file: File) -> Engine:
    # No pool: connections are cheap, and none is left open across a fork or an idle hour.
    engine = create_engine(url, poolclass=NullPool, creator=file.connect)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:  # noqa: ARG001
        # sqlite3 must not begin transactions of its own: a read that turns into a write would be refused at once.
        connection.isolation_level = None
        # Or one damaged byte in a text of one row hides every other row.
        connection.text_factory = lambda text: text.decode("utf-8", "backslashreplace")
        for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        write = connection.get_execution_options().get("basin_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    given = url.query.get("options", "")
    options = (
        "-c statement_timeout=60s",
        "-c idle_in_transaction_session_timeout=60s",
        *((given,) if isinstance(given, str) else given),
        f"-c search_path={SCHEMA}",
    )
    # Text goes over in UTF-8 whatever the database keeps: what it cannot keep is then its own error.
    settings = {"options": " ".join(options), "client_encoding": "utf8"}
    if "connect_timeout" not in url.query:
        settings["connect_timeout"] = "5"
    try:
        return create_engine(url, pool_pre_ping=True, pool_size=4, connect_args=settings)
    except ArgumentError as error:
        raise UsageError(f"the options of the store's URL must be those of PostgreSQL: {error}") from None

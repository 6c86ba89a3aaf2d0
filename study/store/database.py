"""The database: connections, transactions, the clock, and which of its errors are worth another try."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    CursorResult,
    Double,
    Engine,
    RowMapping,
    Select,
    Table,
    create_engine,
    event,
    func,
    literal_column,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from study.clock import Clock
from study.errors import StoreUnreachableError, UsageError
from study.store.diagnosis import explained
from study.store.file import File, Unlocked
from study.store.patience import Patience

T = TypeVar("T")

SCHEMA = "basin"
"""The PostgreSQL schema that holds Basin's tables, so that Optuna or MLflow may share the database."""

BUSY_SECONDS = 30.0
"""Patience, unless another is asked for."""

LOCK_SECONDS = 1.0
"""One try waits so long for a lock; then the wait can be told, and what was begun is not held meanwhile."""

SERVER_LOCK_SECONDS = 2.0
"""The same on PostgreSQL: longer than the second after which the server finds a deadlock, and sends one back."""

_OPEN: WeakSet[Database] = WeakSet()


def _after_fork() -> None:
    """Leave the connections of the parent to the parent: two processes on one connection would mix their words."""
    for database in list(_OPEN):
        database.engine.dispose(close=False)


os.register_at_fork(after_in_child=_after_fork)


class Database:
    """One database, as the rest of the store sees it.

    Parameters
    ----------
    url
        SQLite or PostgreSQL with psycopg.
    patience
        Seconds for which a transaction is tried again after an error that may pass.
    create
        Whether to make the file of an SQLite database that is missing; nothing else ever makes it.
    clock
        What this process waits by; of a simulation, what an SQLite database takes for its own clock, too.
    """

    def __init__(
        self, url: URL, patience: float = BUSY_SECONDS, *, create: bool = False, clock: Clock | None = None
    ) -> None:
        self.url = url
        self.clock = clock or Clock()
        self.patience = patience
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.file = File(Path(str(url.database)), LOCK_SECONDS) if self.is_sqlite else None
        if self.file is not None:
            if create:
                self.file.make()
            self.file.verify()
        self.engine = _sqlite_engine(url, self.file, self.clock) if self.file is not None else _postgresql_engine(url)
        self._told = False
        _OPEN.add(self)
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
        if self.is_sqlite and self.clock.wall is not None:
            return func.basin_now(type_=Double)
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

    def rebuild(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` as :meth:`write` does, in a transaction that may put one table in the place of another.

        SQLite then neither deletes what refers to a table that goes, nor changes what refers to one that is renamed.
        """
        return self._run(self._writer.execution_options(basin_rebuild=True).begin, work)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads; errors are the database's own."""
        before = self.file.stamp() if self.file is not None else None
        process, connection = os.getpid(), self.engine.connect()
        try:
            yield connection
        except DBAPIError:
            self._confirm(connection, before)
            raise
        else:
            self._confirm(connection, before)
        finally:
            if os.getpid() == process:
                connection.close()
            else:
                connection.detach()  # it is the parent's, who goes on with it

    def _confirm(self, connection: Connection, before: tuple[int, ...] | None) -> None:
        """Raise what SQLite would have said, had it been allowed to lock the file that it read."""
        if self.file is None:  # nor may a connection to a server be asked for anything once it is broken
            return
        used: object = connection.connection.dbapi_connection
        if isinstance(used, Unlocked) and self.file.stamp() != before:
            cause = sqlite3.OperationalError("database is locked: it was written while it was read")
            raise OperationalError(None, None, cause)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def streamed(self, statement: Select[Any], page: int) -> Iterator[RowMapping]:
        """Yield the rows of a statement, so many at a time; a reader that stops early leaves nothing open.

        Raises
        ------
        StoreError
            The store cannot be read, or not by this process: what one began to read, its child cannot go on with.
        """
        patience, begun = self._patience(), False
        while not begun:
            try:
                with self.reading() as connection:
                    if not self.is_sqlite:  # whoever reads along, such as a person in a pager, may pause
                        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                    result = connection.execution_options(yield_per=page).execute(statement)
                    begun = True
                    yield from self._rows(result)
            except DBAPIError as error:
                if begun:
                    raise self.explained(error) from error
                patience.bear(error)
                self._told = patience.told

    def _rows(self, result: CursorResult[Any]) -> Iterator[RowMapping]:
        process = os.getpid()
        try:
            for row in result.mappings():
                yield row
                if os.getpid() != process:
                    raise StoreUnreachableError(
                        f"rows of the store {self.shown} must be read by the process that asked for them, got its "
                        "child; let the child ask for them itself"
                    )
        finally:
            if os.getpid() == process:
                result.close()

    def _patience(self, seconds: float | None = None) -> Patience:
        return Patience(self.patience if seconds is None else seconds, self.shown, self.clock, silent=self._told)

    def _run(
        self,
        begun: Callable[[], AbstractContextManager[Connection]],
        work: Callable[[Connection], T],
        seconds: float | None = None,
    ) -> T:
        patience = self._patience(seconds)
        while True:
            try:
                with begun() as connection:
                    result = work(connection)
            except DBAPIError as error:
                patience.bear(error)
                self._told = patience.told
            else:
                self._told = False
                return result

    def explained(self, error: DBAPIError) -> Exception:
        """Return what a user can act on, or the error itself where only a programmer can."""
        return explained(error, self.shown)


def _sqlite_engine(url: URL, file: File, clock: Clock) -> Engine:
    # No pool: connections are cheap, and none is left open across a fork or an idle hour.
    engine = create_engine(url, poolclass=NullPool, creator=file.connect)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:  # noqa: ARG001
        # sqlite3 must not begin transactions of its own: a read that turns into a write would be refused at once.
        connection.isolation_level = None
        # Or one damaged byte in a text of one row hides every other row.
        connection.text_factory = lambda text: text.decode("utf-8", "backslashreplace")
        if clock.wall is not None:
            connection.create_function("basin_now", 0, clock.wall)
        for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("basin_rebuild", False):  # neither can be said inside a transaction
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
        write = options.get("basin_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    given = url.query.get("options", "")
    options = (
        "-c statement_timeout=60s",
        "-c idle_in_transaction_session_timeout=60s",
        f"-c lock_timeout={SERVER_LOCK_SECONDS:g}s",
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

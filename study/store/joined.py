"""Joined: what somebody else's library commits piece by piece, as one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker


@contextmanager
def joined(engine: Engine) -> Iterator[scoped_session[Session]]:
    """Yield sessions whose commits count at the end, all at once; what fails or is killed before leaves nothing.

    Nobody else sees any of it meanwhile. Each session is a savepoint of one transaction: it may roll back by itself.

    Parameters
    ----------
    engine
        Of SQLite or PostgreSQL. An SQLite file is locked for others that write, from the beginning.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            driver: Any = connection.connection.dbapi_connection
            driver.isolation_level = None  # or it begins late, and a savepoint is a transaction of its own
        with connection.begin():
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            sessions = scoped_session(sessionmaker(bind=connection, join_transaction_mode="create_savepoint"))
            try:
                yield sessions
            finally:
                sessions.remove()

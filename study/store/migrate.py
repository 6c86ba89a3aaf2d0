"""The schema of a store: made when the store is empty, recognised, never migrated behind the user's back."""

from __future__ import annotations

import sqlite3
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from study.errors import SchemaError, StoreUnreachableError
from study.store.database import SCHEMA, SERVER_LOCK_SECONDS, Database
from study.store.diagnosis import cause
from study.store.schema import VIEW, metadata

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "basin_version"
HEAD = "0003"
"""Revision this release works with; a test proves that it is the newest migration."""

LOCK = 0x6261_7369_6E  # "basin": the advisory lock that serialises migrations on PostgreSQL


@cache
def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - a quarter of a second, and rarely needed

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def current(connection: Connection) -> str | None:
    """Return the revision of the schema, None where there is none.

    Raises
    ------
    StoreUnreachableError
        The schema is there, but not for this role.
    """
    if connection.dialect.name == "postgresql" and _may_use(connection) is False:
        raise StoreUnreachableError(
            f"the store cannot be used by this role; its owner lets it read with GRANT USAGE ON SCHEMA {SCHEMA} and "
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA}"
        )
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant


def _may_use(connection: Connection) -> bool | None:
    """Tell whether the role may use PostgreSQL's schema of Basin, None where there is no such schema."""
    statement = "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = :schema"
    return connection.execute(text(statement), {"schema": SCHEMA}).scalar()


def ensure(database: Database, *, create: bool = True) -> None:
    """Make the schema in an empty store, unless ``create`` is off; many processes may do so at once.

    Raises
    ------
    SchemaError
        The store has an older, a newer or a foreign schema, or none and is not to be given one.
    """
    revision = database.read(current)
    if revision is None and not create:
        raise SchemaError(
            f"the database {database.shown} holds no store; `basin run` makes one, --store names another"
        )
    if revision is None:
        if database.is_sqlite:
            _use_wal(database)
        revision = database.rebuild(_make)
    if revision != HEAD:
        known = _revisions()
        advice = (
            "run `basin db upgrade` once, with no driver running"
            if revision in known
            else "it was written by a newer release; upgrade Basin"
        )
        raise SchemaError(f"the store {database.shown} must have schema {HEAD}, got {revision!r}; {advice}")


def upgrade(database: Database) -> tuple[str | None, str]:
    """Bring the schema to this release's in one transaction; return the revisions before and after.

    Raises
    ------
    SchemaError
        The schema is unknown, or something would not be kept; the store is as it was.
    StoreUnreachableError
        The store cannot be written, such as on a full disk; it is as it was.
    """
    before = database.read(current)
    if before == HEAD:
        return before, before
    if before is not None and before not in _revisions():
        raise SchemaError(
            f"the store {database.shown} has schema {before!r}, which this release does not know; upgrade Basin"
        )
    try:
        return before, database.rebuild(_make)
    except IntegrityError as error:
        raise SchemaError(
            f"the store {database.shown} holds rows that no release writes, and was left as it was: {cause(error)}; "
            "restore it from a copy, or delete the study that has them with the release that made the store"
        ) from error


def _use_wal(database: Database) -> None:
    """Turn on write-ahead logging, which stays on in the file: readers and the one writer do not block each other."""
    # The mode cannot change inside a transaction, and waits for no lock: hence the bare connection and the loop.
    deadline = time.monotonic() + database.patience
    while True:
        bare = database.engine.raw_connection()
        try:
            bare.cursor().execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise StoreUnreachableError(f"the store {database.shown} cannot be used: {error}") from error
            time.sleep(0.05)
        except sqlite3.DatabaseError as error:
            raise StoreUnreachableError(f"the store {database.shown} cannot be used: {error}") from error
        else:
            return
        finally:
            bare.close()


def _make(connection: Connection) -> str:
    from alembic import command  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))  # who makes a schema has others wait for it
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        # Tables that somebody reads are waited for by trying again, which is told; a large one is changed for long.
        connection.execute(text(f"SET LOCAL lock_timeout = '{SERVER_LOCK_SECONDS:g}s'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        if _may_use(connection) is None:  # one that is there needs no right to make it
            _make_room(connection)
    revision = current(connection)
    if revision == HEAD:
        return revision
    if revision is None:
        # In a database that others use, tables of these names are theirs.
        found = inspect(connection)
        taken = sorted({*found.get_table_names(), *found.get_view_names()} & {*metadata.tables, VIEW})
        if taken:
            raise SchemaError(
                f"the database has tables named {', '.join(taken)} that are not Basin's; use another database, or on "
                f"PostgreSQL make room in the schema {SCHEMA!r}"
            )
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return str(current(connection))


def _make_room(connection: Connection) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise StoreUnreachableError(
            f"the database must keep its text as UTF8, got {encoding}; make one that does, such as with "
            "createdb --encoding=UTF8 --template=template0 NAME"
        )
    connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))


def _revisions() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}

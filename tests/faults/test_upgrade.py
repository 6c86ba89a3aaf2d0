"""Faults of an upgrade: its process is killed, its disk is full. The store is then the old one, whole."""

import signal
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import event

from study.errors import SchemaError, StoreUnreachableError
from study.store import Store, migrate
from tests.contract.old import old_store, whole
from tests.contract.test_upgrade import assert_kept
from tests.faults.test_sqlite import full

UPGRADE = """
import sys
from sqlalchemy import event
from study.store import Store

left = [int(sys.argv[2])]
with Store(sys.argv[1], check_schema=False) as store:
    if store.database.is_sqlite:  # a cache of a few pages: what is changed goes to the disk at once

        @event.listens_for(store.database.engine, "connect")
        def spill(connection, _record):
            connection.execute("PRAGMA cache_size = 5")

    def pause(*_):
        left[0] -= 1
        if left[0] < 0:
            print("there", flush=True)
            sys.stdin.readline()

    event.listen(store.database.engine, "before_cursor_execute", pause)
    event.listen(store.database.engine, "commit", pause)
    store.upgrade()
print("done", flush=True)
"""


def upgrading(location, statements):
    """Start an upgrade that pauses after so many statements, and return it and what it says."""
    command = [sys.executable, "-c", UPGRADE, location, str(statements)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return child, child.stdout.readline()


@pytest.mark.parametrize(("revision", "every"), [("0001", 8), ("0002", 3)])
def test_an_upgrade_that_is_killed_leaves_the_old_store_and_is_done_by_the_next(location, revision, every):
    old = old_store(location, revision=revision)
    with Store(location, check_schema=False) as store:
        before, statements = whole(store), counted(store)
        assert whole(store) == before
        for at in (*range(every, statements, every), statements - 1):
            child, said = upgrading(location, at)
            assert said == "there\n"
            child.send_signal(signal.SIGKILL)
            child.communicate()
            assert child.returncode == -signal.SIGKILL
            assert whole(store) == before, f"killed after {at} statements"
            with pytest.raises(SchemaError, match="run `basin db upgrade` once"):
                Store(location)
        child, said = upgrading(location, statements)
        assert (said, child.wait()) == ("done\n", 0)
        child.communicate()
        assert_kept(store, old)
        assert store.findings() == []


def counted(store):
    """Return how many statements an upgrade takes, its commit included, and undo it."""
    count = [0]

    def one_more(*_):
        count[0] += 1

    def undo(*_):
        raise KeyboardInterrupt

    hooks = [("before_cursor_execute", one_more), ("commit", one_more), ("commit", undo)]
    for name, hook in hooks:
        event.listen(store.database.engine, name, hook)
    with pytest.raises(KeyboardInterrupt):
        store.upgrade()
    for name, hook in hooks:
        event.remove(store.database.engine, name, hook)
    return count[0]


def test_a_disk_that_fills_up_during_an_upgrade_leaves_the_old_store(tmp_path):
    path = tmp_path / "basin.db"
    old = old_store(str(path))
    with Store(str(path), check_schema=False) as store:
        before = whole(store)
        with sqlite3.connect(path) as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.close()
        room = [pages]
        full(store, room)
        refused = 0
        while room[0] < 10 * pages:
            try:
                store.upgrade()
            except StoreUnreachableError as error:
                assert "is full; make room on that disk and run the command again" in str(error)  # noqa: PT017
                assert whole(store) == before
                refused += 1
                room[0] += 1
            else:
                break
        assert refused >= 5
        assert_kept(store, old)
        assert store.findings() == []


@pytest.mark.postgres
def test_a_server_without_room_is_named_and_its_store_left(fresh_database):
    location = fresh_database.render_as_string(hide_password=False)
    old = old_store(location)
    with Store(location, check_schema=False) as store:
        before = whole(store)

        def fill_up(connection, _cursor, statement, *_):
            if statement.startswith("UPDATE trial"):
                connection.exec_driver_sql(
                    "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' "
                    "USING ERRCODE = '53100'; END $$"
                )

        event.listen(store.database.engine, "before_cursor_execute", fill_up)
        with pytest.raises(StoreUnreachableError, match="No space left on device; make room on that disk"):
            store.upgrade()
        event.remove(store.database.engine, "before_cursor_execute", fill_up)
        assert whole(store) == before
        assert store.upgrade() == ("0001", migrate.HEAD)
        assert_kept(store, old)

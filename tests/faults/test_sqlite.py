"""Faults of an SQLite store: a full disk, and many writers beside a polling reader."""

import sqlite3
import threading

import pytest

from study.errors import StoreUnreachableError
from study.hosts import Process
from study.store import Store
from tests.contract.helpers import claim, claim_one, completion, everything, make, rows, states, tell


@pytest.fixture
def file(tmp_path):
    return tmp_path / "basin.db"


@pytest.fixture
def disk(file):
    with Store(str(file), patience=0.5, create=True) as store:
        store.leases.register("ann", Process.current())
        yield store


def full(store, pages):
    """Let the database grow to so many pages at the most, on every new connection."""
    from sqlalchemy import event

    @event.listens_for(store.database.engine, "connect")
    def limit(connection, _record):
        connection.execute(f"PRAGMA max_page_count = {pages[0]}")


def test_a_full_disk_names_the_store_writes_nothing_half_and_heals(disk, file):
    study = make(disk, seeds=2)
    lease = claim_one(disk, study)
    before = everything(disk)
    limit = [sqlite3.connect(file).execute("PRAGMA page_count").fetchone()[0]]
    full(disk, limit)
    with pytest.raises(StoreUnreachableError) as caught:
        make(disk, name="large", seeds=500)
    assert str(file) in str(caught.value)
    assert "make room" in str(caught.value)
    assert everything(disk) == before
    assert [one.name for one in disk.studies.all()] == ["study"]
    limit[0] = 2**30
    assert tell(disk, completion(lease)) == set()
    assert make(disk, name="large", seeds=500).name == "large"
    assert disk.findings() == []


def test_eight_writers_and_a_polling_reader_meet_no_lock(file):
    with Store(str(file), create=True) as first:
        study = make(first, seeds=40)
    errors, done = [], threading.Event()

    def write(name):
        try:
            with Store(str(file)) as store:
                store.leases.register(name, Process.current())
                while leases := claim(store, study, name, limit=3):
                    store.leases.renew(name)
                    assert tell(store, *map(completion, leases), driver=name) == set()
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    def read():
        try:
            with Store(str(file)) as store:
                while not done.is_set():
                    store.studies.status(study)
                    list(store.queries.trials(study.id, limit=50))
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(8)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert errors == []
    with Store(str(file)) as store:
        assert set(states(store)) == {"complete"}
        assert [row["attempt"] for row in rows(store)] == [1] * 120

"""A store that somebody has locked: whoever asks is told what it waits for, and ends with a sentence."""

import contextlib
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from study.errors import StoreUnreachableError
from study.hosts import Process
from study.store import Store
from tests.contract.helpers import claim_one, expire_leases, make, row

BASIN = str(Path(sys.executable).with_name("basin"))


@contextlib.contextmanager
def locked(location):
    """Keep everybody else from the trials of a store."""
    if "://" in location:
        engine = create_engine(location)
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE basin.trial IN ACCESS EXCLUSIVE MODE"))
            yield
        engine.dispose()
        return
    with contextlib.closing(sqlite3.connect(location)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield


@pytest.fixture
def study(location):
    with Store(location, create=True) as store:
        return make(store)


@pytest.mark.acceptance
@pytest.mark.parametrize("words", [("show", "study"), ("trials", "study", "--json"), ("cancel", "study")])
def test_a_command_says_what_it_waits_for_and_ends_with_a_sentence(location, study, words, tmp_path):
    with locked(location):
        done = subprocess.run(
            [BASIN, *words, "--store", location],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=120,
            check=False,
        )
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    waiting, ending = done.stderr.splitlines()
    assert waiting.startswith("waiting for the store ")
    assert waiting.endswith("at most 5 s: another process has locked what is asked for")
    assert ending.startswith("basin: the store ")
    assert "try again when that ends" in ending


@pytest.mark.acceptance
def test_a_command_goes_on_when_the_lock_ends(location, study, tmp_path):
    with locked(location):
        process = subprocess.Popen(
            [BASIN, "cancel", "study", "--store", location],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        assert process.stderr.readline().startswith("waiting for the store ")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.startswith("cancelled 6 trials"), err) == (0, True, "")


def test_a_wait_is_told_once_and_again_after_the_next_success(location, study, caplog):
    with Store(location, patience=2.5) as store:
        for _ in range(2):
            with locked(location):
                for _ in range(2):
                    with pytest.raises(StoreUnreachableError, match="try again when that ends"):
                        store.studies.counts(study.id)
            assert store.studies.counts(study.id).total == 6
    assert [record.name for record in caplog.records] == ["study.store.patience"] * 2


def test_no_wait_is_longer_than_its_patience_by_more_than_a_try(location, study):
    with Store(location, patience=2.0) as store, locked(location):
        begun = time.monotonic()
        with pytest.raises(StoreUnreachableError):
            store.studies.cancel(study)
        assert time.monotonic() - begun < 20.0  # it was 30 s, and 60 s, before the lock was given up


@contextlib.contextmanager
def locked_for(location, seconds):
    """Have a store locked when the block begins, and for so long."""
    held, release = threading.Event(), threading.Event()

    def hold():
        with locked(location):
            held.set()
            release.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(60)
    threading.Timer(seconds, release.set).start()
    yield
    thread.join()


def test_rows_wait_for_a_lock_too(location, study, caplog):
    with Store(location) as store, locked_for(location, 2.5):
        assert len(list(store.queries.trials(study.id))) == 6
    assert len(caplog.records) == 1


def test_who_moves_the_leases_of_a_race_waits_for_a_lock_too(location, study):
    with Store(location) as store:
        store.leases.register("ann", Process.current())
        lease = claim_one(store, study)
        with locked_for(location, 2.5):
            expire_leases(store, "ann")
        assert row(store, lease)["lease_until"] < row(store, lease)["created_at"]

"""A user's working directory that nothing of the environment reaches into, and a store in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3

import pytest

from study.drive import Driver, World
from study.store import Store
from tests.unit.study.drives import Watcher


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in an empty folder, without variables of Basin's."""
    for name in list(os.environ):
        if name.startswith("BASIN_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """Return the file of a store without studies, made once."""
    path = tmp_path_factory.mktemp("empty") / "basin.db"
    Store(str(path), create=True).close()
    return path


@pytest.fixture
def store(folder, empty_store):
    """Yield an open store in the folder."""
    path = shutil.copy(empty_store, folder / "basin.db")
    # The last connection that closes writes the whole log back, which takes longer than most tests: keep one open.
    with contextlib.closing(sqlite3.connect(path)) as kept, Store(str(path)) as opened:
        kept.execute("SELECT count(*) FROM study").fetchall()
        yield opened


@pytest.fixture
def no_pauses(monkeypatch):
    monkeypatch.setattr("study.drive.driver.IDLE_SECONDS", 0.0)


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def drive(store, watcher):
    """Return a function that drives a study with a stand-in for Ray and returns its status."""

    def drive(study, executor, on=store, **world):
        world = World(executor=executor, **world)
        return Driver(on, study, world=world, data=None, observer=watcher).run()

    return drive

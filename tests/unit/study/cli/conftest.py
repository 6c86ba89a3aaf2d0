"""The command line in this process: what it prints, and how it ends."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass

import pytest

from study.cli.app import run
from study.store import Store
from tests.unit.study.common import create, fill, sql

PLANE = {"lr": {"values": [0.01, 0.1, 1.0]}, "p": {"values": [0.0, 0.5]}}


@dataclass(frozen=True)
class Done:
    """What a command left with, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def basin(folder, capsys):
    """Return a function that runs ``basin`` in an empty folder."""

    def basin(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Done(ended.value.code or 0, printed.out, printed.err)

    return basin


@pytest.fixture(scope="session")
def copies(empty_store, tmp_path_factory):
    """Return files of stores with the study `small`: one with every outcome, one complete; made once."""
    files = {}
    for name, results, changes in (
        ("filled", [30.0, 20.0, "diverged", 10.0, "failed"], {"space": PLANE, "seeds": 1}),
        ("finished", [60.0, 50.0, 40.0, 30.0, 20.0, 10.0], {}),
    ):
        files[name] = shutil.copy(empty_store, tmp_path_factory.mktemp(name) / "basin.db")
        with Store(str(files[name])) as store:
            fill(store, create(store, **changes), results)
    return files


@pytest.fixture
def filled(folder, copies):
    """Yield a store with the study `small`: every outcome, and a trial that waits."""
    shutil.copy(copies["filled"], folder / "basin.db")
    with Store(str(folder / "basin.db")) as opened:
        yield opened


@pytest.fixture
def finished(folder, copies):
    """Yield a store with the study `small`, complete."""
    shutil.copy(copies["finished"], folder / "basin.db")
    with Store(str(folder / "basin.db")) as opened:
        yield opened


@pytest.fixture
def impatient(monkeypatch):
    """Give a database that cannot be reached up at once."""
    monkeypatch.setitem(Store.__init__.__kwdefaults__, "patience", 0.0)


@pytest.fixture
def untouched(filled):
    """Check at the end that nothing was written."""
    before = [sql(filled, f"SELECT * FROM {table}") for table in ("study", "configuration", "trial", "attempt")]
    yield
    assert [
        sql(filled, f"SELECT * FROM {table}") for table in ("study", "configuration", "trial", "attempt")
    ] == before

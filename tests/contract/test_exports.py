"""Exports into databases of others, on both of them: whole or not at all, whatever becomes of who writes."""

import subprocess
import sys

import optuna
import pytest
from optuna.storages import RDBStorage
from sqlalchemy import NullPool

from study.errors import StoreUnreachableError, UsageError
from study.interchange import optuna_writing
from study.interchange.optuna_writing import write
from study.operations.exporting import told_to_optuna
from study.store.location import foreign
from tests.contract.helpers import claim, completion, make, tell

EXPORT = """
import sys
from study.interchange import optuna_writing as writing
from study.operations.exporting import told_to_optuna
from study.store import Store
from study.store.location import foreign

trial, written = writing._trial, []

def stopping(cell, *others):
    if len(written) == 4:  # of the second arm
        print("half", flush=True)
        sys.stdin.read()
    written.append(cell)
    return trial(cell, *others)

writing._trial = stopping
with Store(sys.argv[1]) as store:
    told = list(told_to_optuna(store, store.studies.get("study"), print))
    writing.write(foreign(sys.argv[2], writing=True), told, force=sys.argv[3] == "force")
"""


@pytest.fixture
def study(store):
    """Return a study of two arms, three configurations each, all trained."""
    made = make(store, arms={"one": {}, "other": {"optimizer": {"name": "adam"}}}, seeds=1)
    for lease in claim(store, made, limit=6):
        tell(store, completion(lease, *[100.0 * lease.configuration["lr"]] * 3))
    return made


@pytest.fixture
def theirs(store, location, tmp_path):
    return str(tmp_path / "optuna.db") if store.database.is_sqlite else location


def export(store, study, theirs, **options):
    write(foreign(theirs, writing=True), list(told_to_optuna(store, study, print)), **options)


def found(theirs):
    """Return how many trials each study there has, and the sum of their values."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = RDBStorage(foreign(theirs, writing=True).url, {"poolclass": NullPool})
    every = optuna.get_all_study_summaries(storage)
    values = {
        it.study_name: [one.value for one in optuna.load_study(study_name=it.study_name, storage=storage).trials]
        for it in every
    }
    return {name: (len(them), pytest.approx(sum(them))) for name, them in values.items()}


WHOLE = {"study-one": (3, 111.0), "study-other": (3, 111.0)}


@pytest.mark.parametrize("before", ["", "force"], ids=["nothing there", "in the place of another"])
def test_a_killed_export_leaves_what_was_there(store, study, location, theirs, before):
    if before:
        export(store, study, theirs)
        store.growth.retry(study)
        for lease in claim(store, study, limit=6):
            tell(store, completion(lease, 7.0, 7.0, 7.0))
    there = found(theirs)
    assert there == (WHOLE if before else {})
    command = [sys.executable, "-c", EXPORT, location, theirs, before]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "half\n"
        assert found(theirs) == there, "nobody sees half of it"
        child.kill()
    assert found(theirs) == there
    export(store, study, theirs, force=bool(before))
    assert found(theirs) == (dict.fromkeys(WHOLE, (3, 21.0)) if before else WHOLE)


@pytest.mark.parametrize(
    "error", [RuntimeError("the disk is full"), KeyboardInterrupt()], ids=["failed", "interrupted"]
)
def test_what_ends_an_export_leaves_what_was_there(store, study, theirs, monkeypatch, error):
    export(store, study, theirs)
    trial, written = optuna_writing._trial, []

    def failing(*arguments):
        written.append(arguments)
        if len(written) == 5:
            raise error
        return trial(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(optuna_writing, "_trial", failing)
        with pytest.raises(StoreUnreachableError if isinstance(error, RuntimeError) else KeyboardInterrupt):
            export(store, study, theirs, force=True)
    assert found(theirs) == WHOLE
    export(store, study, theirs, force=True)
    assert found(theirs) == WHOLE


def test_of_two_exports_at_once_one_is_refused(store, study, theirs, monkeypatch):
    export(store, study, theirs)
    monkeypatch.setattr(RDBStorage, "get_all_studies", lambda _: [])  # when the other has not yet written
    with pytest.raises(UsageError, match="holds 'study-one' already"):
        export(store, study, theirs)
    monkeypatch.undo()
    assert found(theirs) == WHOLE

"""Driving: how it ends, and what a command would leave with; nothing is trained here."""

from __future__ import annotations

import contextlib
import signal

import pytest

from search_spaces.exits import Exit
from search_spaces.plugins import Plugins
from study.errors import StoreBrokenError, StudyNotFoundError, UsageError
from study.interruption import Interruption
from study.operations import driving
from study.operations.driving import Means, drive
from tests.unit.study.common import create, fill, specification
from tests.unit.study.drives import Watcher


@pytest.fixture
def driven(store, monkeypatch):
    """Return a function that drives with a stand-in for what trains."""

    def driven(study, work):
        def stand_in(_store, _study, interruption, **_options):
            work(interruption)
            return store.studies.status(study)

        monkeypatch.setattr(driving, "_driven", stand_in)
        return drive(
            store,
            study,
            Means(),
            Plugins(),
            watch=lambda: contextlib.nullcontext(Watcher()),
            interruption=Interruption(),
        )

    return driven


ENDS = {
    "done": ([10.0] * 6, Exit.DONE),
    "failed": ([10.0] * 5 + ["failed"], Exit.TRIALS_FAILED),
    "diverged": (["diverged"] * 6, Exit.DONE),
    "unfinished": ([10.0], Exit.FAILED),
}


@pytest.mark.parametrize(("results", "code"), ENDS.values(), ids=ENDS.keys())
def test_an_outcome_has_its_code(store, driven, results, code):
    study = create(store)
    outcome = driven(study, lambda _: fill(store, study, results))
    assert outcome.exit is code
    assert outcome.trained
    assert outcome.finished == (code is not Exit.FAILED)
    assert outcome.to_dict()["trials"]["total"] == 6


def test_what_is_finished_is_not_driven(store, driven):
    study = create(store)
    fill(store, study, [10.0] * 6)
    outcome = driven(study, lambda _: pytest.fail("driven"))
    assert (outcome.trained, outcome.exit) == (False, Exit.DONE)


def test_an_interruption_is_one_whoever_brought_it(store, driven):
    def interrupted(_interruption):
        raise KeyboardInterrupt

    outcome = driven(create(store), interrupted)
    assert (outcome.interrupted, outcome.exit) == (True, Exit.INTERRUPTED)


@pytest.mark.parametrize("at_once", [False, True])
def test_no_signal_keeps_an_interrupted_drive_from_saying_where_it_stands(store, driven, monkeypatch, at_once):
    heard = []

    def work(interruption):
        heard.append(interruption)
        interruption.stop = lambda: None
        interruption.handle(signal.SIGINT, None)
        if at_once:
            raise KeyboardInterrupt

    def again(study, ask=store.studies.status):
        for interruption in heard:
            monkeypatch.setattr(interruption, "_answered", -1e9)
            interruption.handle(signal.SIGINT, None)
        return ask(study)

    study = create(store)
    monkeypatch.setattr(store.studies, "status", again)
    outcome = driven(study, work)
    assert outcome.interrupted
    heard[0].handle(signal.SIGINT, None)  # raises nothing


def test_what_ended_in_time_is_done_although_it_was_interrupted(store, driven):
    study = create(store)

    def late(interruption):
        fill(store, study, [10.0] * 6)
        interruption.happened = True

    outcome = driven(study, late)
    assert (outcome.interrupted, outcome.exit) == (True, Exit.DONE)


def test_a_study_that_was_deleted_meanwhile_is_not_found(store, driven):
    study = create(store)
    with pytest.raises(StudyNotFoundError, match="was deleted while it was driven"):
        driven(study, lambda _: store.studies.delete(study))


def test_a_store_that_is_damaged_is_said_to_be(store, driven):
    def broken(_interruption):
        raise StoreBrokenError("damaged")

    with pytest.raises(StoreBrokenError, match="damaged"):
        driven(create(store), broken)


# --- means ---


def test_means_come_from_arguments_before_the_environment_before_the_file(folder, monkeypatch):
    (folder / "basin.toml").write_text('workers = 2\ndata = "file"\n')
    monkeypatch.setenv("BASIN_DATA", "variable")
    means = Means.resolved(data="argument")
    assert (means.workers, means.data, means.address) == (2, str(folder / "argument"), None)
    assert Means.resolved().data == str(folder / "variable")


def test_a_faulty_argument_is_called_as_its_door_calls_it(folder):
    with pytest.raises(UsageError, match=r"^--workers must be a whole number from 1 on, got 0$"):
        Means.resolved(workers=0)
    with pytest.raises(UsageError, match=r"^workers must be a whole number from 1 on, got 'many'$"):
        Means.resolved(workers="many", marks="")


def test_a_machine_that_is_too_small_is_refused(folder, monkeypatch):
    with pytest.raises(UsageError, match=r"resources\.cpus must be at most what this machine has"):
        Means().prepare(specification(resources={"cpus": 1024}), Plugins())


def test_elsewhere_this_machine_does_not_matter(folder, monkeypatch):
    assert Means(address="10.0.0.1:6379").prepare(specification(resources={"cpus": 1024}), Plugins()) == []


def test_an_address_that_is_not_used_is_told(folder, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert Means().prepare(specification(), Plugins()) == [
        "RAY_ADDRESS is not used; --address or BASIN_ADDRESS names a cluster"
    ]

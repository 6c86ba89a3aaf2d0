from __future__ import annotations

import io
import shlex
import sys

import pytest

from study.trials import Counts
from tests.unit.study.common import create, lease, sql, tpe
from tests.unit.study.drives import inline


def test_cancelling_takes_what_has_no_outcome(basin, filled):
    assert basin("cancel", "small").out == (
        "cancelled 1 trials of study small; what was finished stays\n"
        "`basin retry small --where \"state = 'cancelled'\"` takes them back\n"
    )
    assert filled.studies.counts(1).to_dict() == {
        "total": 6, "complete": 3, "diverged": 1, "failed": 1, "cancelled": 1, "running": 0, "waiting": 0,
        "superseded": 0,
    }  # fmt: skip


def test_cancelling_again_takes_nothing(basin, filled):
    assert basin("cancel", "small", "--json").json == {"name": "small", "cancelled": 1}
    assert basin("cancel", "small", "--json").json == {"name": "small", "cancelled": 0}


def test_a_cancelled_study_says_so_and_how_to_go_on(basin, filled):
    basin("cancel", "small")
    assert basin("show", "small", "--json").json["state"] == "cancelled"
    out = basin("show", "small").out
    assert out.startswith("small: cancelled\n")
    assert "basin retry small --where \"state = 'cancelled'\"" in out


@pytest.mark.parametrize("changes", [{}, tpe(3)], ids=["grid", "adaptive"])
def test_cancelled_trials_are_trained_after_all_by_the_command_that_is_named(basin, store, drive, changes):
    study = create(store, **changes)
    basin("cancel", "small")
    command = shlex.split(basin("show", "small").out.split("`")[1])
    assert basin(*command[1:], "--json").json == {"name": "small", "retried": 6}
    assert drive(study, inline()).counts == Counts(complete=6, superseded=6)
    assert store.findings() == []


def test_reaping_takes_expired_leases_back(basin, store):
    lease(store, create(store), limit=2)
    sql(store, "UPDATE trial SET lease_until = 0.0 WHERE number = 1")
    assert basin("reap").out == "took back 1 expired leases\n"
    assert store.studies.counts(1).running == 1


def test_reaping_leaves_leases_in_force(basin, store):
    lease(store, create(store), limit=2)
    assert basin("reap", "--json").json == {"reaped": 0}


@pytest.fixture
def answering(monkeypatch):
    """Return a function that sits a person at the terminal, who answers."""

    def answering(text):
        person = io.StringIO(text)
        person.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", person)

    return answering


def test_a_deleted_study_is_gone(basin, filled):
    done = basin("delete", "small", "--yes")
    assert (done.code, done.out) == (0, "deleted study small: 6 trials, 7 attempts, 6 epochs\n")
    assert basin("show", "small").code == 3
    assert basin("studies", "--json").json == []
    assert [sql(filled, f"SELECT * FROM {table}") for table in ("trial", "attempt", "epoch", "driver")] == [[]] * 4


def test_a_deletion_is_told_as_json(basin, filled):
    assert basin("delete", "small", "--yes", "--json").json == {
        "name": "small", "deleted": {"trials": 6, "attempts": 7, "epochs": 6},
    }  # fmt: skip


def test_a_person_is_asked_with_the_counts(basin, filled, answering):
    answering("y\n")
    done = basin("delete", "small", "--json")
    assert "study small has 6 trials, 7 attempts, 6 epochs; delete it? [y/N]" in done.err
    assert done.json["deleted"]["trials"] == 6


@pytest.mark.parametrize("answer", ["n\n", "\n"])
@pytest.mark.usefixtures("untouched")
def test_a_person_who_says_no_keeps_the_study(basin, answering, answer):
    answering(answer)
    done = basin("delete", "small")
    assert done.code == 1
    assert done.err.endswith("nothing was deleted\n")


@pytest.mark.usefixtures("untouched", "handlers")
def test_a_person_who_leaves_keeps_the_study(basin, answering):
    answering("")
    done = basin("delete", "small")
    assert done.code == 130
    assert done.err.endswith("basin: interrupted\n")


@pytest.mark.usefixtures("untouched")
def test_where_nobody_can_be_asked_nothing_is_deleted(basin):
    done = basin("delete", "small")
    assert (done.code, done.out) == (2, "")
    assert "study small has 6 trials, 7 attempts, 6 epochs; add --yes to delete it" in done.err


def test_a_study_in_training_is_not_deleted_before_it_is_cancelled(basin, store):
    lease(store, create(store), limit=2)
    done = basin("delete", "small", "--yes")
    assert done.code == 2
    assert "got 2 trials in training; stop their drivers, or run `basin cancel small` first" in done.err
    assert len(sql(store, "SELECT * FROM trial")) == 6
    basin("cancel", "small")
    assert basin("delete", "small", "--yes").code == 0

"""Leases that are given back, or taken back from the dead."""

import dataclasses
import subprocess
import sys

import pytest

from study.hosts import Process
from study.store.leases import MAX_EXPIRIES, MAX_IDLE
from study.trials import Counts
from tests.contract.helpers import (
    claim,
    claim_one,
    everything,
    expire_leases,
    make,
    now,
    progress,
    row,
    rows,
    run_sql,
    states,
    tell,
)

HERE = Process.current()


@pytest.fixture
def study(store):
    return make(store)


@pytest.fixture
def dead():
    """Return a process of this host that has ended."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = Process.of(child.pid)
    assert not process.is_dead()
    child.communicate()
    return process


# --- giving back ---


def test_a_released_trial_waits_again_and_nothing_is_counted_against_it(store, study):
    lease = claim_one(store, study)
    assert store.leases.release("ann", [lease.key]) == 1
    found = row(store, lease)
    assert (found["state"], found["attempt"], found["errors"], found["expiries"]) == ("waiting", 1, 0, 0)
    assert (found["driver_id"], found["lease_until"], found["progress_until"]) == (None, None, None)
    assert [row["ending"] for row in rows(store, "attempt")] == ["released"]
    assert claim_one(store, study, "ben").key == (lease.trial, 2)


def test_releasing_takes_only_what_the_driver_holds(store, study):
    mine, other = claim_one(store, study), claim_one(store, study, "ben")
    before = everything(store)
    stale = (mine.trial, mine.attempt + 1)
    assert store.leases.release("ann", [other.key, stale, (10**6, 1)]) == 0
    assert store.leases.release("ann", []) == 0
    assert everything(store) == before


def test_releasing_twice_changes_nothing(store, study):
    lease = claim_one(store, study)
    store.leases.release("ann", [lease.key])
    before = everything(store)
    assert store.leases.release("ann", [lease.key]) == 0
    assert everything(store) == before


def test_releasing_all_gives_back_whatever_a_driver_holds(store, study):
    claim(store, study, limit=2)
    claim_one(store, make(store, name="other"))
    claim_one(store, study, "ben")
    assert store.leases.release_all("ann") == 3
    assert store.studies.counts(study.id) == Counts(waiting=5, running=1)
    assert store.leases.release_all("ann") == 0


def test_releasing_keeps_the_count_of_expiries(store, study):
    claim_one(store, study, "ben")
    expire_leases(store)
    lease = claim_one(store, study)
    store.leases.release_all("ann")
    assert row(store, lease)["expiries"] == 1


def test_a_trial_that_is_only_ever_given_back_fails_at_a_bound(store, study):
    for attempt in range(1, MAX_IDLE + 1):
        lease = claim_one(store, study)
        assert (lease.number, lease.attempt) == (0, attempt)
        assert store.leases.release("ann", [lease.key]) == 1
    found = row(store, lease)
    assert (found["state"], found["errors"], found["expiries"]) == ("failed", 0, 0)
    assert found["reason"] == f"{MAX_IDLE} attempts in a row ended before their first epoch"
    assert claim_one(store, study).number == 1
    assert store.findings() == []


def test_an_epoch_resets_the_count_of_idle_attempts(store, study):
    for attempt in range(1, MAX_IDLE + 1):
        lease = claim_one(store, study)
        if attempt == 2:
            tell(store, progress(lease, 50.0))
        store.leases.release("ann", [lease.key])
    assert row(store, lease)["state"] == "waiting"


# --- a dead driver on the same host ---


def test_what_a_dead_process_of_this_host_holds_is_taken_back_at_once(store, study, dead):
    store.leases.register("gone", dead)
    lost = claim(store, study, "gone", limit=2)
    kept = claim_one(store, study)
    assert store.leases.take_back(study.id, "ann", HERE) == 2
    assert [row["state"] for row in rows(store)][:3] == ["waiting", "waiting", "running"]
    assert row(store, kept)["driver_id"] == "ann"
    assert [row["ending"] for row in rows(store, "attempt")] == ["released", "released", None]
    assert [lease.key for lease in claim(store, study, limit=2)] == [(lease.trial, 2) for lease in lost]


def test_a_process_whose_number_was_given_to_another_is_dead(store, study):
    store.leases.register("earlier", dataclasses.replace(HERE, started=HERE.started - 1_000.0))
    claim_one(store, study, "earlier")
    assert store.leases.take_back(study.id, "ann", HERE) == 1


def test_a_trial_that_outlives_its_drivers_fails_at_the_bound_of_expiries(store, study, dead):
    for attempt in range(1, MAX_EXPIRIES + 1):
        driver = f"gone{attempt}"
        store.leases.register(driver, dead)
        lease = claim_one(store, study, driver)
        assert (lease.number, lease.attempt) == (0, attempt)
        assert store.leases.take_back(study.id, "ann", HERE) == 1
        assert row(store, lease)["expiries"] == attempt
    assert row(store, lease)["state"] == "failed"
    assert store.leases.take_back(study.id, "ann", HERE) == 0


def test_a_driver_takes_nothing_back_from_itself_whatever_the_store_says_of_it(store, study, dead):
    run_sql(store, "UPDATE driver SET pid = :pid, process_started = :s", pid=dead.pid, s=dead.started)
    mine, other = claim_one(store, study), claim_one(store, study, "ben")
    assert store.leases.take_back(study.id, "ann", HERE) == 1
    assert (row(store, mine)["state"], row(store, other)["state"]) == ("running", "waiting")


def test_a_driver_of_an_older_release_is_waited_for(store, study, dead):
    """It was entered under the same host, as that release named it, with its start in seconds since 1970."""
    host = " ".join(HERE.host.split()[:3])
    store.leases.register("old", Process(host=host, pid=dead.pid, started=now(store)))
    claim_one(store, study, "old")
    assert store.leases.take_back(study.id, "ann", HERE) == 0
    assert states(store)[0] == "running"
    expire_leases(store)
    assert store.leases.reap() == 1


def test_a_living_process_keeps_what_it_holds(store, study):
    claim_one(store, study)
    expire_leases(store)
    before = everything(store)
    assert store.leases.take_back(study.id, "ann", HERE) == 0
    assert everything(store) == before


def test_a_dead_process_cannot_be_told_on_another_host(store, study, dead):
    store.leases.register("gone", dataclasses.replace(dead, host="elsewhere 1234 pid:[1]"))
    claim_one(store, study, "gone")
    assert store.leases.take_back(study.id, "ann", HERE) == 0
    assert states(store)[0] == "running"


def test_a_report_of_a_driver_thought_dead_is_refused(store, study, dead):
    store.leases.register("gone", dead)
    lease = claim_one(store, study, "gone")
    store.leases.take_back(study.id, "ann", HERE)
    assert tell(store, progress(lease, 50.0), driver="gone") == {lease.key}
    assert rows(store, "epoch") == []

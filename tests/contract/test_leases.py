"""Leases: claimed once, renewed, run out, fenced."""

import dataclasses
import threading

import pytest

from study.hosts import Process
from study.store import Store
from study.store.leases import MAX_EXPIRIES
from study.trials import Counts
from tests.contract.helpers import (
    claim,
    claim_one,
    completion,
    divergence,
    everything,
    expire_leases,
    expire_progress,
    failure,
    make,
    make_tpe,
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


# --- claims ---


def test_the_lowest_numbers_are_claimed_first(store, study):
    assert [lease.number for lease in claim(store, study, limit=2)] == [0, 1]
    assert [lease.number for lease in claim(store, study, "ben", limit=3)] == [2, 3, 4]


def test_a_claim_takes_at_most_its_limit_and_at_most_what_is_there(store, study):
    assert [len(claim(store, study, limit=limit)) for limit in (0, 4, 4, 4)] == [0, 4, 2, 0]


def test_a_lease_says_what_to_train(store, study):
    lease = claim(store, study, limit=4)[3]
    found = (lease.number, lease.attempt, lease.seed, lease.epochs, lease.configuration)
    assert found == (3, 1, 1, 3, {"lr": 0.1})


def test_a_claim_marks_the_trial_as_held(store, study):
    lease = claim_one(store, study)
    found, time = row(store, lease), now(store)
    assert (found["state"], found["attempt"], found["driver_id"]) == ("running", 1, "ann")
    assert 59 < found["lease_until"] - time + 1 < 62
    assert 3_599 < found["progress_until"] - time + 1 < 3_602
    assert abs(found["started_at"] - time) < 1
    assert states(store) == ["running"] + ["waiting"] * 5


def test_a_claim_opens_an_attempt(store, study):
    lease = claim_one(store, study, "ben")
    (attempt,) = rows(store, "attempt")
    assert (attempt["trial_id"], attempt["attempt"], attempt["driver_id"]) == (lease.trial, 1, "ben")
    assert (attempt["ended_at"], attempt["ending"]) == (None, None)
    assert abs(attempt["started_at"] - now(store)) < 1


def test_a_claim_is_of_one_study(store, study):
    other = make(store, name="other", seeds=1)
    assert len(claim(store, other, limit=99)) == 3
    assert store.studies.counts(study.id) == Counts(waiting=6)


def test_a_slot_that_no_proposal_filled_cannot_be_claimed(store):
    study = make_tpe(store)
    assert claim(store, study, limit=9) == []
    term = store.proposals.acquire(study.id, "ann")
    store.proposals.fill(study, term, "base", 1, {"lr": 0.1})
    assert [lease.number for lease in claim(store, study, limit=9)] == [2, 3]


def test_drivers_racing_for_a_study_get_each_trial_once(store, location):
    study = make(store, name="race", seeds=25)
    drivers = [f"driver{n}" for n in range(6)]
    for driver in drivers:
        store.leases.register(driver, HERE)
    start, found, errors = threading.Barrier(len(drivers)), [], []

    def race(driver, limit):
        try:
            with Store(location, check_schema=False) as mine:
                start.wait()
                while leases := claim(mine, study, driver, limit):
                    found.extend((lease.number, lease.attempt, driver) for lease in leases)
        except Exception as error:  # noqa: BLE001 - a thread's error must reach the test
            errors.append(error)

    threads = [threading.Thread(target=race, args=(driver, 1 + n % 3)) for n, driver in enumerate(drivers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted((number, attempt) for number, attempt, _ in found) == [(n, 1) for n in range(75)]
    assert {(row["number"], row["driver_id"]) for row in rows(store)} == {(n, driver) for n, _, driver in found}


def test_drivers_racing_for_expired_trials_get_each_once(store, location):
    study = make(store, name="race", seeds=10)
    claim(store, study, limit=30)
    expire_leases(store)
    start, found = threading.Barrier(4), []

    def race(driver):
        with Store(location, check_schema=False) as mine:
            start.wait()
            if driver == "reaper":
                mine.leases.reap()
            while leases := claim(mine, study, driver, 2):
                found.extend((lease.number, lease.attempt) for lease in leases)

    for driver in ("carl", "dora", "eve", "reaper"):
        store.leases.register(driver, HERE)
    threads = [threading.Thread(target=race, args=(driver,)) for driver in ("carl", "dora", "eve", "reaper")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = [row["number"] for row in rows(store) if row["state"] == "waiting"]
    assert sorted(found) == [(n, 2) for n in range(30) if n not in left]
    assert [row["expiries"] for row in rows(store)] == [1] * 30


# --- renewals ---


def test_a_renewal_returns_what_is_held_and_lengthens_it(store, study):
    leases = claim(store, study, limit=2)
    claim(store, study, "ben", limit=1)
    run_sql(store, "UPDATE trial SET lease_until = lease_until - 50 WHERE state = 'running'")
    assert store.leases.renew("ann") == {lease.key for lease in leases}
    left = {row["number"]: row["lease_until"] - now(store) for row in rows(store) if row["lease_until"]}
    assert left[0] > 55
    assert left[1] > 55
    assert left[2] < 15


def test_a_renewal_notes_that_the_driver_was_seen(store, study):
    run_sql(store, "UPDATE driver SET seen_at = 0")
    store.leases.renew("ben")
    assert {row["id"]: row["seen_at"] > 0 for row in rows(store, "driver")} == {"ann": False, "ben": True}


def test_a_renewal_leaves_the_deadline_for_progress(store, study):
    lease = claim_one(store, study)
    before = row(store, lease)["progress_until"]
    store.leases.renew("ann")
    assert row(store, lease)["progress_until"] == before


def test_a_driver_that_holds_nothing_renews_nothing(store, study):
    claim_one(store, study)
    before = everything(store)
    assert store.leases.renew("ben") == set()
    assert everything(store) == before


def test_a_lease_that_ran_out_and_nobody_took_is_still_held(store, study):
    lease = claim_one(store, study)
    expire_leases(store)
    assert store.leases.renew("ann") == {lease.key}
    assert claim_one(store, study, "ben").number == 1
    assert store.leases.reap() == 0


def test_registering_again_changes_nothing(store):
    before = rows(store, "driver")
    store.leases.register("ann", dataclasses.replace(HERE, pid=1))
    assert rows(store, "driver") == before


# --- expiry and the fence ---


@pytest.mark.parametrize("expire", [expire_leases, expire_progress])
def test_an_expired_trial_can_be_claimed(store, study, expire):
    old = claim_one(store, study)
    expire(store)
    new = claim_one(store, study, "ben")
    assert (new.trial, new.attempt) == (old.trial, 2)
    assert row(store, new)["expiries"] == 1
    endings = [(row["attempt"], row["driver_id"], row["ending"]) for row in rows(store, "attempt")]
    assert endings == [(1, "ann", "expired"), (2, "ben", None)]


@pytest.mark.parametrize("expire", [expire_leases, expire_progress])
def test_an_expired_trial_can_be_reaped(store, study, expire):
    lease = claim_one(store, study)
    expire(store)
    assert store.leases.reap() == 1
    found = row(store, lease)
    assert (found["state"], found["attempt"], found["expiries"], found["driver_id"]) == ("waiting", 1, 1, None)
    assert [row["ending"] for row in rows(store, "attempt")] == ["expired"]
    assert store.leases.reap() == 0


def test_a_lease_in_force_is_neither_claimed_nor_reaped(store, study):
    claim(store, study, limit=6)
    before = everything(store)
    assert claim(store, study, "ben", limit=6) == []
    assert store.leases.reap() == 0
    assert everything(store) == before


def test_reaping_can_be_limited_to_a_study(store, study):
    other = make(store, name="other")
    claim_one(store, study)
    claim_one(store, other)
    expire_leases(store)
    assert store.leases.reap(other.id) == 1
    assert (store.studies.counts(study.id).running, store.studies.counts(other.id).running) == (1, 0)


def test_reaping_takes_expired_trials_alone(store, study):
    claim(store, study, limit=2)
    claim(store, study, "ben", limit=2)
    expire_leases(store, "ann")
    assert store.leases.reap() == 2
    assert states(store) == ["waiting"] * 2 + ["running"] * 2 + ["waiting"] * 2


@pytest.mark.parametrize("take", ["claimed", "reaped"])
def test_the_old_holder_is_fenced_off(store, study, take):
    old = claim_one(store, study)
    expire_leases(store)
    if take == "reaped":
        store.leases.reap()
    else:
        claim_one(store, study, "ben")
    before = everything(store)
    for late in (completion(old), divergence(old), failure(old), progress(old, 50.0)):
        assert tell(store, late) == {old.key}
    assert store.leases.release("ann", [old.key]) == 0
    assert everything(store) == before
    assert old.key not in store.leases.renew("ann")


def test_an_epoch_moves_the_deadline_for_progress(store, study):
    lease = claim_one(store, study)
    run_sql(store, "UPDATE trial SET progress_until = progress_until - 3000 WHERE state = 'running'")
    tell(store, progress(lease, 50.0))
    assert row(store, lease)["progress_until"] - now(store) > 3_500


def test_a_lease_can_be_shorter_and_a_stall_too(location):
    with Store(location, lease_seconds=10.0, stall_seconds=20.0, create=True) as store:
        store.leases.register("ann", HERE)
        lease = claim_one(store, make(store))
        found, time = row(store, lease), now(store)
        assert 9 < found["lease_until"] - time + 1 < 12
        assert 19 < found["progress_until"] - time + 1 < 22


def test_a_new_attempt_begins_at_no_epoch(store, study):
    lease = claim_one(store, study)
    tell(store, progress(lease, 50.0, 40.0))
    expire_leases(store)
    assert row(store, lease)["epochs_done"] == 2
    claim_one(store, study, "ben")
    assert row(store, lease)["epochs_done"] == 0


def test_twenty_expiries_in_a_row_fail_the_trial(store, study):
    for attempt in range(1, MAX_EXPIRIES + 1):
        lease = claim_one(store, study)
        assert (lease.number, lease.attempt) == (0, attempt)
        expire_leases(store)
        assert store.leases.reap() == 1
    found = row(store, lease)
    assert (found["state"], found["expiries"], found["driver_id"]) == ("failed", 20, None)
    assert found["reason"] == "20 leases in a row ran out without progress"
    assert found["finished_at"] is not None
    assert claim_one(store, study).number == 1
    assert store.studies.counts(study.id).total == 6


def test_a_trial_that_is_only_ever_claimed_fails_at_the_same_bound(store, study):
    for attempt in range(1, MAX_EXPIRIES + 1):
        lease = claim_one(store, study, "ann" if attempt % 2 else "ben")
        assert (lease.number, lease.attempt) == (0, attempt)
        expire_leases(store)
    assert claim_one(store, study).number == 1
    assert store.leases.reap() == 1
    assert row(store, lease)["state"] == "failed"


def test_progress_resets_the_count_of_expiries(store, study):
    for attempt in range(1, MAX_EXPIRIES):
        lease = claim_one(store, study, "ben" if attempt % 2 else "ann")
        assert (lease.number, lease.attempt) == (0, attempt)
        expire_leases(store)
    assert row(store, lease)["expiries"] == MAX_EXPIRIES - 2
    tell(store, progress(lease, 50.0), driver="ben")
    assert row(store, lease)["expiries"] == 0
    expire_leases(store)
    assert store.leases.reap() == 1
    assert (row(store, lease)["state"], row(store, lease)["expiries"]) == ("waiting", 1)


def test_an_epoch_that_an_earlier_attempt_reached_is_no_progress(store, study):
    """A trial that stalls in its third epoch, each time anew, must not go round for ever."""
    for attempt in range(1, MAX_EXPIRIES + 1):
        lease = claim_one(store, study)
        assert (lease.number, lease.attempt) == (0, attempt)
        assert tell(store, progress(lease, 50.0, 40.0)) == set()
        expire_progress(store)
        assert store.leases.reap() == 1
        assert row(store, lease)["expiries"] == attempt
    assert row(store, lease)["state"] == "failed"


def test_an_epoch_beyond_those_of_earlier_attempts_is_progress(store, study):
    for done in ([50.0], [50.0], [50.0, 40.0]):
        lease = claim_one(store, study)
        tell(store, progress(lease, *done))
        expire_leases(store)
        store.leases.reap()
    assert row(store, lease)["expiries"] == 1


def test_a_driver_does_not_claim_what_it_holds_itself(store, study):
    mine = claim_one(store, study)
    for expire in (expire_leases, expire_progress):
        expire(store)
        before = row(store, mine)
        assert [lease.number for lease in claim(store, study)] != [0]
        assert row(store, mine) == before
    assert mine.key in store.leases.renew("ann")


def test_reaping_leaves_the_leases_of_who_asks(store, study):
    mine, other = claim_one(store, study), claim_one(store, study, "ben")
    expire_leases(store)
    assert store.leases.reap(study.id, besides="ann") == 1
    assert (row(store, mine)["state"], row(store, other)["state"]) == ("running", "waiting")


# --- the deadline for progress, as the driver sees to it ---


def test_the_deadline_of_what_no_worker_has_yet_begins_anew(store, study):
    busy, next_ = claim(store, study, limit=2)
    expire_progress(store)
    before = row(store, busy)["progress_until"]
    assert store.leases.renew("ann", None, {busy.key}) == {busy.key, next_.key}
    assert row(store, busy)["progress_until"] == before
    assert row(store, next_)["progress_until"] - now(store) > 3_500


def test_a_driver_gives_up_what_it_trains_past_the_deadline(store, study):
    busy, next_ = claim(store, study, limit=2)
    other = claim_one(store, study, "ben")
    expire_progress(store)
    assert store.leases.give_up("ann", {busy.key}) == {busy.key}
    found = row(store, busy)
    assert (found["state"], found["expiries"], found["errors"]) == ("waiting", 1, 0)
    assert {row(store, lease)["state"] for lease in (next_, other)} == {"running"}
    assert [one["ending"] for one in rows(store, "attempt")] == ["expired", None, None]
    assert store.leases.renew("ann") == {next_.key}


def test_a_driver_gives_up_nothing_in_time_and_nothing_of_another_attempt(store, study):
    lease = claim_one(store, study)
    assert store.leases.give_up("ann", {lease.key}) == set()
    expire_progress(store)
    assert store.leases.give_up("ann", {(lease.trial, lease.attempt + 1)}) == set()
    assert store.leases.give_up("ann", set()) == set()
    assert row(store, lease)["state"] == "running"


def test_however_many_leases_are_given_back_at_once(store, study):
    """More than the values that a statement can take: many workers, each with a ticket of many short trials."""
    held = [lease.key for lease in claim(store, study, limit=3)]
    gone = [(number, 1) for number in range(10_000, 44_000)]
    assert store.leases.release("ann", [*held[:1], *gone, *held[1:]]) == 3
    assert store.studies.counts(study.id).running == 0

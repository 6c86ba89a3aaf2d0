"""What may go wrong in a drive: workers, leases, the store, other drivers."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

import pytest

from study.driver import Driver
from study.errors import TicketsError
from study.hosts import Process
from tests.unit.study.common import create, lease, sql, tpe
from tests.unit.study.drives import (
    AWAY,
    broken,
    complete,
    dying,
    endings,
    inline,
    tickets_of,
    told,
    trials,
)

pytestmark = pytest.mark.usefixtures("no_pauses")


# --- errors of workers ---


def failing(times):
    """Return a training that ends in an error so often for each trial, and completes then."""
    seen = Counter()

    def train(trial):
        seen[trial["key"][0]] += 1
        return broken(trial) if seen[trial["key"][0]] <= times else complete(trial)

    return train


@pytest.mark.parametrize("times", [1, 2])
def test_a_trial_that_raised_is_tried_again(store, drive, times):
    study = create(store, seeds=1)
    assert drive(study, inline(failing(times))).counts.complete == 3
    assert endings(store, study) == {"error": 3 * times, "complete": 3}


def test_the_third_error_fails_a_trial(store, drive):
    study = create(store, seeds=1)
    status = drive(study, inline(failing(3)))
    assert (status.state, status.counts.failed) == ("complete", 3)
    assert {(row["attempt"], row["reason"]) for row in trials(store, study)} == {(3, "ValueError: no")}


def test_a_trial_that_fails_leaves_the_others_alone(store, drive):
    def train(trial):
        return broken(trial) if trial["recipe"]["options"]["lr"] == 0.1 else complete(trial)

    counts = drive(create(store), inline(train)).counts
    assert (counts.complete, counts.failed) == (4, 2)


def test_a_process_that_died_in_a_trial_is_an_error_of_it(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        supply.received(name, complete(ticket["trials"][0])[:1])
        supply.ended(name, "the worker process died")
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 3
    assert endings(store, study) == {"error": 1, "complete": 3}


def test_a_process_that_died_leaves_the_rest_of_its_ticket_unblamed(store, drive):
    study = create(store, seeds=4)

    def run_tickets(supply):
        tickets = tickets_of(supply)
        name, ticket = next(tickets)
        supply.received(name, complete(ticket["trials"][0], seconds=0.1))
        supply.ended(name, None)
        name, ticket = next(tickets)
        assert len(ticket["trials"]) == 5
        supply.received(name, complete(ticket["trials"][0])[:1])
        supply.ended(name, "the worker process died")
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 12
    assert endings(store, study) == {"complete": 12, "error": 1, "released": 4}


def test_tickets_that_die_unheard_end_the_drive(store, drive):
    with pytest.raises(TicketsError):
        drive(create(store), dying)


def test_tickets_that_die_unheard_blame_no_trial(store, drive):
    study = create(store)
    with pytest.raises(TicketsError):
        drive(study, dying)
    assert {(row["state"], row["errors"]) for row in trials(store, study)} == {("waiting", 0)}


def test_a_ticket_that_ended_without_finishing_is_given_back(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        supply.ended(name, None)
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 3
    assert endings(store, study) == {"released": 1, "complete": 3}


def test_what_nobody_leased_is_ignored(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        supply.received("unknown", [told({"key": [1, 1]}, ending="complete")])
        supply.ended("unknown", "the worker process died")
        assert "unknown" not in supply.lost()
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 3
    assert endings(store, study) == {"complete": 3}


# --- lost leases ---


def stolen(store, study):
    """Let another driver take the running trial, as after a lease that ran out."""
    sql(store, "UPDATE trial SET lease_until = lease_until - 1e6 WHERE state = 'running'")
    (one,) = lease(store, study, "thief")
    return one


def robbed(store, study, then):
    """Return a `run_tickets` whose one ticket is taken by another driver before ``then`` is called."""

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        (trial,) = ticket["trials"]
        assert name not in supply.lost()
        assert stolen(store, study).trial == trial["key"][0]
        then(supply, name, trial)
        supply.stop()

    return run_tickets


def test_a_refused_report_shows_that_a_lease_is_lost(store, drive, watcher):
    study = create(store, seeds=1)

    def then(supply, name, trial):
        supply.received(name, complete(trial)[:1])
        assert name in supply.lost()

    drive(study, robbed(store, study, then))
    assert "leases lost: 1; somebody else trains those trials" in watcher.notes


def test_a_renewal_shows_that_a_lease_is_lost(store, drive):
    study = create(store, seeds=1)

    def then(supply, name, _trial):
        supply._renew(1.0)
        assert name in supply.lost()

    drive(study, robbed(store, study, then))


def test_a_late_report_changes_nothing(store, drive):
    study = create(store, seeds=1)

    def then(supply, name, trial):
        before = sql(store, "SELECT * FROM trial"), sql(store, "SELECT * FROM epoch")
        for report in complete(trial):
            supply.received(name, [report])
        supply.ended(name, "the worker process died")
        assert (sql(store, "SELECT * FROM trial"), sql(store, "SELECT * FROM epoch")) == before

    drive(study, robbed(store, study, then))


def test_a_lease_that_is_lost_stays_with_its_new_driver(store, drive):
    study = create(store, seeds=1)
    drive(study, robbed(store, study, lambda supply, name, _trial: supply.ended(name, None)))
    (row,) = sql(store, "SELECT driver_id, attempt FROM trial WHERE state = 'running'")
    assert row == {"driver_id": "thief", "attempt": 2}


def away(*_arguments):
    raise AWAY


def test_a_driver_that_cannot_renew_in_time_gives_its_tickets_up(store, drive, monkeypatch):
    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        assert name not in supply.lost()
        supply._trusted_until = time.monotonic() - 1.0
        monkeypatch.setattr(store.leases, "renew", away)
        assert name in supply.lost()
        supply.stop()

    drive(create(store), run_tickets)


def test_a_driver_that_stood_still_keeps_what_nobody_took(store, drive):
    """It may have been stopped for longer than its leases last, and learn of it before its renewals do."""
    study = create(store, seeds=1)

    def run_tickets(supply):
        tickets = tickets_of(supply)
        _, (taken, _) = next(tickets), next(tickets)
        supply._trusted_until = time.monotonic() - 1.0
        sql(store, "UPDATE trial SET lease_until = lease_until - 1e6 WHERE number < 2")
        sql(store, "UPDATE trial SET attempt = attempt + 1, driver_id = 'thief' WHERE number = 1")
        assert supply.lost() == {taken}
        assert supply.lost() == {taken}
        supply.stop()

    store.leases.register("thief", Process.current())
    drive(study, run_tickets)


# --- deadlines ---


def late(store, number):
    sql(store, "UPDATE trial SET progress_until = progress_until - 1e6 WHERE number = :number", number=number)


def test_a_trial_past_its_deadline_is_taken_back_although_its_driver_lives(store, drive, watcher):
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        supply.begun(name)
        late(store, 0)
        supply._renew(1.0)
        assert name in supply.lost()
        assert trials(store, study)[0]["state"] == "waiting"
        supply.ended(name, "the worker process died")  # of the kill that follows
        assert supply.lost() == set()
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 3
    assert endings(store, study) == {"expired": 1, "complete": 3}
    assert watcher.notes == ["trials stopped: 1; they finished no epoch in 3600 s and wait for another attempt"]


def test_a_ticket_that_waits_for_a_worker_has_no_deadline_yet(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        tickets = tickets_of(supply)
        _, (starting, _) = next(tickets), next(tickets)
        supply.begun(starting, 900.0)
        late(store, 0), late(store, 1)
        supply._renew(1.0)
        assert supply.lost() == set()
        late(store, 0), late(store, 1)
        supply.begun(starting)
        supply.begun(starting, 900.0)
        supply._renew(1.0)
        assert supply.lost() == {starting}
        supply.stop()

    drive(study, run_tickets)
    assert endings(store, study) == {"released": 1, "expired": 1}


def test_what_its_worker_has_not_begun_is_given_back_unblamed(store, drive):
    """Of a ticket of several trials the first has a deadline; the others wait behind it."""
    study = create(store, seeds=4)

    def run_tickets(supply):
        tickets = tickets_of(supply)
        name, ticket = next(tickets)
        supply.received(name, complete(ticket["trials"][0], seconds=0.1))
        supply.ended(name, None)
        name, ticket = next(tickets)
        assert len(ticket["trials"]) == 5
        supply.begun(name)
        for number in range(1, 6):
            late(store, number)
        supply._renew(1.0)
        assert name in supply.lost()
        supply.ended(name, "the worker process died")
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 12
    assert endings(store, study) == {"complete": 12, "expired": 1, "released": 4}


def test_an_epoch_that_could_not_be_written_yet_is_progress(store, drive, monkeypatch):
    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        supply.begun(name)
        with monkeypatch.context() as outage:
            outage.setattr(store.results, "report", away)
            supply.received(name, complete(ticket["trials"][0])[:1])
        late(store, 0)
        supply._renew(1.0)
        assert supply.lost() == set()
        supply.stop()

    drive(create(store), run_tickets)


# --- a cluster that dies ---


def test_what_a_dead_cluster_held_is_given_back_and_nobody_is_blamed(store, drive, watcher):
    study = create(store)

    def run_tickets(supply):
        tickets = tickets_of(supply)
        next(tickets), next(tickets)
        supply.stranded("the cluster is gone")
        assert store.studies.counts(study.id).running == 0
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 6
    assert endings(store, study) == {"released": 2, "complete": 6}
    assert watcher.notes == ["the cluster is gone"]


# --- a driver that its own store takes for dead ---


def test_a_driver_takes_nothing_from_itself_whatever_the_store_says(store, drive, monkeypatch):
    """As after a step of the clock, when the start of every process seems to be another."""
    study = create(store)
    monkeypatch.setattr(Process, "is_dead", lambda _process: True)

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            supply._look_around()
            supply._renew(1.0)
            assert supply.lost() == set()
            for trial in ticket["trials"]:
                supply.received(name, complete(trial))
            supply.ended(name, None)

    assert drive(study, run_tickets).counts.complete == 6
    assert endings(store, study) == {"complete": 6}


def test_a_trial_whose_last_lease_ran_out_elsewhere_does_not_keep_a_drive_waiting(store, drive):
    """It can be claimed no more; somebody must fail it, or its study never ends."""
    study = create(store, seeds=1)
    store.leases.register("other", Process.current())

    def run_tickets(supply):
        (_one,) = store.leases.claim(study.id, "other", 1)
        sql(store, "UPDATE trial SET lease_until = 0, expiries = 19 WHERE state = 'running'")
        inline()(supply)

    counts = drive(study, run_tickets).counts
    assert (counts.complete, counts.failed) == (2, 1)


def test_a_lease_whose_claim_was_never_answered_is_given_back(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        store.leases.claim(study.id, supply._id, 1)
        supply._renew(1.0)
        assert store.studies.counts(study.id).running == 0
        supply.stop()

    drive(study, run_tickets)


# --- the right to propose ---


def test_the_right_to_propose_is_free_between_two_proposals(store, drive):
    study = create(store, **tpe(3))
    store.leases.register("another", Process.current())

    def run_tickets(supply):
        next(tickets_of(supply))
        assert store.proposals.acquire(study.id, "another") is not None
        store.proposals.resign(study.id, "another")
        supply.stop()

    drive(study, run_tickets)


def test_a_driver_says_once_that_another_one_proposes(store, drive, watcher, monkeypatch):
    monkeypatch.setattr("study.driver.PATIENCE_SECONDS", 0.0)
    study = create(store, **tpe(3))
    store.leases.register("another", Process.current())
    store.proposals.acquire(study.id, "another")

    def run_tickets(supply):
        for number in range(5):
            supply._next_look = 0.0
            assert supply.next_ticket(f"ticket-{number}") is None
        store.proposals.resign(study.id, "another")
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 6
    (note,) = watcher.notes
    assert "another driver chooses the next configuration; waiting for it, at most 60 s" in note


def test_a_proposer_that_died_on_this_host_keeps_nobody_waiting(store, drive, watcher, monkeypatch):
    monkeypatch.setattr("study.driver.PATIENCE_SECONDS", 0.0)
    study = create(store, **tpe(3))
    here = Process.current()
    store.leases.register("dead", replace(here, started=here.started - 100.0))
    store.proposals.acquire(study.id, "dead")
    assert drive(study, inline()).counts.complete == 6
    assert watcher.notes == []


def test_a_short_proposal_of_another_driver_is_not_worth_a_word(store, drive, watcher):
    study = create(store, **tpe(3))
    store.leases.register("another", Process.current())
    store.proposals.acquire(study.id, "another")

    def run_tickets(supply):
        assert supply.next_ticket("early") is None
        store.proposals.resign(study.id, "another")
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 6
    assert watcher.notes == []


# --- the end of a drive ---


def test_a_drive_that_is_stopped_gives_every_lease_back(store, drive):
    study = create(store)

    def run_tickets(supply):
        tickets = tickets_of(supply)
        name, ticket = next(tickets)
        supply.received(name, complete(ticket["trials"][0]))
        supply.ended(name, None)
        next(tickets)
        next(tickets)
        supply.stop()

    counts = drive(study, run_tickets).counts
    assert (counts.complete, counts.running, counts.waiting) == (1, 0, 5)
    assert endings(store, study) == {"complete": 1, "released": 2}


def test_a_supply_that_is_stopped_hands_nothing_out(store, drive):
    def run_tickets(supply):
        supply.stop()
        assert supply.next_ticket("late") is None
        assert supply.stopping

    assert drive(create(store), run_tickets).counts.waiting == 6


def test_workers_that_die_of_a_stop_are_not_blamed(store, drive):
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        supply.stop()
        supply.ended(name, "the worker process died")

    drive(study, run_tickets)
    assert endings(store, study) == {"released": 1}


def test_a_stop_before_the_drive_trains_nothing(store, watcher):
    study = create(store)
    driver = Driver(store, study, data=None, observer=watcher)
    driver.stop()
    assert driver.run(inline()).counts.waiting == 6


def test_a_study_that_is_cancelled_ends_its_drive(store, drive):
    study = create(store)

    def train(trial):
        store.studies.cancel(study)
        return complete(trial)

    status = drive(study, inline(train))
    assert (status.state, status.counts.cancelled) == ("cancelled", 6)


def test_a_ticket_of_a_cancelled_study_is_lost(store, drive):
    study = create(store)

    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        store.studies.cancel(study)
        supply._renew(1.0)
        assert name in supply.lost()
        supply.ended(name, None)
        inline()(supply)

    assert drive(study, run_tickets).state == "cancelled"


def test_an_error_of_the_executor_gives_every_lease_back(store, drive):
    study = create(store)

    def run_tickets(supply):
        next(tickets_of(supply))
        raise TicketsError("no cluster")

    with pytest.raises(TicketsError, match="no cluster"):
        drive(study, run_tickets)
    assert endings(store, study) == {"released": 1}


def test_an_error_inside_the_loop_ends_the_drive_and_is_raised(store, drive, monkeypatch):
    def claim(*_arguments):
        raise LookupError("a bug")

    monkeypatch.setattr(store.leases, "claim", claim)
    with pytest.raises(LookupError, match="a bug"):
        drive(create(store), inline())


def test_a_report_that_cannot_be_written_gives_every_lease_back(store, drive, monkeypatch):
    study = create(store)

    def report(*_arguments):
        raise LookupError("a bug")

    monkeypatch.setattr(store.results, "report", report)
    with pytest.raises(LookupError, match="a bug"):
        drive(study, inline())
    assert store.studies.counts(study.id).running == 0

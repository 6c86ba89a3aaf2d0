"""What may go wrong in a drive: workers, leases, the store, other drivers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from study.errors import TicketsError
from study.hosts import Process
from tests.unit.study.common import create, sql, tpe
from tests.unit.study.drives import (
    broken,
    complete,
    driver_of,
    dying,
    endings,
    inline,
    packed,
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
        name, ticket = packed(supply)
        supply.received(name, complete(ticket["trials"][0])[:1])
        supply.ended(name, "the worker process died")
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 12
    assert endings(store, study) == {"complete": 12, "error": 1, "released": 4}


def test_a_process_that_dies_unheard_among_several_trials_fails_the_one_that_kills_it_alone(store, drive, watcher):
    """Reports of short trials come together, once a second: those that had ended before are not to blame."""
    study = create(store, seeds=12)
    deadly = 30

    def run_tickets(supply):
        deaths = 0
        for name, ticket in tickets_of(supply):
            keys = [trial["key"][0] for trial in ticket["trials"]]
            if deadly in keys:
                deaths += 1
                supply.ended(name, "the worker process died")
                continue
            for trial in ticket["trials"]:
                supply.received(name, complete(trial, seconds=1e-3))
            supply.ended(name, None)
        assert 3 < deaths < 12

    counts = drive(study, run_tickets).counts
    assert (counts.complete, counts.failed) == (35, 1)
    assert {row["id"]: row["errors"] for row in sql(store, "SELECT id, errors FROM trial WHERE errors > 0")} == {
        30: 3
    }
    assert any("in one of" in note for note in watcher.notes)


def test_a_worker_that_stands_still_among_several_trials_is_looked_for_one_by_one(store, drive):
    study = create(store, seeds=4)

    def run_tickets(supply):
        name, ticket = packed(supply)
        supply._holdings.lose({tuple(ticket["trials"][0]["key"])})
        supply.ended(name, "the worker process died")
        _, ticket = next(tickets_of(supply))
        assert len(ticket["trials"]) == 1
        supply.stop()

    drive(study, run_tickets)


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


# --- a driver that its own store takes for dead ---


def test_a_driver_takes_nothing_from_itself_whatever_the_store_says(store, drive):
    """As after a step of the clock, when the start of every process seems to be another."""
    study = create(store)

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            supply._look_around()
            supply._keeper.renew(1.0)
            assert supply.lost() == set()
            for trial in ticket["trials"]:
                supply.received(name, complete(trial))
            supply.ended(name, None)

    assert drive(study, run_tickets, is_dead=lambda _process: True).counts.complete == 6
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
        store.leases.claim(study.id, supply._keeper._driver_id, 1)
        supply._keeper.renew(1.0)
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
    monkeypatch.setattr("study.drive.proposing.PATIENCE_SECONDS", 0.0)
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
    monkeypatch.setattr("study.drive.proposing.PATIENCE_SECONDS", 0.0)
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
    driver = driver_of(store, study, inline(), watcher)
    driver.stop()
    assert driver.run().counts.waiting == 6


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
        supply._keeper.renew(1.0)
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

"""What may go wrong with the leases of a drive: lost, late, or their cluster gone."""

from __future__ import annotations

import time

import pytest

from study.hosts import Process
from tests.unit.study.common import create, lease, sql
from tests.unit.study.drives import (
    AWAY,
    complete,
    endings,
    inline,
    packed,
    tickets_of,
    trials,
)

pytestmark = pytest.mark.usefixtures("no_pauses")


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
        supply._keeper.renew(1.0)
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
        supply._keeper._trusted_until = time.monotonic() - 1.0
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
        supply._keeper._trusted_until = time.monotonic() - 1.0
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
        supply._keeper.renew(1.0)
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
        supply._keeper.renew(1.0)
        assert supply.lost() == set()
        late(store, 0), late(store, 1)
        supply.begun(starting)
        supply.begun(starting, 900.0)
        supply._keeper.renew(1.0)
        assert supply.lost() == {starting}
        supply.stop()

    drive(study, run_tickets)
    assert endings(store, study) == {"released": 1, "expired": 1}


def test_what_its_worker_has_not_begun_is_given_back_unblamed(store, drive):
    """Of a ticket of several trials the first has a deadline; the others wait behind it."""
    study = create(store, seeds=4)

    def run_tickets(supply):
        name, _ticket = packed(supply)
        supply.begun(name)
        for number in range(1, 6):
            late(store, number)
        supply._keeper.renew(1.0)
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
        supply._keeper.renew(1.0)
        assert supply.lost() == set()
        supply.stop()

    drive(create(store), run_tickets)


def test_a_worker_that_hangs_after_all_of_its_trials_have_ended_is_stopped_and_nobody_blamed(store, drive):
    """Nothing is open then that could have a deadline, and its ticket would keep the drive from its end."""
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        supply.begun(name)
        supply.received(name, complete(ticket["trials"][0]))
        assert supply.lost() == set()
        supply._holdings.tickets[name].trained -= store.leases.lease_seconds + 1.0
        assert supply.lost() == {name}
        supply.ended(name, "the worker process died")  # of the kill that follows
        assert supply.lost() == set()
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 3
    assert endings(store, study) == {"complete": 3}


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

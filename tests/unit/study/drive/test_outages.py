"""Drives through outages of the store, with renewals, and beside other drivers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from study.errors import StoreUnreachableError
from study.store import Store
from study.trials import State
from tests.unit.study.common import create, eventually, specification, sql, tpe
from tests.unit.study.drives import (
    AWAY,
    SECONDS,
    complete,
    driver_of,
    endings,
    inline,
    tickets_of,
    trials,
)

pytestmark = pytest.mark.usefixtures("no_pauses")


# --- outages ---


@pytest.fixture
def outage(store, monkeypatch):
    """Return a function that lets the next writes of reports fail; what is written then is kept in its list."""
    left, written, real = [0], [], store.results.report

    def report(driver_id, reports, patience=None):
        if left[0]:
            left[0] -= 1
            raise AWAY
        written.extend(reports)
        return real(driver_id, reports, patience)

    def begin(times):
        left[0] = times
        return written

    monkeypatch.setattr(store.results, "report", report)
    return begin


def test_reports_of_an_outage_are_written_in_order(store, drive, outage):
    study = create(store, seeds=1)

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        written = outage(2)
        for report in complete(ticket["trials"][0]):
            supply.received(name, [report])
        assert [[record["epoch"] for record in report.epochs] for report in written] == [[1], [2], []]
        supply.stop()

    assert drive(study, run_tickets).counts.complete == 1


def test_an_outage_is_told_once(store, drive, outage, watcher):
    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        outage(2)
        for report in complete(ticket["trials"][0]):
            supply.received(name, [report])
        supply.stop()

    drive(create(store), run_tickets)
    assert watcher.notes == ["the store is away; training goes on, results are kept until it is back"]


def test_nothing_is_leased_in_an_outage(store, drive, outage):
    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        outage(1)
        supply.received(name, complete(ticket["trials"][0])[:1])
        assert supply.next_ticket("next") is None
        supply.stop()

    drive(create(store), run_tickets)


def test_reports_of_an_outage_are_written_at_the_end_of_the_drive(store, drive, outage):
    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        outage(1)
        supply.received(name, complete(ticket["trials"][0]))
        supply.ended(name, None)
        supply.stop()

    assert drive(create(store), run_tickets).counts.complete == 1


def test_the_last_reports_of_a_study_are_written_once_the_store_is_back(store, drive, outage):
    """No worker has anything more to say, and nobody else may train what this driver holds."""
    study = create(store, seeds=1)

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            outage(2)
            for trial in ticket["trials"]:
                supply.received(name, complete(trial))
            supply.ended(name, None)
            supply._next_look = 0.0  # the pause is over

    assert drive(study, run_tickets).counts.complete == 3
    assert endings(store, study) == {"complete": 3}


def test_a_ticket_that_cannot_be_made_in_an_outage_is_made_later(store, drive, monkeypatch):
    study, calls = create(store, seeds=1), []

    def arm(self, name):
        calls.append(name)
        if len(calls) == 1:
            raise AWAY
        return self.study.specification.arms[name]

    monkeypatch.setattr("study.drive.tickets.Tickets.arm", arm)

    def run_tickets(supply):
        assert supply.next_ticket("first") is None
        supply._keeper.renew(1.0)
        assert store.studies.counts(study.id).running == 0
        supply._next_look = 0.0  # the pause is over
        inline()(supply)

    assert drive(study, run_tickets).counts.complete == 3


def test_an_outage_that_lasts_ends_the_drive(store, drive, outage, monkeypatch):
    monkeypatch.setattr("study.drive.outage.OUTAGE_SECONDS", -1.0)

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        outage(1)
        supply.received(name, complete(ticket["trials"][0]))
        assert supply.stopping

    with pytest.raises(StoreUnreachableError, match="the store is away"):
        drive(create(store), run_tickets)


def test_a_lease_that_could_not_be_given_back_is_given_back_later(store, drive, monkeypatch):
    study = create(store, seeds=1)
    real, calls = store.leases.release, []

    def release(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise AWAY
        return real(*arguments)

    monkeypatch.setattr(store.leases, "release", release)

    def run_tickets(supply):
        name, _ = next(tickets_of(supply))
        supply.ended(name, None)
        assert store.studies.counts(study.id).running == 1
        supply._keeper.renew(1.0)
        assert store.studies.counts(study.id).running == 0
        supply.stop()

    drive(study, run_tickets)


def test_a_claim_that_fails_in_an_outage_is_tried_again(store, drive, monkeypatch):
    real, calls = store.leases.claim, []

    def claim(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 1:
            raise AWAY
        return real(*arguments, **options)

    monkeypatch.setattr(store.leases, "claim", claim)

    def run_tickets(supply):
        assert supply.next_ticket("first") is None
        supply._next_look = 0.0  # the pause is over
        inline()(supply)

    assert drive(create(store), run_tickets).counts.complete == 6


# --- the renewal thread ---


def renewing(folder):
    """Return a store whose leases are renewed many times a second."""
    return Store(str(folder / "basin.db"), lease_seconds=0.4)


def test_a_worker_that_hangs_after_an_outage_is_given_up(folder, watcher, monkeypatch):
    """Its last report is unwritten, no other comes, every place is taken: only a renewal can bring it about."""
    with Store(str(folder / "basin.db"), create=True, lease_seconds=2.0, stall_seconds=1.0) as store:
        study, real, failed = create(store, seeds=1), store.results.report, []

        def report(driver_id, reports, patience=None):
            if not failed:
                failed.append(reports)
                raise AWAY
            return real(driver_id, reports, patience)

        monkeypatch.setattr(store.results, "report", report)

        def run_tickets(supply):
            name, ticket = next(tickets_of(supply))
            supply.begun(name)
            supply.received(name, complete(ticket["trials"][0])[:1])
            assert eventually(lambda: name in supply.lost())
            supply.ended(name, None)
            supply.stop()

        driver_of(store, study, run_tickets, watcher).run()
        assert any("they finished no epoch in 1 s and wait for another attempt" in note for note in watcher.notes)
        assert sql(store, "SELECT count(*) AS n FROM epoch") == [{"n": 1}]


@pytest.mark.parametrize("error", [RuntimeError("a bug"), AWAY], ids=["bug", "outage"])
def test_no_error_ends_the_renewals(folder, drive, monkeypatch, error):
    with renewing(folder) as store:
        calls, renewed, real = [], threading.Event(), store.leases.renew

        def renew(*arguments):
            calls.append(arguments)
            if len(calls) <= 3:
                raise error
            held = real(*arguments)
            renewed.set()
            return held

        monkeypatch.setattr(store.leases, "renew", renew)

        def run_tickets(supply):
            next(tickets_of(supply))
            assert renewed.wait(SECONDS)
            supply.stop()

        drive(create(store), run_tickets, on=store)


def test_a_renewed_lease_lasts_longer(folder, drive):
    with renewing(folder) as store:
        until = "SELECT lease_until FROM trial WHERE state = 'running'"

        def run_tickets(supply):
            next(tickets_of(supply))
            (before,) = sql(store, until)
            supply._keeper.renew(1.0)
            (after,) = sql(store, until)
            assert after["lease_until"] > before["lease_until"]
            supply.stop()

        drive(create(store), run_tickets, on=store)


def test_no_thread_outlives_its_drive(store, drive):
    drive(create(store), inline())
    assert "basin-renewal" not in {thread.name for thread in threading.enumerate()}


# --- several drivers ---


@pytest.mark.parametrize(
    "changes", [{"seeds": 5}, tpe(5), tpe(5, seeds=3)], ids=["grid", "adaptive", "adaptive with three seeds"]
)
def test_two_drivers_train_each_trial_once(store, folder, changes):
    study = create(store, **changes)
    together = threading.Barrier(2)

    def drive(_number):
        with Store(str(folder / "basin.db")) as mine:
            together.wait(SECONDS)
            return driver_of(mine, study, inline()).run()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(drive, range(2)))
    n = specification(**changes).trials
    assert {status.counts.complete for status in found} == {n}
    assert endings(store, study) == {"complete": n}
    assert {row["state"] for row in trials(store, study)} == {State.COMPLETE.value}
    assert store.findings() == []

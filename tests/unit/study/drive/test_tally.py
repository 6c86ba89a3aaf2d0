"""Counts of a study while it is driven: the driver's own, mended by the store's."""

from __future__ import annotations

import threading

import pytest

from study.drive import tally as room
from study.errors import StoreUnreachableError
from tests.unit.study.common import create, eventually, finish, lease
from tests.unit.study.drives import Watcher, complete, driver_of, inline, tickets_of

pytestmark = pytest.mark.usefixtures("no_pauses")


def test_between_two_looks_the_driver_counts_by_itself(store, drive, watcher, monkeypatch):
    monkeypatch.setattr(room, "LOOK_SECONDS", 1e6)
    looks, real = [], store.studies.status
    monkeypatch.setattr(store.studies, "status", lambda study: looks.append(1) or real(study))
    drive(create(store, seeds=10), inline())
    assert len(looks) == 2, "the first and the last"
    own = [(it.complete, it.running, it.waiting) for it in watcher.counts[1:-1]]
    assert (1, 0, 29) in own
    assert all(sum(counts) == 30 for counts in own)
    assert own == sorted(own, key=lambda it: it[0])


def test_what_is_leased_and_given_back_is_counted(store):
    study, watcher = create(store, seeds=1), Watcher()

    def run_tickets(supply):
        tickets = tickets_of(supply)
        name, _ = next(tickets)
        supply._tally.tell()
        assert (watcher.counts[-1].running, watcher.counts[-1].waiting) == (1, 2)
        supply.ended(name, None)
        supply._tally.tell()
        assert (watcher.counts[-1].running, watcher.counts[-1].waiting) == (0, 3)
        supply.stop()

    driver_of(store, study, run_tickets, watcher).run()


def test_a_look_learns_what_others_did(store):
    study, watcher = create(store, seeds=1), Watcher()

    def run_tickets(supply):
        (one,) = lease(store, study, "other")
        store.results.report("other", [finish(one, 10.0)])
        supply._tally.look()
        assert (watcher.counts[-1].complete, watcher.counts[-1].waiting) == (1, 2)
        supply.stop()

    driver_of(store, study, run_tickets, watcher).run()


def test_what_ends_while_the_store_counts_is_counted_too(store, monkeypatch):
    """The store counts what was there when it began, and nobody waits for it."""
    study, watcher, real = create(store, seeds=1), Watcher(), store.studies.status

    def run_tickets(supply):
        name, ticket = next(tickets_of(supply))
        supply._tally.look()

        def slow(of):
            found = real(of)
            supply.received(name, complete(ticket["trials"][0]))
            return found

        with monkeypatch.context() as during:
            during.setattr(store.studies, "status", slow)
            supply._tally.look()
        assert (watcher.counts[-1].complete, watcher.counts[-1].running) == (1, 0)
        supply.stop()

    driver_of(store, study, run_tickets, watcher).run()


def test_a_look_that_fails_ends_nothing(store, drive, monkeypatch):
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.01)
    real, calls = store.studies.status, []

    def status(study):
        calls.append(1)
        if len(calls) < 4:
            raise StoreUnreachableError("the store is away")
        return real(study)

    def run_tickets(supply):
        monkeypatch.setattr(store.studies, "status", status)
        for name, ticket in tickets_of(supply):
            assert eventually(lambda: len(calls) > 4)
            supply.received(name, [r for trial in ticket["trials"] for r in complete(trial)])
            supply.ended(name, None)

    assert drive(create(store), run_tickets).counts.complete == 6


class Counted:
    """A lock that knows whether this thread holds it."""

    def __init__(self):
        self._lock, self._depth = threading.RLock(), threading.local()

    @property
    def held(self):
        return getattr(self._depth, "held", 0) > 0

    def acquire(self, blocking=True, timeout=-1):
        taken = self._lock.acquire(blocking, timeout)
        if taken:
            self._depth.held = getattr(self._depth, "held", 0) + 1
        return taken

    def release(self):
        self._depth.held -= 1
        self._lock.release()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()


def test_nobody_waits_for_who_watches(store, monkeypatch):
    """A terminal that takes no more text holds up whoever writes to it, and renewals must go on."""
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.01)
    lock, found = Counted(), []
    watcher = Watcher()
    monkeypatch.setattr(watcher, "progressed", lambda *_counts: found.append(lock.held))
    driver = driver_of(store, create(store), inline(), watcher, lock=lambda: lock)
    assert driver.run().counts.complete == 6
    assert len(found) > 6
    assert True not in found


def test_nobody_waits_for_a_count_of_the_study(store, drive, monkeypatch):
    """A count takes the longer the larger a study is: none is made under the lock, or to see what is left."""
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.01)
    lock, found, looks = Counted(), [], []
    for name in ("counts", "status"):
        real = getattr(store.studies, name)
        monkeypatch.setattr(store.studies, name, lambda of, real=real: found.append(lock.held) or real(of))
    unfinished = store.leases.unfinished
    monkeypatch.setattr(store.leases, "unfinished", lambda of: looks.append(lock.held) or unfinished(of))

    def run_tickets(supply):
        assert not lock.held
        for name, ticket in tickets_of(supply):
            supply.next_ticket("another")  # while this one is out, there may be nothing left
            before = len(found)
            assert eventually(lambda before=before: len(found) > before)
            for held in (name, "another"):
                for trial in ticket["trials"]:
                    supply.received(held, complete(trial))
                supply.ended(held, None)

    assert drive(create(store), run_tickets, lock=lambda: lock).counts.complete == 6
    assert True in looks, "the driver did look around, under its lock"
    assert len(found) > 4
    assert True not in found

"""Notes: whoever shows them may have to wait, and no lease does."""

from __future__ import annotations

import threading

import pytest

from study.drive.notes import Notes
from tests.unit.study.common import create
from tests.unit.study.drives import AWAY, Watcher, complete, driver_of, tickets_of

pytestmark = pytest.mark.usefixtures("no_pauses")


class Standing(Watcher):
    """A terminal that stands still: it shows nothing until the lock of the drive can be had by another thread."""

    driver = None
    barred = False

    def noted(self, text):
        super().noted(text)
        had = threading.Thread(target=self._look)
        had.start()
        had.join()

    def _look(self):
        if self.driver._lock.acquire(timeout=1.0):
            self.driver._lock.release()
        else:
            self.barred = True


def died(supply, store):
    name, _ = next(tickets_of(supply))
    supply.received(name, [])
    supply.ended(name, "the process was killed")


def away(supply, store):
    name, ticket = next(tickets_of(supply))
    real, store.results.report = store.results.report, lambda *_: (_ for _ in ()).throw(AWAY)
    supply.received(name, complete(ticket["trials"][0]))
    store.results.report = real


def robbed(supply, store):
    name, _ = next(tickets_of(supply))
    store.studies.cancel(supply._tickets.study)
    supply._keeper.renew(1.0)
    supply.ended(name, None)


def gone(supply, store):
    next(tickets_of(supply))
    supply.stranded("the cluster is gone")


@pytest.mark.parametrize("happens", [died, away, robbed, gone])
def test_nobody_is_told_anything_while_leases_cannot_be_renewed(store, happens):
    watcher = Standing()

    def run_tickets(supply):
        happens(supply, store)
        supply.stop()

    watcher.driver = driver_of(store, create(store, seeds=1), run_tickets, watcher)
    watcher.driver.run()
    assert watcher.notes
    assert not watcher.barred


def test_sentences_are_shown_once_and_in_order():
    shown = []
    notes = Notes(shown.append)
    for text in ("one", "two"):
        notes.add(text)
    assert shown == []
    notes.tell()
    notes.tell()
    assert shown == ["one", "two"]

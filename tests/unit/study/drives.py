"""Drives of whole studies over a real store, with workers that invent their results."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from dataclasses import asdict

from study.drive import Driver, World
from study.errors import StoreUnreachableError
from tests.unit.study.common import MADE, epoch

AWAY = StoreUnreachableError("the store is away")
SECONDS = 30.0


class Watcher:
    """Keeps what a driver says."""

    def __init__(self):
        self.counts, self.notes = [], []

    def progressed(self, counts, _eta_seconds):
        self.counts.append(counts)

    def noted(self, text):
        self.notes.append(text)


def driver_of(store, study, executor, observer=None, lock=None, **others):
    """Return a driver whose executor is a stand-in."""
    world = World(executor=executor) if lock is None else World(executor=executor, lock=lock)
    watcher = Watcher() if observer is None else observer
    return Driver(store, study, world=world, data=None, observer=watcher, **others)


# --- workers that invent ---


def told(trial, *, epochs=(), ending=None, **changes):
    """Return what a worker says of one trial of a ticket."""
    end = {"ending": ending, "seconds": 2.0, "images_per_second": 1e3, "provenance": asdict(MADE)} | changes
    return {"key": trial["key"], "epochs": list(epochs), "finish": end if ending else None}


def complete(trial, **changes):
    lr, epochs = trial["recipe"]["options"]["lr"], trial["recipe"]["epochs"]
    curve = [epoch(number, 50.0 / (1 + lr) / number) for number in range(1, epochs + 1)]
    return [*(told(trial, epochs=[record]) for record in curve), told(trial, ending="complete", **changes)]


def broken(trial):
    return [told(trial, ending="error", reason="ValueError: no")]


def diverging(trial):
    return [told(trial, ending="diverged", diverged_epoch=1, last_finite_loss=7.5)]


def tickets_of(supply):
    """Yield tickets until the supply ends, as Ray's loop does; a supply that never ends is a failure."""
    deadline = time.monotonic() + SECONDS
    for number in itertools.count():
        if supply.finished or supply.stopping:
            return
        assert time.monotonic() < deadline, "the drive does not end"
        ticket = supply.next_ticket(f"ticket-{number}")
        if ticket is not None:
            yield f"ticket-{number}", ticket


def inline(train=complete):
    """Return a `run_tickets` that trains in place: ``train`` gives the reports of one trial."""

    def run_tickets(supply):
        for name, ticket in tickets_of(supply):
            for trial in ticket["trials"]:
                supply.received(name, train(trial))
            supply.ended(name, None)

    return run_tickets


def dying(supply):
    """Let every worker process die before it says a word."""
    for number, (name, _) in enumerate(tickets_of(supply)):
        assert number < 200, "the drive does not end"
        supply.ended(name, "the worker process died")


def attempts(store, study):
    return list(store.queries.attempts(study.id))


def endings(store, study):
    return Counter(row["ending"] for row in attempts(store, study))


def trials(store, study):
    return list(store.queries.trials(study.id))


def packed(supply):
    """Return a ticket of five trials: the first ticket of a drive has one, whose trial lasts a tenth of a second."""
    tickets = tickets_of(supply)
    name, ticket = next(tickets)
    supply.received(name, complete(ticket["trials"][0], seconds=0.1))
    supply.ended(name, None)
    name, ticket = next(tickets)
    assert len(ticket["trials"]) == 5
    return name, ticket

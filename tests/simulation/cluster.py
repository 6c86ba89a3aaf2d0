"""A cluster: runs tickets as Ray's loop does, with workers that invent, die, and speak late, twice or not at all."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from study.drive.world import Supply
from tests.simulation.training import DIED, steps
from workers.messages import Ending, Key, Report, Ticket

if TYPE_CHECKING:
    from tests.simulation.process import Running

STEP_SECONDS, REPORT_SECONDS = 0.1, 1.0
"""Between two looks of Ray's loop; between two reports of a worker."""

REFUSED = {"expired", "cancelled", "error"}
"""Endings that an attempt may have although its worker said another: it came too late, or epochs of it were lost."""


@dataclass(order=True, kw_only=True)
class Message:
    """What arrives of a ticket: that a worker has it, reports, or its end."""

    at: float
    order: int
    ticket: str = field(compare=False)
    reports: tuple = field(compare=False, default=())
    begun: bool = field(compare=False, default=False)
    end: bool = field(compare=False, default=False)
    error: str | None = field(compare=False, default=None)


class Cluster:
    """An executor (:data:`study.drive.world.Executor`)."""

    def __init__(self, process: Running, places: int, epoch_seconds: float) -> None:
        self._process, self._universe = process, process.universe
        self._places, self._epoch_seconds = places, epoch_seconds
        self._live: set[str] = set()
        self._messages: list[Message] = []
        self._order = itertools.count()
        self._told: dict[Key, Ending] = {}
        self._tickets: dict[str, list[Key]] = {}

    def judge(self) -> None:
        """See to it that a driver which ended in good order has kept the word of every worker that it trusted."""
        for (trial, attempt), ending in self._told.items():
            (found,) = self._universe.witness.rows(
                "SELECT ending FROM attempt WHERE trial_id = ? AND attempt = ?", trial, attempt
            )
            if found["ending"] not in {ending.value, *REFUSED}:
                self._universe.witness.blame(
                    f"I2: the driver was told that attempt {attempt} of trial {trial} is {ending.value}, and the "
                    f"store says {found['ending']}"
                )

    def __call__(self, supply: Supply) -> None:
        """Run tickets until the supply ends."""
        universe, timeline = self._universe, self._universe.timeline
        names = (f"{self._process.name}-{number}" for number in itertools.count())
        while not supply.stopping:
            for ticket in sorted(supply.lost() & self._live):
                timeline.note(f"{ticket} is stopped")
                self._live.discard(ticket)
                supply.ended(ticket, DIED)
            self._judge_workers()
            self._deliver(supply)
            if universe.fates.strikes("cluster died"):
                self._live.clear()
                self._messages.clear()
                supply.stranded("the cluster is gone")
                timeline.sleep(universe.chance.uniform(1.0, 10.0))
            while len(self._live) < self._places and not supply.finished and not supply.stopping:
                name = next(names)
                ticket = supply.next_ticket(name)
                if ticket is None:
                    break
                self._live.add(name)
                self._begin(name, Ticket.from_dict(ticket))
                supply.begun(name, 30.0)
            if supply.finished and not self._live:
                return
            timeline.sleep(STEP_SECONDS)

    def _judge_workers(self) -> None:
        """See to it that a driver, just asked, lets nobody train what it has lost, or cannot know to be held."""
        universe, process = self._universe, self._process
        if self._live:
            training = [key for name in self._live for key in self._tickets[name] if key not in universe.ended]
            universe.witness.judge_training(process, training)

    def _deliver(self, supply: Supply) -> None:
        timeline = self._universe.timeline
        while self._messages and self._messages[0].at <= (now := timeline.now):
            message = heapq.heappop(self._messages)
            if message.begun:
                supply.begun(message.ticket)
                continue
            if message.end:
                if message.ticket in self._live:
                    timeline.note(f"{message.ticket} ends: {message.error or 'all done'}")
                    self._live.discard(message.ticket)
                    supply.ended(message.ticket, message.error)
                    self._universe.witness.judge_a_ticket(self._process, self._tickets[message.ticket], now)
                continue
            if message.ticket in self._live and message.ticket not in supply.lost():
                self._told |= {it.key: it.finish.ending for it in message.reports if it.finish is not None}
            supply.received(message.ticket, [report.to_dict() for report in message.reports])
            if message.ticket in self._live:
                self._universe.hear(message.reports)

    def _begin(self, name: str, ticket: Ticket) -> None:
        """Work out what a worker will say of a ticket, and when it will be heard."""
        universe = self._universe
        chance, fates = universe.chance, universe.fates
        order = [job.key for job in ticket.jobs]
        self._tickets[name] = order
        universe.before |= {key: order[:index] for index, key in enumerate(order)}
        keys = " ".join(f"{trial}.{attempt}" for trial, attempt in order)
        universe.timeline.note(f"{name} begins {keys}")
        at = universe.timeline.now + chance.uniform(0.0, 0.5)
        heapq.heappush(self._messages, Message(at=at, order=next(self._order), ticket=name, begun=True))
        slow = chance.uniform(2.0, 30.0) if fates.strikes("worker slow") else 1.0
        said: list[tuple[float, Report | None]] = []
        begun: list[int] = []  # after how many words each trial begins
        ends = True
        for job in ticket.jobs:
            found, ends = steps(job, self._epoch_seconds)
            begun.append(len(said))
            for step in found:
                at += step.after * slow * chance.uniform(0.5, 1.5)
                said.append((at, step.report))
            if not ends:
                break
        if ends:
            said.append((at + 0.01, None))
        fate = self._fate_of(order)
        death = chance.randrange(len(said) + 1) if fate == "worker died" else None
        words = said[:death]
        if fate in {
            "worker hung",
            "worker hung among several trials",
        }:  # which says what it has done, or not even that
            told = sum(report is not None for _, report in said)
            words, ends = said[: chance.randrange(told + 1)], False
            words += [(words[-1][0], None)] if words and chance.random() < 0.7 else []
        for when, reports in _together(words):
            late = 0.0
            fate = fates.strikes("message late", "message lost", "message repeated")
            if fate == "message lost":
                continue
            if fate == "message late":
                late = chance.choice([0.5, 5.0, universe.lease_seconds])
            self._say(when + late, name, reports)
            if fate == "message repeated":
                self._say(when + chance.choice([0.0, 2.0, universe.lease_seconds]), name, reports)
        if death is not None:
            universe.bereaved |= {key for key, after in zip(order, begun, strict=False) if after <= death}
            self._say(said[death - 1][0] if death else at, name, end=True, error=DIED)
        elif ends:
            self._say(at + 0.02, name, end=True)

    def _fate_of(self, order: list[Key]) -> str | None:
        """Draw what becomes of a worker; of those that train several trials there are few."""
        fates = self._universe.fates
        fate = fates.strikes("worker died", "worker hung")
        return fates.strikes("worker hung among several trials") if fate is None and len(order) > 1 else fate

    def _say(self, at: float, name: str, reports: tuple = (), *, end: bool = False, error: str | None = None) -> None:
        said = Message(at=at, order=next(self._order), ticket=name, reports=reports, end=end, error=error)
        heapq.heappush(self._messages, said)


def _together(said: list[tuple[float, Report | None]]) -> Iterator[tuple[float, tuple[Report, ...]]]:
    """Yield when a worker speaks, and what it says then: all of a second, or what is left at its end (None)."""
    kept: list[Report] = []
    since = said[0][0] if said else 0.0
    for when, report in said:
        if report is not None:
            kept.append(report)
        if kept and (report is None or when - since > REPORT_SECONDS):
            yield when, tuple(kept)
            kept, since = [], when

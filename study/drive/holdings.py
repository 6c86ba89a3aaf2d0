"""Holdings: which leases a driver believes it holds, in which tickets, and which of them are lost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from study.clock import Clock
from study.trials import Lease
from workers.messages import Key


@dataclass(kw_only=True)
class Held:
    """A ticket that is out.

    Attributes
    ----------
    open
        Its leases that have no end yet, in the order in which a worker trains them.
    begins
        When a worker has it, on the drive's clock; until then no deadline for progress counts.
    heard
        The trial of which its worker spoke last.
    trained
        When the last of its trials had ended, on the drive's clock; its worker has nothing left to do then.
    """

    open: dict[Key, Lease]
    begins: float = math.inf
    heard: Key | None = None
    trained: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Closed:
    """A ticket that has ended.

    Attributes
    ----------
    left
        What it left open and held, in the order in which a worker trains it.
    robbed
        Whether anything of it was lost: then its worker was stopped from here.
    certain
        Whether its worker was in the first of what was left, as far as anybody knows: what it did last, it may not
        have told.
    """

    left: list[Lease]
    robbed: bool
    certain: bool


@dataclass
class Holdings:
    """What a driver holds.

    Attributes
    ----------
    tickets
        Those that are out, by the name that the executor gave them.
    lost
        Leases of them that somebody else has, or that nobody knows to be held; their workers are to be stopped.
    """

    clock: Clock
    tickets: dict[str, Held] = field(default_factory=dict)
    lost: set[Key] = field(default_factory=set)

    @property
    def keys(self) -> set[Key]:
        """Every lease of a ticket that has no end yet."""
        return {key for ticket in self.tickets.values() for key in ticket.open}

    @property
    def training(self) -> set[Key]:
        """What workers train now: of each ticket that one has, the first that is open."""
        now = self.clock.now()
        return {next(iter(it.open)) for it in self.tickets.values() if it.open and now >= it.begins}

    @property
    def lost_tickets(self) -> set[str]:
        """The tickets that hold a lost lease."""
        return {name for name, ticket in self.tickets.items() if not self.lost.isdisjoint(ticket.open)}

    def hand_out(self, ticket_id: str, leases: Iterable[Lease]) -> None:
        """Note which leases are in a ticket."""
        self.tickets[ticket_id] = Held(open={lease.key: lease for lease in leases})

    def begun(self, ticket_id: str, within: float) -> None:
        """Note that a worker has a ticket, or must have it ``within`` seconds."""
        ticket = self.tickets.get(ticket_id)
        if ticket is not None:
            ticket.begins = min(ticket.begins, self.clock.now() + within)

    def end(self, ticket_id: str, key: Key) -> Lease:
        """Take a trial that has ended out of its ticket, and return its lease."""
        ticket = self.tickets[ticket_id]
        lease = ticket.open.pop(key)
        if not ticket.open:
            ticket.trained = self.clock.now()
        return lease

    def idle(self, seconds: float) -> set[str]:
        """Return the tickets of which everything has ended for longer than that; their workers say no more."""
        now = self.clock.now()
        return {name for name, ticket in self.tickets.items() if now - ticket.trained > seconds}

    def lose(self, keys: set[Key]) -> set[Key]:
        """Note which leases are lost, and return those that were not known to be."""
        fresh = keys - self.lost
        self.lost |= fresh
        return fresh

    def close(self, ticket_id: str) -> Closed | None:
        """Take a ticket that has ended out; None where there is no such ticket, or no more."""
        ticket = self.tickets.pop(ticket_id, None)
        if ticket is None:
            return None
        left = [lease for key, lease in ticket.open.items() if key not in self.lost]
        self.lost -= ticket.open.keys()
        return Closed(
            left=left,
            robbed=len(left) < len(ticket.open),
            certain=len(ticket.open) == 1 or ticket.heard in ticket.open,
        )

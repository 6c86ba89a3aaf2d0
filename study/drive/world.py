"""The world of a drive: everything that it does not decide itself, handed to it once and together."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from study.clock import Clock
from study.hosts import Process


class Supply(Protocol):
    """Where tickets come from and reports go; every method is called from the executor and must return soon."""

    @property
    def stopping(self) -> bool:
        """Whether everything must end now."""

    @property
    def finished(self) -> bool:
        """Whether there will be no more tickets."""

    def next_ticket(self, ticket_id: str) -> Mapping[str, Any] | None:
        """Return the next ticket, or None when there is none at the moment."""

    def received(self, ticket_id: str, reports: Sequence[Mapping[str, Any]]) -> None:
        """Take the reports of a ticket."""

    def begun(self, ticket_id: str, within: float = 0.0) -> None:
        """Note that a worker has a ticket, or must have it ``within`` seconds; before, it waits for one."""

    def lost(self) -> set[str]:
        """Return the tickets to be given up; their workers are to be stopped, whatever they are doing."""

    def ended(self, ticket_id: str, error: str | None) -> None:
        """Note that a ticket has ended; ``error`` says how its process died."""

    def stranded(self, reason: str) -> None:
        """Note that every ticket has ended with the cluster, through no fault of its own."""


Executor = Callable[[Supply], None]
"""Trains what a supply hands out, and returns when the supply has finished or is stopping."""


class Lock(AbstractContextManager[Any], Protocol):
    """Held by one thread at a time, who may take it again."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, or return False after ``timeout`` seconds."""

    def release(self) -> None:
        """Give it back."""


class Signal(Protocol):
    """Something that happens once, and that others wait for."""

    def set(self) -> None:
        """Let it happen."""

    def is_set(self) -> bool:
        """Tell whether it has."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it, at most so many seconds, and tell whether it has happened."""


class Companion(Protocol):
    """Work that goes on beside the drive."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, at most so many seconds."""


def in_a_thread(name: str, work: Callable[[], None]) -> Companion:
    """Start work in a thread that does not keep its process alive."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


@dataclass(frozen=True, kw_only=True)
class World:
    """What a drive takes from outside: all of it stands here, so that a simulation can put another one in its place.

    Attributes
    ----------
    executor
        What trains tickets.
    clock
        Time, waiting and chance; the store has the same.
    identifier
        Makes a name that nobody else has.
    process
        The one that drives.
    is_dead
        Tells whether a process that drove has surely ended.
    lock, signal
        Make what threads agree by.
    beside
        Starts work, under a name, that goes on beside the drive.
    """

    executor: Executor
    clock: Clock = field(default_factory=Clock)
    identifier: Callable[[], str] = lambda: uuid.uuid4().hex
    process: Process = field(default_factory=Process.current)
    is_dead: Callable[[Process], bool] = Process.is_dead
    lock: Callable[[], Lock] = threading.RLock
    signal: Callable[[], Signal] = threading.Event
    beside: Callable[[str, Callable[[], None]], Companion] = in_a_thread

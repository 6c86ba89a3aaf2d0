"""The words of a running study as types: states, leases, reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workers.messages import Ending, Finish, Key, Provenance, Report

__all__ = ["TERMINAL", "Counts", "Ending", "Finish", "Lease", "Provenance", "Report", "State"]


class State(StrEnum):
    """The state of a trial. The last four are terminal: such a row never changes again."""

    WAITING = "waiting"  # to be trained; -> running, cancelled
    RUNNING = "running"  # leased by a driver; -> waiting, complete, diverged, failed, cancelled
    COMPLETE = "complete"  # trained through its whole budget
    DIVERGED = "diverged"  # met a loss that is not finite; counted, at chance level
    FAILED = "failed"  # ended in errors as often as allowed; counted, left out of means
    CANCELLED = "cancelled"  # taken off by its user


TERMINAL = (State.COMPLETE, State.DIVERGED, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """One trial held by one driver for a limited time; ``(trial, attempt)`` fences every later write."""

    trial: int
    attempt: int
    number: int
    seed: int
    epochs: int
    configuration: Mapping[str, Any]
    arm: str

    @property
    def key(self) -> Key:
        """``(trial, attempt)``."""
        return self.trial, self.attempt


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Trials of a study by state; superseded generations are counted apart."""

    waiting: int = 0
    running: int = 0
    complete: int = 0
    diverged: int = 0
    failed: int = 0
    cancelled: int = 0
    superseded: int = 0

    @property
    def total(self) -> int:
        """N: all slots in force."""
        return self.waiting + self.running + self.terminal

    @property
    def terminal(self) -> int:
        """Slots that have an outcome."""
        return self.complete + self.diverged + self.failed + self.cancelled

    def to_dict(self) -> dict[str, int]:
        """Return the counts, total first."""
        names = ("complete", "diverged", "failed", "cancelled", "running", "waiting", "superseded")
        return {"total": self.total} | {name: getattr(self, name) for name in names}

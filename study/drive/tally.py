"""The tally: how far a study is, counted by the store every few seconds and by the driver itself in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields, replace
from typing import Protocol

from study.clock import Clock
from study.drive.notes import Notes
from study.drive.world import Lock, Signal
from study.store import Status, Study
from study.store.studies import Studies, eta
from study.trials import Counts, Ending, Report

LOOK_SECONDS = 3.0
"""Pause between two counts of the store, at least."""

LOOK_SHARE = 0.05
"""Share of the time that they may take: a count of a million trials takes a second."""

FINAL = {Ending.COMPLETE: "complete", Ending.DIVERGED: "diverged", Ending.ERROR: "waiting"}
"""What a trial is after an end; one that ended in an error for the last time is told at the next count."""


class Observer(Protocol):
    """Who watches a study being driven."""

    def progressed(self, counts: Counts, eta_seconds: float | None) -> None:
        """Note how far the study is."""

    def noted(self, text: str) -> None:
        """Note something a person should know."""


class Tally:
    """The counts of a study while it is driven.

    Parameters
    ----------
    studies
        Counts when asked.
    study
        Returns the study as it is known now.
    observer
        Who is told.
    clock, lock, notes
        The drive's.
    """

    def __init__(
        self,
        studies: Studies,
        study: Callable[[], Study],
        observer: Observer,
        clock: Clock,
        lock: Lock,
        notes: Notes,
    ) -> None:
        self._studies, self._study, self._observer = studies, study, observer
        self._clock, self._lock, self._notes = clock, lock, notes
        self._counts = Counts()
        self._mean: float | None = None
        self._since = Counts()

    def look(self) -> Status:
        """Let the store count, tell the observer, and return what was found."""
        with self._lock:
            self._since = Counts()
        # Without the lock: nobody waits for a count. What ends meanwhile is added to it.
        status = self._studies.status(self._study())
        with self._lock:
            self._counts, self._mean = _sum(status.counts, self._since), status.mean_seconds
        self.tell()
        return status

    def run(self, ended: Signal) -> None:
        """Look again and again until the drive ends; a look that fails changes nothing, the next one may not."""
        pause = LOOK_SECONDS
        while not ended.wait(pause):
            begun = self._clock.now()
            with suppress(Exception):
                self._notes.tell()  # those of the keeper, whom nobody may keep waiting
            with suppress(Exception):  # whoever writes to the store meets the same error, and says so
                self.look()
            pause = max(LOOK_SECONDS, (self._clock.now() - begun) / LOOK_SHARE)

    def leased(self, count: int) -> None:
        """Note that so many trials were leased, or given back where that is negative."""
        self._move(Counts(waiting=-count, running=count))

    def written(self, reports: Iterable[Report]) -> None:
        """Note what became of trials, by the reports that the store has taken."""
        ends = Counter(FINAL[report.finish.ending] for report in reports if report.finish is not None)
        if ends:
            self._move(Counts(running=-ends.total(), **ends))

    def tell(self) -> None:
        """Tell the observer; never call it with the lock, for whoever shows it may have to wait for a terminal."""
        self._observer.progressed(self._counts, eta(self._counts, self._mean))

    def _move(self, by: Counts) -> None:
        self._counts, self._since = _sum(self._counts, by), _sum(self._since, by)


def _sum(one: Counts, other: Counts) -> Counts:
    names = [it.name for it in fields(Counts)]
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})

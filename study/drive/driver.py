"""The driver: leases trials, asks for configurations, keeps the workers supplied, writes what they report.

The executor calls the driver from one thread; beside it leases are renewed and trials counted. One lock orders them,
so that what the driver believes it holds and what the store says never cross.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from search_spaces.arm import Arm
from search_spaces.plugins import Plugin
from study.drive.holdings import Holdings
from study.drive.keeper import Keeper
from study.drive.notes import Notes
from study.drive.outage import Outage
from study.drive.outbox import Outbox
from study.drive.proposing import Proposing
from study.drive.tally import Observer, Tally
from study.drive.tickets import Tickets
from study.drive.world import World
from study.errors import StoreUnreachableError, TicketsError
from study.store import Status, Store, Study
from study.trials import Ending, Finish, Report

IDLE_SECONDS = 0.5
"""Pause between two looks at a store that had nothing to give."""

AWAY_SECONDS = 2.0
"""The same, at a store that could not be reached."""

WAIT_SECONDS = 1.0
"""Pause between two looks at a study of which other drivers train all that is left."""

BRIEF_SECONDS, LAST_SECONDS = 2.0, 60.0
"""How long reports are tried to be written: during a drive, which keeps them and tries again, and at its end."""

MAX_STILLBORN = 3
"""Workers that may die before any worker reported; then the drive ends and no trial is blamed."""

T = TypeVar("T")


class Driver:
    """Drives one study to its end, or until it is asked to stop.

    Parameters
    ----------
    store, study
        What to drive.
    world
        Executor, time, threads, names: all that is not decided here.
    data
        Folder of the data sets.
    observer
        Who watches.
    plugins
        What its arms name that does not come with Basin.
    provide
        Called with an arm that came while the study was driven, before anything of it is trained; raises where
        something that it needs is missing here.
    """

    def __init__(
        self,
        store: Store,
        study: Study,
        *,
        world: World,
        data: str | None,
        observer: Observer,
        plugins: Sequence[Plugin] = (),
        provide: Callable[[Arm], None] = lambda _arm: None,
    ) -> None:
        self._store, self._world, self._notes = store, world, Notes(observer.noted)
        self._lock, self._ended, self._stopping = world.lock(), world.signal(), world.signal()
        name = world.identifier()
        self._holdings = Holdings(world.clock)
        self._outage = Outage(world.clock, self._notes.add)
        self._outbox = Outbox(store.results, name, self._holdings, self._outage, self._notes.add)
        self._keeper = Keeper(
            store.leases,
            name,
            self._holdings,
            self._outbox,
            world=world,
            lock=self._lock,
            note=self._notes.add,
        )
        self._proposing = Proposing(store.proposals, name, world, self._notes.add)
        self._tickets = Tickets(store, study, name, data=data, plugins=plugins, provide=provide)
        self._tally = Tally(
            store.studies, lambda: self._tickets.study, observer, world.clock, self._lock, self._notes
        )
        self._finished = False
        self._failure: BaseException | None = None
        self._next_look = 0.0
        self._heard = False
        self._stillborn = 0

    # --- the life of a drive ---

    def run(self) -> Status:
        """Drive until the study is done or a stop is asked for, and return its status at the end.

        Raises
        ------
        BasinError
            The store stayed unreachable, or the tickets could not be run.
        """
        self._keeper.register()
        companions = [
            self._world.beside("basin-renewal", lambda: self._keeper.run(self._ended)),
            self._world.beside("basin-tally", lambda: self._tally.run(self._ended)),
        ]
        try:
            if self._wait_for_work():
                self._world.executor(self)
        finally:
            self._ended.set()
            for companion in companions:
                companion.join(timeout=5.0)
            self._hand_back()
            self._kept(self._notes.tell)
        if self._failure is not None:
            raise self._failure
        return self._tally.look()

    def stop(self) -> None:
        """End soon and in good order; safe to call from a signal handler."""
        self._stopping.set()

    def _wait_for_work(self) -> bool:
        """Wait until a trial can be trained here; False where the study is done or the drive is to end."""
        told = False
        while not self._stopping.is_set():
            self._keeper.rescue(self._tickets.study.id)
            self._notes.tell()
            counts = self._tally.look().counts
            if counts.waiting:
                return True
            if not counts.running:
                self._finished = True
                return False
            if not told:
                seconds = self._store.leases.lease_seconds
                self._notes.add(
                    f"{counts.running} trials are leased to other drivers; waiting for them, at most "
                    f"{seconds:.0f} s after the last sign of life"
                )
                self._notes.tell()
                told = True
            self._stopping.wait(WAIT_SECONDS)
        return False

    def _hand_back(self) -> None:
        """Write what is still to be written and give back every lease."""
        with self._lock:
            steps: list[Callable[[], object]] = [
                lambda: self._outbox.flush(patience=LAST_SECONDS),
                self._keeper.release_all,
            ]
            if self._tickets.proposed:
                steps.append(lambda: self._proposing.resign(self._tickets.study))
            for step in steps:
                try:
                    step()
                except Exception as error:  # noqa: BLE001 - kept, and raised by run(); the next step is done anyway
                    self._failure = self._failure or error

    # --- what the executor asks (study.drive.world.Supply) ---

    @property
    def stopping(self) -> bool:
        """Whether everything must end now."""
        return self._stopping.is_set()

    @property
    def finished(self) -> bool:
        """Whether every trial of the study has its outcome."""
        return self._finished

    def next_ticket(self, ticket_id: str) -> Mapping[str, Any] | None:
        """Lease trials and return them as a ticket, or None when there is nothing to lease now."""
        return self._guarded(lambda: self._next_ticket(ticket_id))

    def received(self, ticket_id: str, reports: Sequence[Mapping[str, Any]]) -> None:
        """Write reports; while the store cannot be reached they are kept, in order."""
        self._guarded(lambda: self._received(ticket_id, reports))
        self._kept(self._tally.tell)

    def begun(self, ticket_id: str, within: float = 0.0) -> None:
        """Note that a worker has a ticket, or must have it ``within`` seconds: then deadlines for progress count."""
        with self._lock:
            self._holdings.begun(ticket_id, within)

    def lost(self) -> set[str]:
        """Return the tickets whose workers are to be stopped: a lease is lost, or all ended long ago."""
        # Whoever has the lock for long waits for the store; the executor goes on, and looks again in a moment.
        if not self._lock.acquire(timeout=0.1):
            return set()
        try:
            return self._keeper.lost()
        finally:
            self._lock.release()

    def stranded(self, reason: str) -> None:
        """Note that every worker died with its cluster: all tickets are given back, and no trial is blamed."""
        self._notes.add(reason)
        for ticket_id in list(self._holdings.tickets):
            self.ended(ticket_id, None)

    def ended(self, ticket_id: str, error: str | None) -> None:
        """Settle a ticket: what it left open is given back, or the trial its process died in is an error."""
        self._guarded(lambda: self._settle(ticket_id, error))

    def _guarded(self, work: Callable[[], T]) -> T | None:
        """Run what must not raise inside the executor; a failure ends the drive and is raised there."""

        def locked() -> T:
            with self._lock:
                return work()

        done = self._kept(locked)
        # Without the lock: whoever shows them may have to wait for a terminal, and renewals go on.
        self._kept(self._notes.tell)
        return done

    def _kept(self, work: Callable[[], T]) -> T | None:
        """Run something; its failure is kept, and ends the drive."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - kept, and raised by run()
            self._failure = self._failure or error
            self._stopping.set()
            return None

    # --- under the lock ---

    def _next_ticket(self, ticket_id: str) -> Mapping[str, Any] | None:
        now = self._world.clock.now()
        if self._stopping.is_set() or now < self._next_look:
            return None
        tickets = self._tickets
        try:
            self._flush()  # where nothing is trained any more, no report will bring that about
            leases = tickets.claim()
            if not leases and tickets.proposed:
                tickets.renew()
                leases = tickets.claim() if self._proposing.fill(tickets.study, tickets.arm) else []
            if not leases:
                self._look_around()
            ticket = tickets.of(leases) if leases else None
            self._outage.over()
        except StoreUnreachableError as error:
            self._bear(error)
            return None
        if ticket is None:
            self._next_look = self._world.clock.now() + IDLE_SECONDS
            return None
        self._holdings.hand_out(ticket_id, leases)
        self._tally.leased(len(leases))
        return ticket

    def _look_around(self) -> None:
        """Find out whether there is nothing left, or something to take back."""
        study = self._tickets.study
        self._keeper.rescue(study.id)
        self._finished = not self._store.leases.unfinished(study.id)

    def _received(self, ticket_id: str, reports: Sequence[Mapping[str, Any]]) -> None:
        ticket = self._holdings.tickets.get(ticket_id)
        if ticket is None:
            return
        self._heard = True
        for raw in reports:
            report = Report.from_dict(raw)
            if report.key not in ticket.open or report.key in self._holdings.lost:
                continue
            self._outbox.put(report)
            ticket.heard = report.key
            if report.finish is not None:
                self._tickets.pace.note(self._holdings.end(ticket_id, report.key).arm, report.finish)
        try:
            self._flush()
        except StoreUnreachableError as error:
            self._bear(error)

    def _settle(self, ticket_id: str, error: str | None) -> None:
        closed = self._holdings.close(ticket_id)
        if closed is None:
            return
        left = closed.left
        if left and (closed.robbed or (error is not None and len(left) > 1)):
            # Reports of short trials come together: its worker may have died, or stood still, in any of them.
            self._tickets.pace.doubt(left[0].arm)
        if closed.robbed:
            error = None  # its worker was stopped from here; what it had not begun is given back
        if error is not None and not self._heard:
            # No worker ever came up: that is not the trial's fault, and trying all of them would fail them all.
            self._stillborn += 1
            self._notes.add(f"a worker did not start: {error}")
        elif error is not None and left and not self._stopping.is_set() and not closed.certain:
            self._notes.add(f"a worker died in one of {len(left)} trials, which are now tried in turn: {error}")
        elif error is not None and left and not self._stopping.is_set():
            died = left.pop(0)
            finish = Finish(ending=Ending.ERROR, reason=error)
            self._outbox.put(Report(trial=died.trial, attempt=died.attempt, finish=finish))
            self._notes.add(f"trial {died.number}: {error}")
        try:
            self._flush()
            self._keeper.release([lease.key for lease in left])
            self._tally.leased(-len(left))
        except StoreUnreachableError as outage:
            self._bear(outage)
        if self._stillborn >= MAX_STILLBORN:
            raise TicketsError(f"{self._stillborn} workers did not start; the last one said: {error}")

    def _flush(self) -> None:
        self._tally.written(self._outbox.flush(patience=BRIEF_SECONDS))

    def _bear(self, error: StoreUnreachableError) -> None:
        """Go on without the store for a while."""
        self._outage.bear(error)
        self._next_look = self._world.clock.now() + AWAY_SECONDS

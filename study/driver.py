"""The driver: leases trials, asks for configurations, keeps the workers supplied, writes what they report.

Ray's loop calls the driver from the main thread; a second thread renews the leases. One lock orders the two, so that
what the driver believes it holds and what the store says never cross.
"""

from __future__ import annotations

import math
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from search_spaces.arm import Arm
from search_spaces.plugins import Plugin
from study.errors import StoreUnreachableError, TicketsError
from study.hosts import Process
from study.store import Status, Store, Study
from study.store.proposals import PROPOSER_SECONDS
from study.trials import Counts, Ending, Finish, Lease, Report
from workers.messages import Job, Ticket
from workers.provenance import code_version
from workers.recipe import Recipe

IDLE_SECONDS = 0.5
"""Pause between two looks at a store that had nothing to give."""

STATUS_SHARE = 0.05
"""Share of the time that counting the trials of the study may take while it is driven."""

LAST_SECONDS = 60.0
"""How long the last reports of a drive are tried to be written."""

OUTAGE_SECONDS = 900.0
"""How long a driver waits for a store that cannot be reached before it gives up."""

PACK_SECONDS = 0.5
MAX_PACK = 16

PATIENCE_SECONDS = 2.0
"""How long another driver may choose a configuration before it is told that this one waits for it."""

MAX_STILLBORN = 3
"""Workers that may die before any worker reported; then the drive ends and no trial is blamed."""


T = TypeVar("T")


class Observer(Protocol):
    """Who watches a study being driven."""

    def progressed(self, counts: Counts, eta_seconds: float | None) -> None:
        """Note how far the study is."""

    def noted(self, text: str) -> None:
        """Note something a person should know."""


@dataclass(kw_only=True)
class _Held:
    leases: list[Lease]
    begins: float = math.inf
    open: dict[tuple[int, int], Lease] = field(init=False)

    def __post_init__(self) -> None:
        self.open = {lease.key: lease for lease in self.leases}

    @property
    def training(self) -> tuple[int, int] | None:
        """What its worker trains now: the first that is open."""
        return next(iter(self.open), None) if time.monotonic() >= self.begins else None


def recipe_of(arm: Arm, lease: Lease) -> Recipe:
    """Return what a worker needs to train one leased trial."""
    at = arm.at(dict(lease.configuration))
    setting: dict[str, Any] = dict(at.task.options)
    if at.network is not None:
        setting["network"] = at.network.model_dump(mode="json")
    return Recipe(
        task=at.task.name,
        setting=setting,
        optimizer=None if at.optimizer is None else at.optimizer.name,
        options={} if at.optimizer is None else at.optimizer.options | at.hyperparameters({}),
        schedules={name: schedule.model_dump(mode="json") for name, schedule in at.schedules.items()},
        epochs=lease.epochs,
        seed=lease.seed,
    )


class Driver:
    """Drives one study to its end, or until it is asked to stop.

    Parameters
    ----------
    store, study
        What to drive.
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
        data: str | None,
        observer: Observer,
        plugins: Sequence[Plugin] = (),
        provide: Callable[[Arm], None] = lambda _arm: None,
    ) -> None:
        self._store, self._study, self._observer = store, study, observer
        self._provide = provide
        self._specification = study.specification
        self._data, self._plugins = data, plugins
        self._id = uuid.uuid4().hex
        self._process = Process.current()
        self._lock = threading.RLock()
        self._tickets: dict[str, _Held] = {}
        self._lost: set[tuple[int, int]] = set()
        self._pending: list[Report] = []
        self._ended = threading.Event()
        self._stopping = threading.Event()
        self._finished = False
        self._failure: BaseException | None = None
        self._next_look = 0.0
        self._next_status = 0.0
        self._outage_since: float | None = None
        self._trusted_until = 0.0
        self._mean_seconds: float | None = None
        self._proposers: dict[str, Any] = {}
        self._heard = False
        self._stillborn = 0
        self._silent_since: float | None = None
        self._told = False

    # --- the life of a drive ---

    def run(self, run_tickets: Callable[[Driver], None]) -> Status:
        """Drive; ``run_tickets`` trains what this supply hands out and returns when it has finished.

        Returns
        -------
        Status
            Of the study at the end.

        Raises
        ------
        BasinError
            The store stayed unreachable, or the tickets could not be run.
        """
        self._store.leases.register(self._id, self._process)
        self._trusted_until = time.monotonic() + self._store.leases.lease_seconds
        renewal = threading.Thread(target=self._renew_until_ended, name="basin-renewal", daemon=True)
        renewal.start()
        try:
            if self._wait_for_work():
                run_tickets(self)
        finally:
            self._ended.set()
            renewal.join(timeout=5.0)
            self._hand_back()
        if self._failure is not None:
            raise self._failure
        return self._tell_status()

    def stop(self) -> None:
        """End soon and in good order; safe to call from a signal handler."""
        self._stopping.set()

    def _wait_for_work(self) -> bool:
        """Wait until a trial can be trained here; False where the study is done or the drive is to end."""
        told = False
        while not self._stopping.is_set():
            self._rescue()
            status = self._tell_status()
            if status.counts.waiting:
                return True
            if not status.counts.running:
                self._finished = True
                return False
            if not told:
                seconds = self._store.leases.lease_seconds
                self._observer.noted(
                    f"{status.counts.running} trials are leased to other drivers; waiting for them, at most "
                    f"{seconds:.0f} s after the last sign of life"
                )
                told = True
            self._stopping.wait(1.0)
        return False

    def _hand_back(self) -> None:
        """Write what is still to be written and give back every lease."""
        with self._lock:
            steps: list[Callable[[], object]] = [
                lambda: self._flush(patience=LAST_SECONDS),
                lambda: self._store.leases.release_all(self._id),
            ]
            if self._specification.design.name == "tpe":
                steps.append(lambda: self._store.proposals.resign(self._study.id, self._id))
            for step in steps:
                try:
                    step()
                except Exception as error:  # noqa: BLE001 - kept, and raised by run(); the next step is done anyway
                    self._failure = self._failure or error

    # --- what Ray's loop asks (study.tuning.Supply) ---

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

    def begun(self, ticket_id: str, within: float = 0.0) -> None:
        """Note that a worker has a ticket, or must have it ``within`` seconds: then deadlines for progress count."""
        with self._lock:
            ticket = self._tickets.get(ticket_id)
            if ticket is not None:
                ticket.begins = min(ticket.begins, time.monotonic() + within)

    def lost(self) -> set[str]:
        """Return the tickets that hold a lost lease; their workers are to be stopped, whatever they are doing."""
        # Whoever has the lock for long waits for the store; Ray's loop goes on, and looks again in a moment.
        if not self._lock.acquire(timeout=0.1):
            return set()
        try:
            if self._tickets and time.monotonic() > self._trusted_until:
                self._ask_what_is_held()
            return {name for name, ticket in self._tickets.items() if not self._lost.isdisjoint(ticket.open)}
        finally:
            self._lock.release()

    def stranded(self, reason: str) -> None:
        """Note that every worker died with its cluster: all tickets are given back, and no trial is blamed."""
        self._observer.noted(reason)
        for ticket_id in list(self._tickets):
            self.ended(ticket_id, None)

    def ended(self, ticket_id: str, error: str | None) -> None:
        """Settle a ticket: what it left open is given back, or the trial its process died in is an error."""
        self._guarded(lambda: self._settle(ticket_id, error))

    def _guarded(self, work: Callable[[], T]) -> T | None:
        """Run what must not raise inside Ray's loop; a failure ends the drive and is raised there."""
        try:
            with self._lock:
                return work()
        except Exception as error:  # noqa: BLE001 - kept, and raised by run()
            self._failure = self._failure or error
            self._stopping.set()
            return None

    # --- under the lock ---

    def _next_ticket(self, ticket_id: str) -> Mapping[str, Any] | None:
        if self._stopping.is_set() or time.monotonic() < self._next_look:
            return None
        try:
            leases = self._store.leases.claim(self._study.id, self._id, self._pack())
            if not leases and self._specification.design.name == "tpe" and self._propose():
                leases = self._store.leases.claim(self._study.id, self._id, 1)
            if not leases:
                self._look_around()
            self._outage_since = None
        except StoreUnreachableError as error:
            self._bear(error)
            return None
        if not leases:
            self._next_look = time.monotonic() + IDLE_SECONDS
            return None
        self._tickets[ticket_id] = _Held(leases=leases)
        ticket = Ticket(
            code=code_version(),
            data=self._data,
            threads=self._specification.resources.cpus,
            plugins=self._plugins,
            jobs=[Job(key=lease.key, recipe=recipe_of(self._arm(lease.arm), lease)) for lease in leases],
        )
        return ticket.to_dict()

    def _arm(self, name: str) -> Arm:
        """Return an arm of the study, which may have been extended by it since this drive began."""
        if name not in self._specification.arms:
            self._study = self._store.studies.get(self._study.name)
            self._specification = self._study.specification
            self._provide(self._specification.arms[name])
        return self._specification.arms[name]

    def _pack(self) -> int:
        """Return how many trials a ticket takes: one, or more where they last less than half a second."""
        if self._mean_seconds is None or self._mean_seconds >= PACK_SECONDS:
            return 1
        return min(MAX_PACK, max(1, int(PACK_SECONDS / self._mean_seconds)))

    def _rescue(self) -> None:
        """Take back what dead drivers of this host hold, and whatever nobody renewed."""
        leases = self._store.leases
        taken = leases.take_back(self._study.id, self._id, self._process)
        if taken:
            self._observer.noted(f"trials taken back from a driver that died on this host: {taken}")
        leases.reap(self._study.id, besides=self._id)

    def _look_around(self) -> None:
        """Find out whether there is nothing left, or something to take back."""
        self._rescue()
        counts = self._store.studies.counts(self._study.id)
        self._finished = not counts.waiting and not counts.running

    def _propose(self) -> bool:
        """Fill the next configuration with a proposal; False where another driver has the word or all are filled."""
        proposals, study = self._store.proposals, self._study
        if proposals.next_unfilled(study.id) is None:
            return False
        term = proposals.acquire(study.id, self._id, self._process)
        if term is None:
            self._note_the_wait()
            return False
        self._silent_since = None
        try:
            wanted = proposals.next_unfilled(study.id)
            if wanted is None:
                return False
            arm, number = wanted
            if arm not in self._proposers:
                from study.proposer import Proposer  # noqa: PLC0415 - only designs that ask need Optuna

                self._proposers[arm] = Proposer(self._arm(arm))
            point = self._proposers[arm].propose(proposals.outcomes(self._study, arm), number)
            return proposals.fill(self._study, term, arm, number, point)
        finally:
            proposals.resign(study.id, self._id, patience=2.0)

    def _note_the_wait(self) -> None:
        """Say, once it has lasted, that another driver has the right to propose."""
        now = time.monotonic()
        if self._silent_since is None:
            self._silent_since = now
        elif not self._told and now - self._silent_since > PATIENCE_SECONDS:
            self._told = True
            self._observer.noted(
                "another driver chooses the next configuration; waiting for it, at most "
                f"{PROPOSER_SECONDS:.0f} s after its last sign of life"
            )

    def _received(self, ticket_id: str, reports: Sequence[Mapping[str, Any]]) -> None:
        ticket = self._tickets.get(ticket_id)
        if ticket is None:
            return
        self._heard = True
        for raw in reports:
            report = Report.from_dict(raw)
            if report.key not in ticket.open or report.key in self._lost:
                continue
            self._pending.append(report)
            if report.finish is not None:
                del ticket.open[report.key]
                self._note_pace(report.finish)
        try:
            self._flush(patience=2.0)
            if time.monotonic() >= self._next_status:
                self._tell_status()
        except StoreUnreachableError as error:
            self._bear(error)

    def _tell_status(self) -> Status:
        """Tell how far the study is; all its trials are counted for that, so that the next look may have to wait."""
        begun = time.monotonic()
        status = self._store.studies.status(self._study)
        self._observer.progressed(status.counts, status.eta_seconds)
        self._next_status = time.monotonic() + (time.monotonic() - begun) / STATUS_SHARE
        return status

    def _note_pace(self, finish: Finish) -> None:
        if finish.seconds is not None:
            before = self._mean_seconds
            self._mean_seconds = finish.seconds if before is None else 0.8 * before + 0.2 * finish.seconds

    def _flush(self, patience: float | None) -> None:
        """Write the reports kept so far."""
        if not self._pending:
            return
        batch = list(self._pending)
        refused = self._store.results.report(self._id, batch, patience)
        del self._pending[: len(batch)]
        self._outage_since = None
        if refused:
            self._lost |= refused
            self._observer.noted(f"leases lost: {len(refused)}; somebody else trains those trials")

    def _settle(self, ticket_id: str, error: str | None) -> None:
        ticket = self._tickets.pop(ticket_id, None)
        if ticket is None:
            return
        left = [key for key in ticket.open if key not in self._lost]
        if len(left) < len(ticket.open):
            error = None  # its worker was stopped from here; what it had not begun is given back
        self._lost -= ticket.open.keys()
        if error is not None and not self._heard:
            # No worker ever came up: that is not the trial's fault, and trying all of them would fail them all.
            self._stillborn += 1
            self._observer.noted(f"a worker did not start: {error}")
        elif error is not None and left and not self._stopping.is_set():
            died = left.pop(0)
            finish = Finish(ending=Ending.ERROR, reason=error)
            self._pending.append(Report(trial=died[0], attempt=died[1], finish=finish))
            self._observer.noted(f"trial {ticket.open[died].number}: {error}")
        try:
            self._flush(patience=2.0)
            self._store.leases.release(self._id, left)
        except StoreUnreachableError as outage:
            self._bear(outage)
        if self._stillborn >= MAX_STILLBORN:
            raise TicketsError(f"{self._stillborn} workers did not start; the last one said: {error}")

    def _bear(self, error: StoreUnreachableError) -> None:
        """Go on without the store for a while."""
        now = time.monotonic()
        if self._outage_since is None:
            self._outage_since = now
            self._observer.noted(f"{error}; training goes on, results are kept until it is back")
        if now - self._outage_since > OUTAGE_SECONDS:
            raise error
        self._next_look = now + 2.0

    # --- the renewal thread ---

    def _renew_until_ended(self) -> None:
        """Renew every lease at a quarter of its length, whatever happens, until the drive ends."""
        period = self._store.leases.lease_seconds / 4.0
        pause = period
        while not self._ended.wait(pause):
            try:
                self._renew(period)
                pause = period * random.uniform(0.8, 1.0)  # noqa: S311 - jitter
            except Exception:  # noqa: BLE001 - no error may end the renewals; the lease's length bounds the harm
                pause = min(1.0, period) * random.uniform(0.5, 1.0)  # noqa: S311

    def _renew(self, patience: float) -> None:
        with self._lock:
            # Trust runs from before the attempt: a slow success cannot stretch it.
            start = time.monotonic()
            leases = self._store.leases
            known = {key for ticket in self._tickets.values() for key in ticket.open}
            unwritten = {report.key for report in self._pending}
            heads = {ticket.training for ticket in self._tickets.values()}
            training = {key for key in heads if key is not None} - unwritten - self._lost
            held = leases.renew(self._id, patience, training)
            self._trusted_until = start + 0.9 * leases.lease_seconds
            # Leased by a claim whose answer never arrived, or given up while the store was away.
            leases.release(self._id, held - known - unwritten)
            self._lose(known - held, "the study was cancelled, or another driver has their leases")
            stalled = leases.give_up(self._id, training, patience)
            self._lose(stalled, f"they finished no epoch in {leases.stall_seconds:g} s and wait for another attempt")

    def _lose(self, keys: set[tuple[int, int]], reason: str) -> None:
        """Note which leases are lost; the next look of Ray's loop stops their workers."""
        fresh = keys - self._lost
        if fresh:
            self._lost |= fresh
            self._observer.noted(f"trials stopped: {len(fresh)}; {reason}")

    def _ask_what_is_held(self) -> None:
        """Ask the store once more before leases that could not be renewed in time are given up."""
        try:
            self._renew(0.0)
        except Exception:  # noqa: BLE001 - whatever it is, nothing is known to be held
            held = {key for ticket in self._tickets.values() for key in ticket.open}
            self._lose(held, "their leases could not be renewed in time")

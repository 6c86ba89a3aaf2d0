"""The lease protocol: who trains what, for how long, and how it is taken back.

A claim gives a driver a trial, the next attempt number and a lease in database time. The attempt number fences: every
later write names (trial, attempt) and is refused once the trial has moved on. Nothing here trusts a worker's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)

from study.hosts import Process
from study.store import schema
from study.store.database import Database
from study.store.documents import point_of
from study.trials import Ending, Lease, State

MAX_EXPIRIES = 20
"""Leases in a row that may run out, or outlive their drivers, without progress before a trial is failed."""

MAX_IDLE = 100
"""Attempts in a row that may end before their first epoch, however they end, before a trial is failed."""

MOST = 5_000
"""Leases that a statement names; SQLite takes no more than 32,766 values, PostgreSQL 65,535."""

trial, attempt, epoch = schema.trial, schema.attempt, schema.epoch
_RUNNING = trial.c.state == State.RUNNING.value


class Leases:
    """Claims, renewals and rescues.

    Parameters
    ----------
    database
        The store's database.
    lease_seconds
        How long a lease lasts without renewal.
    stall_seconds
        How long a trial may go without finishing an epoch although its driver lives.
    """

    def __init__(self, database: Database, lease_seconds: float = 60.0, stall_seconds: float = 3600.0) -> None:
        self._database = database
        self.lease_seconds = lease_seconds
        self.stall_seconds = stall_seconds

    def register(self, driver_id: str, process: Process) -> None:
        """Enter a driver, with what tells others on its host whether it lives."""
        now = self._database.now
        statement = (
            self._database.insert(schema.driver)
            .values(
                id=driver_id,
                host=process.host,
                pid=process.pid,
                process_started=process.started,
                registered_at=now,
                seen_at=now,
            )
            .on_conflict_do_nothing()
        )
        self._database.write(lambda c: c.execute(statement))

    def claim(self, study_id: int, driver_id: str, limit: int, arm: str | None = None) -> list[Lease]:
        """Lease up to ``limit`` trials of a study to a driver, lowest numbers first: waiting, or lapsed of others.

        A lease of its own that ran out is not taken from it: it is lengthened, or given up, when the driver renews.

        Parameters
        ----------
        study_id, driver_id, limit
            Of which study, to whom, and how many at most.
        arm
            Of which arm; of any where None.
        """

        def work(connection: Connection) -> list[Lease]:
            now = self._database.now
            lapsed = and_(trial.c.driver_id != driver_id, self._expired(), trial.c.expiries < MAX_EXPIRIES - 1)
            free = or_(trial.c.state == State.WAITING.value, lapsed)
            wanted = true() if arm is None else trial.c.arm == arm

            def lowest(state: State, those: ColumnElement[bool], name: str) -> CTE:
                queued = _queued(study_id, state).where(trial.c.filled, those, wanted).limit(limit)
                return queued.with_for_update(skip_locked=True).cte(name)

            both = union_all(
                select(lowest(State.WAITING, true(), "waiting")), select(lowest(State.RUNNING, lapsed, "lapsed"))
            ).subquery()
            picked = select(both.c.id).order_by(both.c.number).limit(limit).cte("picked")
            rows = connection.execute(
                update(trial)
                .where(trial.c.id.in_(select(picked.c.id)), free)
                .values(
                    state=State.RUNNING.value,
                    attempt=trial.c.attempt + 1,
                    driver_id=driver_id,
                    lease_until=now + self.lease_seconds,
                    progress_until=now + self.stall_seconds,
                    expiries=case((_RUNNING, trial.c.expiries + 1), else_=trial.c.expiries),
                    started_at=func.coalesce(trial.c.started_at, now),
                    epochs_done=0,
                )
                .returning(
                    trial.c.id,
                    trial.c.attempt,
                    trial.c.number,
                    trial.c.seed,
                    trial.c.epochs,
                    trial.c.arm,
                    trial.c.configuration_id,
                )
            ).all()
            if not rows:
                return []
            self._close(connection, {(row.id, row.attempt - 1) for row in rows if row.attempt > 1}, Ending.EXPIRED)
            connection.execute(
                insert(attempt).values(started_at=now),
                [{"trial_id": row.id, "attempt": row.attempt, "driver_id": driver_id} for row in rows],
            )
            configuration = schema.configuration
            stored = connection.execute(
                select(configuration.c.id, configuration.c.hyperparameters, configuration.c.number).where(
                    configuration.c.id.in_({row.configuration_id for row in rows})
                )
            )
            points = {row.id: point_of(row.hyperparameters, row.number) for row in stored}
            return [
                Lease(
                    trial=row.id,
                    attempt=row.attempt,
                    number=row.number,
                    seed=row.seed,
                    epochs=row.epochs,
                    configuration=points[row.configuration_id],
                    arm=row.arm,
                )
                for row in sorted(rows, key=lambda row: row.number)
            ]

        return self._database.write(work)

    def unfinished(self, study_id: int) -> bool:
        """Tell whether any trial of a study has no outcome; unlike a count, that takes as long in a large one."""
        first = [_queued(study_id, state).limit(1).subquery() for state in (State.WAITING, State.RUNNING)]
        return bool(self._database.read(lambda c: c.execute(union_all(*map(select, first))).all()))

    def renew(
        self, driver_id: str, patience: float | None = None, training: Iterable[tuple[int, int]] | None = None
    ) -> set[tuple[int, int]]:
        """Lengthen every lease of a driver from now on and return the (trial, attempt) it still holds.

        A lease that ran out and that nobody took is the driver's still: the attempt number decides, not the hour.

        Parameters
        ----------
        driver_id
            Whose.
        patience
            Seconds for which it is tried.
        training
            What workers train now; the deadline for progress of all the rest begins anew. Left out, every deadline
            stays as it is.
        """
        longer: dict[str, Any] = {"lease_until": self._database.now + self.lease_seconds}
        if training is not None:
            anew = self._database.now + self.stall_seconds
            longer["progress_until"] = case((_among(training), trial.c.progress_until), else_=anew)

        def work(connection: Connection) -> set[tuple[int, int]]:
            now = self._database.now
            connection.execute(update(schema.driver).where(schema.driver.c.id == driver_id).values(seen_at=now))
            rows = connection.execute(
                update(trial)
                .where(trial.c.driver_id == driver_id, _RUNNING)
                .values(**longer)
                .returning(trial.c.id, trial.c.attempt)
            )
            return {(row.id, row.attempt) for row in rows}

        return self._database.write(work, patience)

    def give_up(
        self, driver_id: str, training: Iterable[tuple[int, int]], patience: float | None = None
    ) -> set[tuple[int, int]]:
        """Take back from a driver that lives what it trains past its deadline for progress; return which."""
        late = and_(trial.c.driver_id == driver_id, _among(training), trial.c.progress_until < self._database.now)
        return self._database.write(lambda c: self._give_back(c, late, Ending.EXPIRED, lapsed=True), patience)

    def release(self, driver_id: str, keys: Iterable[tuple[int, int]]) -> int:
        """Give trials back untrained; the attempts count neither as errors nor as expiries."""
        held = list(keys)
        if not held:
            return 0
        mine = trial.c.driver_id == driver_id
        some = [and_(mine, _among(held[first : first + MOST])) for first in range(0, len(held), MOST)]
        return self._database.write(lambda c: sum(len(self._give_back(c, those, Ending.RELEASED)) for those in some))

    def release_all(self, driver_id: str) -> int:
        """Give back whatever a driver holds."""
        mine = trial.c.driver_id == driver_id
        return len(self._database.write(lambda c: self._give_back(c, mine, Ending.RELEASED)))

    def take_back(
        self, study_id: int, driver_id: str, here: Process, is_dead: Callable[[Process], bool] = Process.is_dead
    ) -> int:
        """Give back what dead drivers of this host hold in a study, without waiting for their leases to run out.

        Whatever the store says of the driver that asks, it lives. A driver that cannot be judged from here keeps what
        it holds until its leases run out. A trial that outlived its driver is counted like one whose lease ran out.
        """
        driver = schema.driver
        holders = select(driver).where(
            driver.c.host == here.host,
            driver.c.id != driver_id,
            driver.c.id.in_(select(trial.c.driver_id).where(trial.c.study_id == study_id, _RUNNING)),
        )
        rows = self._database.read(lambda c: c.execute(holders).all())
        drivers = {row.id: Process(host=row.host, pid=row.pid, started=row.process_started) for row in rows}
        dead = [name for name, process in drivers.items() if is_dead(process)]
        if not dead:
            return 0
        theirs = trial.c.driver_id.in_(dead)
        return len(self._database.write(lambda c: self._give_back(c, theirs, Ending.RELEASED, lapsed=True)))

    def reap(self, study_id: int | None = None, *, besides: str | None = None) -> int:
        """Take back every lease that ran out, in one statement that repeats its condition, and return how many.

        Parameters
        ----------
        study_id
            Of which study; of all where None.
        besides
            A driver whose leases are left alone: the one that asks, and lives.
        """
        expired = self._expired()
        if study_id is not None:
            expired = and_(expired, trial.c.study_id == study_id)
        if besides is not None:
            expired = and_(expired, trial.c.driver_id != besides)
            # Asked before it is written, for idle drivers ask again and again; the write repeats its condition.
            if not self._database.read(lambda c: c.scalar(select(exists().where(expired)))):
                return 0
        return len(self._database.write(lambda c: self._give_back(c, expired, Ending.EXPIRED, lapsed=True)))

    def _expired(self) -> ColumnElement[bool]:
        now = self._database.now
        return and_(_RUNNING, or_(trial.c.lease_until < now, trial.c.progress_until < now))

    def _give_back(
        self, connection: Connection, which: ColumnElement[bool], ending: Ending, *, lapsed: bool = False
    ) -> set[tuple[int, int]]:
        """Put running trials back in the queue, or fail those that went round too often without progress.

        ``lapsed`` says that their driver did not give them back itself.
        """
        now = connection.execute(select(self._database.now)).scalar_one()
        last = (
            select(func.coalesce(func.max(epoch.c.attempt), 0)).where(epoch.c.trial_id == trial.c.id).correlate(trial)
        )
        idle = trial.c.attempt - last.scalar_subquery() >= MAX_IDLE
        expiries = trial.c.expiries + 1 if lapsed else trial.c.expiries
        lost = expiries >= MAX_EXPIRIES if lapsed else false()
        reason = case(
            (lost, f"{MAX_EXPIRIES} leases in a row ran out without progress"),
            (idle, f"{MAX_IDLE} attempts in a row ended before their first epoch"),
            else_=trial.c.reason,
        )
        rows = connection.execute(
            update(trial)
            .where(which, _RUNNING)
            .values(
                state=case((or_(lost, idle), State.FAILED.value), else_=State.WAITING.value),
                reason=reason,
                finished_at=case((or_(lost, idle), now), else_=None),
                expiries=expiries,
                driver_id=None,
                lease_until=None,
                progress_until=None,
            )
            .returning(trial.c.id, trial.c.attempt)
        ).all()
        keys = {(row.id, row.attempt) for row in rows}
        self._close(connection, keys, ending)
        return keys

    def _close(self, connection: Connection, keys: Iterable[tuple[int, int]], ending: Ending) -> None:
        """Write how attempts ended that are open still."""
        rows = [{"its_trial": number, "its_attempt": of} for number, of in sorted(keys)]
        if rows:
            connection.execute(
                update(attempt)
                .where(
                    attempt.c.trial_id == bindparam("its_trial"),
                    attempt.c.attempt == bindparam("its_attempt"),
                    attempt.c.ended_at.is_(None),
                )
                .values(ended_at=self._database.now, ending=ending.value),
                rows,
            )


def _queued(study_id: int, state: State) -> Select[int, int]:
    """Return the trials of a study that are in a state, in the order of their numbers, read from an index in order.

    The state is a range, and what is ordered by, for the server's sake: as a constant it would leave the server the
    index of numbers, too, which it likes, and in which all that has ended lies before the first that waits.
    """
    return (
        select(trial.c.id, trial.c.number)
        .where(trial.c.study_id == study_id, trial.c.state.between(state.value, state.value))
        .order_by(trial.c.state, trial.c.filled, trial.c.number)
    )


def _among(keys: Iterable[tuple[int, int]]) -> ColumnElement[bool]:
    """Tell whether a trial is in the attempt that one of the keys names."""
    return tuple_(trial.c.id, trial.c.attempt).in_(list(keys))

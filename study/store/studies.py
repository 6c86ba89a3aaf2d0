"""Studies: created whole in one transaction, listed, counted, cancelled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Row,
    Select,
    case,
    delete,
    exists,
    func,
    literal,
    select,
    union_all,
    update,
)

from search_spaces.arms import twins
from search_spaces.configurations import Configuration
from search_spaces.designs import drawn
from search_spaces.documents import closest
from search_spaces.errors import SpecificationError, printable, shown
from search_spaces.specification import NAME, Specification
from study.errors import StoreBrokenError, StudyMismatchError, StudyNotFoundError, UsageError
from study.store import schema
from study.store.database import Database
from study.store.documents import object_of, specification_of
from study.store.slots import insert_configurations, insert_study, insert_trials
from study.trials import TERMINAL, Counts, Ending, State


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study as the store knows it.

    The specification is read when it is asked for: what needs none of it works on a study whose row is damaged, too.
    """

    id: int
    name: str
    document: str
    declared: str | None
    hash: str
    code_version: str
    created_at: float | None
    cancelled_at: float | None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Study:
        """Return the study of a row of the table."""
        return cls(
            id=row.id,
            name=row.name,
            document=row.document,
            declared=row.declarations,
            hash=row.hash,
            code_version=row.code_version,
            created_at=_time(row.created_at),
            cancelled_at=_time(row.cancelled_at),
        )

    @cached_property
    def declarations(self) -> dict[str, Any] | None:
        """What was known of the options when the study was made, None of a study of a release that kept nothing."""
        return None if self.declared is None else object_of(self.declared)

    @property
    def specification(self) -> Specification:
        """The specification, defaults written out.

        Raises
        ------
        StoreBrokenError
            What is stored is none; nothing else in the store is touched by that.
        """
        found = self.specification_or_fault
        if isinstance(found, Specification):
            return found
        raise StoreBrokenError(
            f"study {printable(str(self.name))} cannot be read: {found}; restore the store from a copy"
        )

    @cached_property
    def specification_or_fault(self) -> Specification | str:
        """The specification, or why what is stored is none, as a clause."""
        return specification_of(self.document, self.declared, f"the stored study {self.name}")

    def refuse_if_imported(self, doing: str) -> None:
        """See to it that a study is one that is trained here.

        Raises
        ------
        UsageError
            Its results were imported; ``doing`` says what it cannot be.
        """
        found = self.specification_or_fault
        if isinstance(found, Specification) and found.imported:
            raise UsageError(
                f"study {self.name} cannot be {doing}: its results were imported from "
                f"{printable(found.source, 200)}, and nothing here can train it; import it again under another --name"
                " where it has got more trials, or describe a study of your own for what is to be trained here"
            )

    def as_seen_by(self, given: Specification) -> Specification:
        """Return the specification as another one sees it, whose plug-ins may have got options since.

        What a plug-in declares now is what counts, as it is with what comes with Basin, and
        :meth:`~search_spaces.specification.Specification.continuing` takes over the defaults of then. Where that
        cannot be, since an option is gone, it is as it was stored.
        """
        today, stored = given.plugged(), self.specification
        edited = [key for key, it in stored.plugged().items() if key in today and today[key] != it]
        if not edited:
            return stored
        found = specification_of(self.document, self.declared, f"the stored study {self.name}", today)
        return found if isinstance(found, Specification) else stored


@dataclass(frozen=True, kw_only=True)
class Status:
    """How far a study is.

    Attributes
    ----------
    state
        ``waiting``, ``running``, ``stalled`` (trials are leased, and every lease has run out), ``complete``,
        ``cancelled``, or ``imported`` whatever its trials came to.
    stalled_since
        When the last lease ran out, where the study is stalled.
    mean_seconds
        Mean training time of the finished trials.
    started_at, finished_at
        First lease and last outcome.
    drivers
        Drivers that hold a lease in force.
    """

    state: str
    counts: Counts
    stalled_since: float | None
    mean_seconds: float | None
    started_at: float | None
    finished_at: float | None
    drivers: int

    @property
    def eta_seconds(self) -> float | None:
        """Seconds to the end at the pace so far, None while there is no pace."""
        return eta(self.counts, self.mean_seconds)


def eta(counts: Counts, mean_seconds: float | None) -> float | None:
    """Return the seconds until all trials have an outcome, if each takes so long; None while that is not known."""
    left = counts.waiting + counts.running
    if not left or mean_seconds is None:
        return 0.0 if not left else None
    return left * mean_seconds / max(counts.running, 1)


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much a store holds of a study, superseded generations included."""

    trials: int
    attempts: int
    epochs: int


class Studies:
    """The studies of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, specification: Specification, code_version: str) -> tuple[Study, bool]:
        """Return the study of a specification and whether it was made now.

        All N slots are inserted in the transaction that inserts the study, arm by arm; they are filled, but
        for a design whose configurations are proposed one by one. A study that is there keeps its options;
        :meth:`~search_spaces.specification.Specification.continuing` says which need not be written again.

        Raises
        ------
        StudyMismatchError
            A study of that name has another specification; the differences are listed.
        SpecificationError
            Two arms of a new study train the same; nothing was written.
        """
        configurations = {name: drawn(arm) for name, arm in specification.arms.items()}
        equal = [fault for fault, _, _ in twins(specification.arms)]

        def work(connection: Connection) -> tuple[Study, bool]:
            row = connection.execute(_by_name(specification.name)).one_or_none()
            if row is None and equal:
                raise SpecificationError(equal)
            study_id = insert_study(connection, self._database, specification, code_version) if row is None else None
            if study_id is not None:
                self._fill(connection, study_id, specification, configurations)
                return Study.from_row(connection.execute(_by_name(specification.name)).one()), True
            # There already, or made by another driver between the two statements.
            stored = Study.from_row(connection.execute(_by_name(specification.name)).one())
            stored.refuse_if_imported("continued")
            before = stored.as_seen_by(specification)
            given = specification.continuing(before, stored.declarations)
            lines = before.differences(given)
            if lines:
                listed = "\n".join(f"  {line}" for line in lines)
                raise StudyMismatchError(
                    f"study {stored.name} exists with another specification:\n{listed}\n"
                    f"Use `basin extend {stored.name} SPEC` to add to it, or give this one another name."
                )
            return stored, False

        return self._database.write(work)

    def _fill(
        self,
        connection: Connection,
        study_id: int,
        specification: Specification,
        configurations: Mapping[str, Sequence[Configuration]],
    ) -> None:
        """Insert the N slots of a new study; an arm without configurations has them proposed."""
        for name, arm in specification.arms.items():
            wanted: Sequence[Configuration | None] = configurations[name] or [None] * arm.most_configurations
            points = insert_configurations(connection, study_id, name, wanted)
            slots = [(configuration, seed) for configuration in points for seed in range(arm.trials // len(points))]
            insert_trials(connection, self._database, study_id, (name, arm), slots, points)

    def get(self, name: str) -> Study:
        """Return a study by name, or raise :class:`StudyNotFoundError`."""
        row = None
        if NAME.fullmatch(name):  # a database need not see text that is no name
            row = self._database.read(lambda c: c.execute(_by_name(name)).one_or_none())
        if row is None:
            close = closest(name, self.names())
            hint = "" if close is None else f"did you mean {close!r}? "
            raise StudyNotFoundError(
                f"no study {shown(name)} in {self._database.shown}; {hint}`basin studies` lists those it holds"
            )
        return Study.from_row(row)

    def names(self) -> list[str]:
        """Return the name of every study, oldest first."""
        statement = select(schema.study.c.name).order_by(schema.study.c.id)
        return list(self._database.read(lambda c: c.execute(statement).scalars().all()))

    def all(self) -> list[Study]:
        """Return every study, oldest first."""
        rows = self._database.read(lambda c: c.execute(select(schema.study).order_by(schema.study.c.id)).all())
        return [Study.from_row(row) for row in rows]

    def counts(self, study_id: int) -> Counts:
        """Return the number of trials in each state.

        Raises
        ------
        StoreBrokenError
            The store holds no such study any more.
        """
        trial, mine = schema.trial, schema.trial.c.study_id == study_id
        # Each half is counted from an index in its order, and one statement sees one moment.
        every = select(literal(False), trial.c.state, func.count()).where(mine).group_by(trial.c.state)
        old = (
            select(literal(True), trial.c.state, func.count())
            .where(mine, trial.c.superseded.is_(True))
            .group_by(trial.c.state)
        )
        rows = self._database.read(lambda c: c.execute(union_all(every, old)).all())
        if not rows:  # a study has its slots from its creation on
            raise self._gone()
        found = dict.fromkeys((*State, "superseded"), 0)
        for superseded, state, count in rows:
            found[state] += -count if superseded else count
            found["superseded"] += count if superseded else 0
        return Counts(**{str(name): count for name, count in found.items()})

    def counts_by_arm(self, study_id: int) -> dict[str, Counts]:
        """Return the number of trials in each state, by arm."""
        trial = schema.trial
        statement = (
            select(trial.c.arm, trial.c.superseded, trial.c.state, func.count())
            .where(trial.c.study_id == study_id)
            .group_by(trial.c.arm, trial.c.superseded, trial.c.state)
        )
        found: dict[str, dict[str, int]] = {}
        for arm, superseded, state, count in self._database.read(lambda c: c.execute(statement).all()):
            mine = found.setdefault(arm, dict.fromkeys((*map(str, State), "superseded"), 0))
            mine["superseded" if superseded else state] += count
        return {arm: Counts(**counts) for arm, counts in found.items()}

    def status(self, study: Study) -> Status:
        """Return how far a study is.

        Raises
        ------
        StoreBrokenError
            The store does not hold this study any more, though perhaps another one in its place.
        """
        trial, now = schema.trial, self._database.now
        running = trial.c.state == State.RUNNING.value
        statement = select(
            func.max(case((running, trial.c.lease_until))),
            func.max(case((running, trial.c.lease_until - now))),
            func.avg(case((trial.c.state.in_([s.value for s in TERMINAL]), trial.c.seconds))),
            func.min(trial.c.started_at),
            func.max(trial.c.finished_at),
            func.count(func.distinct(case(((running) & (trial.c.lease_until > now), trial.c.driver_id)))),
        ).where(trial.c.study_id == study.id)

        def work(connection: Connection) -> Any:
            self._confirm(connection, study)
            return connection.execute(statement).one()

        lease, left, mean, started, finished, drivers = self._database.read(work)
        counts = self.counts(study.id)
        stalled = counts.running > 0 and left is not None and left < 0
        specification = study.specification_or_fault
        if isinstance(specification, Specification) and specification.imported:
            state = "imported"
        elif counts.waiting + counts.running == 0:
            state = "cancelled" if counts.cancelled else "complete"
        elif stalled:
            state = "stalled"
        else:
            state = "running" if counts.running else "waiting"
        return Status(
            state=state,
            counts=counts,
            stalled_since=lease if stalled else None,
            mean_seconds=mean,
            started_at=started,
            finished_at=finished,
            drivers=drivers,
        )

    def confirm(self, study: Study) -> None:
        """See to it that the store still holds this study.

        Raises
        ------
        StoreBrokenError
            It does not any more, though perhaps another one in its place.
        """
        self._database.read(lambda connection: self._confirm(connection, study))

    def _confirm(self, connection: Connection, study: Study) -> None:
        same = select(schema.study.c.id).where(
            schema.study.c.id == study.id,
            schema.study.c.name == study.name,
            schema.study.c.created_at == study.created_at,
        )
        if connection.execute(same).one_or_none() is None:
            raise self._gone()

    def training_seconds(self, study: Study) -> float:
        """Return the training time of all attempts, summed; one that was lost counts with the epochs it reported."""
        attempt, epoch = schema.attempt, schema.epoch
        reported = (
            select(func.sum(epoch.c.seconds))
            .where(epoch.c.trial_id == attempt.c.trial_id, epoch.c.attempt == attempt.c.attempt)
            .scalar_subquery()
        )
        statement = (
            select(func.sum(func.coalesce(attempt.c.seconds, reported)))
            .join_from(schema.trial, attempt)
            .where(schema.trial.c.study_id == study.id)
        )
        return self._database.read(lambda c: c.execute(statement).scalar_one()) or 0.0

    def _gone(self) -> StoreBrokenError:
        return StoreBrokenError(
            f"the store {self._database.shown} does not hold the study any more that was read from it: it was "
            "deleted, or another copy was put in its place; run the same command again, which continues from what "
            "the store holds now"
        )

    def cancel(self, study: Study) -> int:
        """Take every trial that has no outcome off the study and return how many; running ones are stopped."""

        def work(connection: Connection) -> int:
            now = connection.execute(select(self._database.now)).scalar_one()
            trial, attempt = schema.trial, schema.attempt
            gone = connection.execute(
                update(trial)
                .where(
                    trial.c.study_id == study.id,
                    trial.c.state.in_([State.WAITING.value, State.RUNNING.value]),
                )
                .values(state=State.CANCELLED.value, driver_id=None, lease_until=None, finished_at=now)
                .returning(trial.c.id)
            ).all()
            mine = select(trial.c.id).where(trial.c.study_id == study.id)
            connection.execute(
                update(attempt)
                .where(attempt.c.trial_id.in_(mine), attempt.c.ended_at.is_(None))
                .values(ended_at=now, ending=Ending.CANCELLED.value)
            )
            if gone:
                connection.execute(update(schema.study).where(schema.study.c.id == study.id).values(cancelled_at=now))
            return len(gone)

        return self._database.write(work)

    def size(self, study: Study) -> Size:
        """Return how much a store holds of a study."""
        return self._database.read(lambda c: _size(c, study.id))

    def delete(self, study: Study) -> Size:
        """Take a study out of the store with all that belongs to it, and return how much that was.

        Raises
        ------
        UsageError
            A driver holds leases in force; nothing was deleted.
        """

        def work(connection: Connection) -> Size:
            trial, attempt, driver = schema.trial, schema.attempt, schema.driver
            # Locked, so that no claim comes between the question and the deletion.
            connection.execute(select(schema.study.c.id).where(schema.study.c.id == study.id).with_for_update())
            in_force = (trial.c.state == State.RUNNING.value) & (trial.c.lease_until > self._database.now)
            held = connection.execute(
                select(in_force).where(trial.c.study_id == study.id).with_for_update()
            ).scalars()
            live = sum(map(bool, held))
            if live:
                raise UsageError(
                    f"study {study.name} must be at rest to be deleted, got {live} trials in training; stop their "
                    f"drivers, or run `basin cancel {study.name}` first"
                )
            size = _size(connection, study.id)
            served = connection.execute(
                select(attempt.c.driver_id).distinct().join_from(trial, attempt).where(trial.c.study_id == study.id)
            ).scalars()
            drivers = list(served)
            connection.execute(delete(schema.study).where(schema.study.c.id == study.id))
            # Its drivers go too: one that still runs can claim nothing more, not even of a study that gets its id.
            connection.execute(
                delete(driver).where(
                    driver.c.id.in_(drivers),
                    ~exists().where(attempt.c.driver_id == driver.c.id),
                    ~exists().where(schema.study.c.proposer == driver.c.id),
                )
            )
            return size

        return self._database.write(work)


def _size(connection: Connection, study_id: int) -> Size:
    trial, attempt, epoch = schema.trial, schema.attempt, schema.epoch
    mine = trial.c.study_id == study_id

    def count(source: FromClause) -> int:
        return int(connection.execute(select(func.count()).select_from(source).where(mine)).scalar_one())

    return Size(
        trials=count(trial),
        attempts=count(trial.join(attempt)),
        epochs=count(trial.join(epoch, epoch.c.trial_id == trial.c.id)),
    )


def _by_name(name: str) -> Select[Any]:
    return select(schema.study).where(schema.study.c.name == name)


def _time(value: object) -> float | None:
    """Return a time, None where there is none, or where a damaged row holds something else."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None

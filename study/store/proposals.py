"""Proposals: configurations chosen one by one, by one driver at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from search_spaces.configurations import Configuration, identity, rounded
from study.hosts import Process
from study.store import schema
from study.store.database import Database
from study.store.documents import point_of
from study.store.seeds import of_study
from study.store.studies import Study
from study.store.worst import worst_values
from study.trials import State

PROPOSER_SECONDS = 60.0

study, configuration, trial = schema.study, schema.configuration, schema.trial


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one configuration.

    Attributes
    ----------
    arm, number
        Its place in the study.
    configuration
        What it varies; None while no proposal has filled it.
    values
        The objective's value of each seed that has an outcome and did not fail or get cancelled; a diverged seed
        counts at the worst.
    pending
        Seeds without an outcome.
    failed
        Seeds that failed or were cancelled.
    diverged
        Seeds that diverged; they are in ``values``.
    complete
        Those of ``values`` that did not diverge.
    """

    arm: str
    number: int
    configuration: Configuration | None
    values: tuple[float, ...]
    pending: int
    failed: int
    diverged: int
    complete: tuple[float, ...] = ()

    @property
    def mean(self) -> float | None:
        """Mean over seeds, once all of them are in; None before, and where all failed."""
        return sum(self.values) / len(self.values) if self.values and not self.pending else None


class Proposals:
    """The unfilled configurations of a study, and the lease to fill them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def outcomes(self, of: Study, arm: str | None = None) -> list[Outcome]:
        """Return every configuration of a study, or of one arm, with its seeds' results under the objective."""
        objective = of.specification.objective
        value = trial.c[f"value_{objective.statistic}"]
        statement = (
            select(configuration.c.arm, configuration.c.number, configuration.c.hyperparameters, trial.c.state, value)
            .join_from(trial, configuration)
            .where(trial.c.study_id == of.id, trial.c.superseded.is_(False), of_study(of.specification))
            .order_by(configuration.c.id, trial.c.seed)
        )
        if arm is not None:
            statement = statement.where(configuration.c.arm == arm)

        def work(connection: Connection) -> tuple[Sequence[Row[*tuple[Any, ...]]], Mapping[str, float | None]]:
            return connection.execute(statement).all(), worst_values(connection, of.id, of.specification)

        rows, worst = self._database.read(work)
        found: dict[tuple[str, int], tuple[str | None, list[tuple[str, float | None]]]] = {}
        for name, number, text, state, value in rows:
            counted = worst.get(name) if state == State.DIVERGED.value else value
            found.setdefault((name, number), (text, []))[1].append((state, counted))
        return [
            Outcome(
                arm=name,
                number=number,
                configuration=point_of(text, number) if text is not None else None,
                values=tuple(
                    value
                    for state, value in seeds
                    if state in {State.COMPLETE.value, State.DIVERGED.value} and value is not None
                ),
                pending=sum(state in {State.WAITING.value, State.RUNNING.value} for state, _ in seeds),
                failed=sum(state in {State.FAILED.value, State.CANCELLED.value} for state, _ in seeds),
                diverged=sum(state == State.DIVERGED.value for state, _ in seeds),
                complete=tuple(
                    value for state, value in seeds if state == State.COMPLETE.value and value is not None
                ),
            )
            for (name, number), (text, seeds) in found.items()
        ]

    def next_unfilled(self, study_id: int) -> tuple[str, int] | None:
        """Return arm and number of the first configuration that waits for a proposal, None where none does."""
        statement = (
            select(configuration.c.arm, configuration.c.number)
            .join_from(trial, configuration)
            .where(trial.c.study_id == study_id, trial.c.state == State.WAITING.value, trial.c.filled.is_(False))
            .order_by(trial.c.number)
            .limit(1)
        )
        row = self._database.read(lambda c: c.execute(statement).one_or_none())
        return None if row is None else (row.arm, row.number)

    def acquire(
        self,
        study_id: int,
        driver_id: str,
        here: Process | None = None,
        is_dead: Callable[[Process], bool] = Process.is_dead,
    ) -> int | None:
        """Take or keep the right to propose; return its term, or None while another driver has it.

        ``here`` is the process that asks: nobody waits for a holder that died on the same host.
        """
        now = self._database.now
        free = or_(study.c.proposer.is_(None), study.c.proposer == driver_id, study.c.proposer_until < now)
        term = self._take(study_id, driver_id, free)
        if term is None and here is not None:
            dead = self._dead_holder(study_id, here, is_dead)
            term = None if dead is None else self._take(study_id, driver_id, study.c.proposer == dead)
        return term

    def _take(self, study_id: int, driver_id: str, free: ColumnElement[bool]) -> int | None:
        statement = (
            update(study)
            .where(study.c.id == study_id, free)
            .values(
                proposer=driver_id,
                proposer_until=self._database.now + PROPOSER_SECONDS,
                proposer_term=study.c.proposer_term + 1,
            )
            .returning(study.c.proposer_term)
        )
        return self._database.write(lambda c: c.execute(statement).scalar_one_or_none())

    def _dead_holder(self, study_id: int, here: Process, is_dead: Callable[[Process], bool]) -> str | None:
        """Return the driver that has the right to propose, where it died on this host."""
        driver = schema.driver
        statement = (
            select(driver)
            .join_from(study, driver, study.c.proposer == driver.c.id)
            .where(study.c.id == study_id, driver.c.host == here.host)
        )
        row = self._database.read(lambda c: c.execute(statement).one_or_none())
        if row is None:
            return None
        holder = Process(host=row.host, pid=row.pid, started=row.process_started)
        return str(row.id) if is_dead(holder) else None

    def resign(self, study_id: int, driver_id: str, patience: float | None = None) -> None:
        """Give the right to propose back; it is tried for ``patience`` seconds."""
        statement = (
            update(study)
            .where(study.c.id == study_id, study.c.proposer == driver_id)
            .values(proposer=None, proposer_until=None)
        )
        self._database.write(lambda c: c.execute(statement), patience)

    def fill(self, of: Study, term: int, arm: str, number: int, point: Configuration) -> bool:
        """Fill all seeds of one configuration; False where the right to propose or the slot is gone.

        Where a design chooses by the slot, ``number`` is that of one slot: a point that the arm has already is run
        again there, with its next seed.

        Raises
        ------
        ValueError
            The arm has this configuration already, with all its seeds where it may be run again.
        """
        key, by_slot = identity(point), of.specification.design.by_slot
        mine = and_(configuration.c.study_id == of.id, configuration.c.arm == arm)

        def work(connection: Connection) -> bool:
            holds = connection.execute(
                select(study.c.id).where(study.c.id == of.id, study.c.proposer_term == term).with_for_update()
            ).one_or_none()
            if holds is None:
                return False
            known = connection.execute(
                select(configuration.c.number).where(mine, configuration.c.key == key)
            ).scalar_one_or_none()
            if by_slot and known != number:
                slot = connection.execute(
                    select(trial.c.id)
                    .join_from(trial, configuration)
                    .where(
                        mine,
                        configuration.c.number == number,
                        trial.c.state == State.WAITING.value,
                        trial.c.filled.is_(False),
                    )
                ).scalar_one_or_none()
                if slot is None:
                    return False
                if known is not None:
                    return _repeat(connection, of, slot, (arm, known), point)
            if known is not None and known != number:
                whose = f"arm {arm} of study {of.name}" if of.specification.armed else f"study {of.name}"
                raise ValueError(f"configuration {known} of {whose} is {key} already")
            filled = connection.execute(
                update(configuration)
                .where(mine, configuration.c.number == number, configuration.c.key.is_(None))
                .values(key=key, hyperparameters=json.dumps(rounded(point)))
                .returning(configuration.c.id)
            ).scalar_one_or_none()
            if filled is None:
                return known == number
            connection.execute(
                update(trial)
                .where(trial.c.configuration_id == filled, trial.c.state == State.WAITING.value)
                .values(filled=True, options=of.specification.arms[arm].options(point))
            )
            return True

        return self._database.write(work)


def _repeat(connection: Connection, of: Study, slot: int, known: tuple[str, int], point: Configuration) -> bool:
    """Give a slot the next seed of a configuration that is there, by arm and number; False where the slot is gone."""
    arm, number = known
    one, last = connection.execute(
        select(configuration.c.id, func.max(trial.c.seed))
        .join_from(configuration, trial)
        .where(configuration.c.study_id == of.id, configuration.c.arm == arm, configuration.c.number == number)
        .group_by(configuration.c.id)
    ).one()
    seed, seeds = last + 1, of.specification.seeds
    if seed >= seeds:
        raise ValueError(f"configuration {number} of study {of.name} has its {seeds} seeds already")
    options = of.specification.arms[arm].options(point)
    filled = connection.execute(
        update(trial)
        .where(trial.c.id == slot, trial.c.state == State.WAITING.value, trial.c.filled.is_(False))
        .values(configuration_id=one, seed=seed, filled=True, options=options)
    )
    return bool(filled.rowcount)

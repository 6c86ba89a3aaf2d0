"""Summaries: what a study comes to so far, worked out by the database, however many trials it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Double, and_, case, false, func, literal, or_, select

from analysis.axes import axis_of, reading_order
from analysis.best import DIGITS, ELIGIBLE, order, sign_of
from analysis.guessing import guessing_of
from search_spaces.arm import Arm
from search_spaces.configurations import Configuration
from study.store import schema
from study.store.database import Database
from study.store.documents import point_of
from study.store.seeds import of_study
from study.store.studies import Study
from study.store.worst import worst_values
from study.trials import State

configuration, trial = schema.configuration, schema.trial

COUNTED = (State.COMPLETE.value, State.DIVERGED.value)
OPEN = (State.WAITING.value, State.RUNNING.value)


@dataclass(frozen=True, kw_only=True)
class Best:
    """The best configuration of an arm.

    Attributes
    ----------
    arm
        Its name.
    configuration
        Values of what the arm varies.
    mean
        Of the objective, over its seeds; a diverged seed counts at the worst.
    seeds, diverged
        How many seeds count, and how many of them diverged.
    """

    arm: str
    configuration: Configuration
    mean: float
    seeds: int
    diverged: int


class Summaries:
    """Numbers of whole studies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def best(self, of: Study) -> Best | None:
        """Return the best configuration of a study, None where none may be it yet.

        None too where arms are measured on different things: nothing is ranked across data sets.
        """
        specification, found = of.specification, self.bests(of)
        if not found or not specification.comparable:
            return None
        sign = sign_of(next(iter(specification.arms.values())).metric.direction)
        places = list(specification.arms)
        return min(found.values(), key=lambda it: order(sign * it.mean, ELIGIBLE, [places.index(it.arm)]))

    def bests(self, of: Study) -> dict[str, Best]:
        """Return the best configuration of each arm that has one, by the rule of :mod:`analysis.best`."""
        return self._database.read(lambda connection: self.bests_within(connection, of))

    @staticmethod
    def bests_within(connection: Connection, of: Study) -> dict[str, Best]:
        """Return the same within a transaction."""
        arms = of.specification.arms
        value = trial.c[f"value_{of.specification.objective.statistic}"]
        counted, lost = trial.c.state.in_(COUNTED), trial.c.state == State.DIVERGED.value
        # The trials are read from an index alone; which arm they are of, their configuration knows.
        diverged, n = func.count(case((lost, 1))), func.count(case((counted, 1)))
        pending = func.count(case((trial.c.state.in_(OPEN), 1)))
        per_configuration = (
            select(
                trial.c.configuration_id,
                func.coalesce(func.sum(case((trial.c.state == State.COMPLETE.value, value))), 0.0).label("total"),
                n.label("n"),
                diverged.label("diverged"),
            )
            .where(trial.c.study_id == of.id, trial.c.superseded.is_(False), of_study(of.specification))
            .group_by(trial.c.configuration_id)
            .having(and_(pending == 0, n > diverged))
            .subquery()
        )
        # Where nothing is known to be the worst, nothing is complete, and no row comes so far.
        worst: dict[str, ColumnElement[float]] = {
            name: literal(it or 0.0, Double())
            for name, it in worst_values(connection, of.id, of.specification).items()
        }
        guessing = case(worst, value=configuration.c.arm, else_=0.0)
        it = per_configuration.c
        mean = (it.total + it.diverged * guessing) / it.n
        ranked = (
            select(configuration.c.arm, configuration.c.number, configuration.c.hyperparameters, it.n, it.diverged)
            .add_columns(mean.label("mean"))
            .join(configuration, it.configuration_id == configuration.c.id)
            .subquery()
        )
        sign = sign_of(next(iter(arms.values())).metric.direction)
        lowest = func.min(sign * ranked.c.mean).over(partition_by=ranked.c.arm).label("lowest")
        leading = select(ranked, lowest).subquery()
        apart = sign * leading.c.mean - leading.c.lowest
        near = select(leading).where(apart <= 2.0 * 10.0 ** (1 - DIGITS) * func.abs(leading.c.lowest))
        found: dict[str, Best] = {}
        keys: dict[str, tuple[Any, ...]] = {}
        for row in connection.execute(near):
            if row.arm not in arms:
                continue
            space = arms[row.arm].space
            point = point_of(row.hyperparameters, row.number)
            place = [axis_of(space[name]).coded(point.get(name)) for name in reading_order(space)]
            key = order(sign * row.mean, ELIGIBLE, place)
            if row.arm not in keys or key < keys[row.arm]:
                keys[row.arm] = key
                found[row.arm] = Best(
                    arm=row.arm, configuration=point, mean=row.mean, seeds=row.n, diverged=row.diverged
                )
        return {name: found[name] for name in arms if name in found}

    def worst(self, of: Study) -> dict[str, float | None]:
        """Return by arm what a diverged training counts at, None where nothing is known to be the worst."""
        return self._database.read(lambda connection: worst_values(connection, of.id, of.specification))

    def learned_nothing(self, of: Study) -> int:
        """Return how many complete trials in force learned nothing, by the rule of :mod:`analysis.guessing`."""
        lost = [and_(trial.c.arm == name, _lost(arm)) for name, arm in of.specification.arms.items()]
        statement = select(func.count()).where(
            trial.c.study_id == of.id,
            trial.c.superseded.is_(False),
            trial.c.state == State.COMPLETE.value,
            or_(*lost),
        )
        return int(self._database.read(lambda c: c.execute(statement).scalar_one()))


def _lost(arm: Arm) -> ColumnElement[bool]:
    """Return which complete trials of an arm learned nothing."""
    guessing, worst = guessing_of(arm), arm.metric.worst
    if guessing is not None:
        error, loss = trial.c.test_error_final, trial.c.train_loss_final
        return or_(error >= guessing.lowest_error, and_(error >= guessing.nearly_error, loss >= guessing.loss))
    if worst is None:
        return false()
    return trial.c.value_final >= worst if arm.metric.direction == "minimize" else trial.c.value_final <= worst

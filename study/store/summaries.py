"""Summaries: what a study comes to so far, worked out by the database, however many trials it has."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, or_, select

from analysis.axes import axis_of, reading_order
from analysis.best import DECIMALS, ELIGIBLE, order
from analysis.guessing import guessing_of
from search_spaces.configurations import Configuration
from study.store import schema
from study.store.database import Database
from study.store.studies import Study, point_of
from study.trials import State

configuration, trial = schema.configuration, schema.trial

COUNTED = (State.COMPLETE.value, State.DIVERGED.value)
OPEN = (State.WAITING.value, State.RUNNING.value)


@dataclass(frozen=True, kw_only=True)
class Best:
    """The best configuration of a study.

    Attributes
    ----------
    configuration
        Values of what the study varies.
    mean
        Error in percent under the objective, over its seeds; a diverged seed counts as guessing.
    seeds, diverged
        How many seeds count, and how many of them diverged.
    """

    configuration: Configuration
    mean: float
    seeds: int
    diverged: int


class Summaries:
    """Numbers of whole studies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def best(self, of: Study) -> Best | None:
        """Return the best configuration by the rule of :mod:`analysis.best`, None where none may be it yet."""
        objective = of.specification.objective
        error = trial.c[f"value_{objective.statistic}"]
        counted = trial.c.state.in_(COUNTED)
        diverged = func.count(case((trial.c.state == State.DIVERGED.value, 1)))
        n = func.count(case((counted, 1)))
        pending = func.count(case((trial.c.state.in_(OPEN), 1)))
        chance = guessing_of(of.specification).error
        mean = func.avg(
            case((trial.c.state == State.DIVERGED.value, chance), (trial.c.state == State.COMPLETE.value, error))
        )
        per_configuration = (
            select(trial.c.configuration_id, mean.label("mean"), n.label("n"), diverged.label("diverged"))
            .where(trial.c.study_id == of.id, trial.c.superseded.is_(False))
            .group_by(trial.c.configuration_id)
            .having(and_(pending == 0, n > diverged))
            .subquery()
        )
        lowest = select(func.min(per_configuration.c.mean)).scalar_subquery()
        statement = (
            select(configuration.c.hyperparameters, configuration.c.number, per_configuration)
            .join(per_configuration, per_configuration.c.configuration_id == configuration.c.id)
            .where(per_configuration.c.mean <= lowest + 2.0 * 10.0**-DECIMALS)
        )
        space = of.specification.space
        names, axes = reading_order(space), {name: axis_of(domain) for name, domain in space.items()}

        def work(connection: Connection) -> Best | None:
            found = [
                Best(
                    configuration=point_of(row.hyperparameters, row.number),
                    mean=row.mean,
                    seeds=row.n,
                    diverged=row.diverged,
                )
                for row in connection.execute(statement)
            ]
            return min(
                found,
                key=lambda it: order(
                    it.mean, ELIGIBLE, [axes[name].coded(it.configuration.get(name)) for name in names]
                ),
                default=None,
            )

        return self._database.read(work)

    def learned_nothing(self, of: Study) -> int:
        """Return how many complete trials in force ended no better than guessing (:mod:`analysis.guessing`)."""
        guessing = guessing_of(of.specification)
        error, loss = trial.c.test_error_final, trial.c.train_loss_final
        statement = select(func.count()).where(
            trial.c.study_id == of.id,
            trial.c.superseded.is_(False),
            trial.c.state == State.COMPLETE.value,
            or_(
                error >= guessing.lowest_error,
                and_(error >= guessing.nearly_error, loss >= guessing.loss),
            ),
        )
        return int(self._database.read(lambda c: c.execute(statement).scalar_one()))

"""Imports: studies whose results came from elsewhere, written whole in one transaction.

Such a study has no attempt and no lease: nobody trained it here. Its trials have their outcomes from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select

from search_spaces.arm import Arm
from search_spaces.configurations import Configuration, identity
from search_spaces.specification import Specification
from study.errors import UsageError
from study.store import schema
from study.store.database import Database
from study.store.slots import CHUNK, insert_configurations, insert_study
from study.store.studies import Study
from study.trials import State


@dataclass(frozen=True, kw_only=True)
class ImportedTrial:
    """A trial as it is taken over.

    Attributes
    ----------
    arm, configuration
        What it was trained with; no configuration where nobody can tell, and it is cancelled then.
    seed, generation, superseded
        Which replicate; a later generation of the same one takes its place.
    epochs, epochs_done
        Its budget, and how far it came.
    state, reason
        An outcome, and why where it is not complete.
    diverged_epoch, last_finite_loss
        Of one that diverged.
    started_at, finished_at, seconds
        As far as they are known.
    results
        Of a complete one: every statistic, by metric.
    curve
        Its epochs, each with what was measured; no number that is not finite.
    """

    arm: str
    configuration: Configuration | None
    seed: int
    state: State
    epochs: int = 1
    epochs_done: int = 0
    generation: int = 0
    superseded: bool = False
    reason: str | None = None
    diverged_epoch: int | None = None
    last_finite_loss: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    seconds: float | None = None
    results: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    curve: Sequence[tuple[int, Mapping[str, float]]] = ()


class Imports:
    """Writes of studies that come whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, specification: Specification, code_version: str, trials: Sequence[ImportedTrial]) -> Study:
        """Write a study with all its results, numbered as they come; it is there whole, or nothing of it is.

        Raises
        ------
        UsageError
            A study has that name.
        """

        def work(connection: Connection) -> Study:
            study_id = self._insert(connection, specification, code_version)
            ids = self._configurations(connection, study_id, specification, trials)
            self._trials(connection, study_id, specification, trials, ids)
            row = connection.execute(select(schema.study).where(schema.study.c.id == study_id)).one()
            return Study.from_row(row)

        return self._database.write(work)

    def _insert(self, connection: Connection, specification: Specification, code_version: str) -> int:
        found = insert_study(connection, self._database, specification, code_version)
        if found is None:
            raise UsageError(
                f"the store {self._database.shown} holds a study {specification.name} already, and nothing was "
                "imported; give this one another name with --name, or `basin delete` the other"
            )
        return found

    @staticmethod
    def _configurations(
        connection: Connection, study_id: int, specification: Specification, trials: Sequence[ImportedTrial]
    ) -> list[int]:
        """Insert the configurations of each arm in the order of their first trial; return the id of each trial's."""
        points: dict[str, dict[object, Configuration | None]] = {name: {} for name in specification.arms}
        for number, it in enumerate(trials):
            points[it.arm].setdefault(_key(number, it), it.configuration)
        ids = {
            (arm, key): found
            for arm, mine in points.items()
            for key, found in zip(
                mine, insert_configurations(connection, study_id, arm, list(mine.values())), strict=True
            )
        }
        return [ids[it.arm, _key(number, it)] for number, it in enumerate(trials)]

    def _trials(
        self,
        connection: Connection,
        study_id: int,
        specification: Specification,
        trials: Sequence[ImportedTrial],
        ids: Sequence[int],
    ) -> None:
        now: float = connection.execute(select(self._database.now)).scalar_one()
        objective = specification.objective.metric or ""
        for start in range(0, len(trials), CHUNK):
            part = trials[start : start + CHUNK]
            rows = [
                _row(it, specification.arms[it.arm], objective, now)
                | {"study_id": study_id, "number": start + at, "configuration_id": ids[start + at]}
                for at, it in enumerate(part)
            ]
            connection.execute(insert(schema.trial), rows)
            numbers = schema.trial.c.number.between(start, start + len(part) - 1)
            written = connection.execute(
                select(schema.trial.c.id)
                .where(schema.trial.c.study_id == study_id, numbers)
                .order_by(schema.trial.c.number)
            ).scalars()
            epochs = [one for key, it in zip(written, part, strict=True) for one in _epochs(key, it)]
            for at in range(0, len(epochs), CHUNK):
                connection.execute(insert(schema.epoch), epochs[at : at + CHUNK])


def _key(number: int, it: ImportedTrial) -> object:
    """Return what tells the configuration of a trial from others; one that is not known is the trial's own."""
    return number if it.configuration is None else identity(it.configuration)


def _row(it: ImportedTrial, arm: Arm, objective: str, now: float) -> dict[str, Any]:
    started, finished = it.started_at, it.finished_at
    if finished is None and started is not None and it.seconds is not None:
        finished = started + it.seconds
    ended = max(started or 0.0, now if finished is None else finished)
    complete = it.state is State.COMPLETE
    values = it.results.get(objective, {}) if complete else {}
    metrics = {f"{name}_{statistic}": value for name, them in it.results.items() for statistic, value in them.items()}
    return {
        "arm": it.arm,
        "seed": it.seed,
        "epochs": it.epochs,
        "generation": it.generation,
        "superseded": it.superseded,
        "filled": it.configuration is not None,
        "options": None if it.configuration is None else arm.options(it.configuration),
        "state": it.state.value,
        "reason": it.reason,
        "created_at": now,
        "started_at": started,
        "finished_at": ended,
        "seconds": it.seconds,
        "epochs_done": it.epochs_done,
        "diverged_epoch": it.diverged_epoch,
        "last_finite_loss": it.last_finite_loss,
        "value_final": values.get("final"),
        "value_mean_last5": values.get("mean_last5"),
        "value_min": values.get("min"),
        "metrics": metrics if complete else None,
    }


def _epochs(trial_id: int, it: ImportedTrial) -> Iterator[dict[str, Any]]:
    """Yield the rows of the epochs of a trial; no attempt was made here, and its number is that of none."""
    for number, measured in it.curve:
        yield {"trial_id": trial_id, "attempt": 0, "epoch": number, "seconds": 0.0, "metrics": dict(measured)}

"""The check: what is inconsistent in a store, in sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select, text
from sqlalchemy.exc import DBAPIError

from analysis.statistics import STATISTICS
from search_spaces.configurations import Configuration, identity
from search_spaces.domains import is_number
from search_spaces.errors import printable
from search_spaces.options import Choice, Number, Option
from search_spaces.specification import BASE, Specification
from study.errors import StoreBrokenError
from study.store import schema
from study.store.database import Database
from study.store.diagnosis import cause, is_transient
from study.store.documents import point_of
from study.store.results import metric_of, results_of
from study.store.seeds import of_study
from study.store.studies import Study
from study.trials import TERMINAL, Ending, State

study, configuration, trial, attempt, epoch = (
    schema.study,
    schema.configuration,
    schema.trial,
    schema.attempt,
    schema.epoch,
)

TOLERANCE = 1e-9

LONGEST = 500

MOST = 1_000
"""Findings about one study that are told one by one; the rest is counted."""


def findings(database: Database) -> list[str]:
    """Return one sentence for each inconsistency; none for a sound store."""

    def work(connection: Connection) -> list[str]:
        found = _collected(connection, "the database: ", _of_file(connection, sqlite=database.is_sqlite))
        for row in connection.execute(select(study).order_by(study.c.id)).all():
            it = Study.from_row(row)
            found += _collected(connection, f"study {printable(str(it.name))}: ", _of_study(connection, it))
        return found

    return database.read(work)


def _collected(connection: Connection, about: str, lines: Iterator[str]) -> list[str]:
    """Return findings about one thing; what the database cannot read of it is a finding, and the check goes on."""
    found: list[str] = []
    further = 0
    try:
        with connection.begin_nested():
            for line in lines:
                if len(found) < MOST:
                    found.append(f"{about}{printable(line, LONGEST)}")
                else:
                    further += 1
    except StoreBrokenError as error:
        found.append(f"{about}it cannot be read any further: {printable(str(error), LONGEST)}")
    except DBAPIError as error:
        if is_transient(error):
            raise
        found.append(f"{about}it cannot be read any further: {printable(cause(error), LONGEST)}")
    if further:
        found.append(f"{about}and {further} findings more")
    return found


def _of_file(connection: Connection, *, sqlite: bool) -> Iterator[str]:
    if not sqlite:
        return
    for (line,) in connection.execute(text("PRAGMA integrity_check")):
        if line != "ok":
            yield f"it is damaged: {line}"
    for row in connection.execute(text("PRAGMA foreign_key_check")).all():
        yield f"row {row[1]} of table {row[0]} refers to a row of {row[2]} that is not there"


def _of_study(connection: Connection, it: Study) -> Iterator[str]:
    mine = trial.c.study_id == it.id
    total, highest = connection.execute(select(func.count(), func.max(trial.c.number)).where(mine)).one()
    if total != (-1 if highest is None else highest) + 1:
        yield f"trials must be numbered 0 to {total - 1}, but the highest number is {highest}"
    specification = it.specification_or_fault
    if isinstance(specification, str):
        yield specification
    else:
        yield from _of_specification(connection, it, specification)
    doubles = (
        select(trial.c.configuration_id, trial.c.seed)
        .where(mine, trial.c.superseded.is_(False))
        .group_by(trial.c.configuration_id, trial.c.seed)
        .having(func.count() > 1)
        .subquery()
    )
    doubled = connection.execute(select(func.count()).select_from(doubles)).scalar_one()
    if doubled:
        yield f"{doubled} configurations have two trials in force for one seed"
    yield from _of_configurations(connection, it)
    yield from _of_options(connection, it)
    yield from _of_attempts(connection, it)
    if not _is_imported(specification):
        yield from _of_seeds(connection, it)
        yield from _of_results(connection, it)


def _is_imported(specification: Specification | str) -> bool:
    """Tell whether results came from elsewhere: not every configuration has every seed, and curves decide nothing."""
    return isinstance(specification, Specification) and specification.imported


def _of_specification(connection: Connection, it: Study, specification: Specification) -> Iterator[str]:
    asked = (trial.c.study_id == it.id) & trial.c.superseded.is_(False) & of_study(specification)
    counted = select(trial.c.arm, func.count()).where(asked)
    in_force: dict[str, int] = dict(tuple(row) for row in connection.execute(counted.group_by(trial.c.arm)))
    wanted = {name: arm.trials for name, arm in specification.arms.items()}
    for name in dict.fromkeys((*wanted, *in_force)):
        of = f" of arm {name}" if specification.armed or name != BASE else ""
        if not specification.imported and in_force.get(name, 0) != wanted.get(name, 0):
            rule = f"{wanted.get(name, 0)} trials{of} must be in force by its specification"
            yield f"{rule}, there are {in_force.get(name, 0)}"
    strays = (
        select(func.count())
        .select_from(trial.join(configuration))
        .where(trial.c.study_id == it.id, trial.c.arm != configuration.c.arm)
    )
    stray = connection.execute(strays).scalar_one()
    if stray:
        yield f"{stray} trials are of another arm than their configuration"
    if it.hash != specification.hash():
        yield "its hash is not that of its specification"
        return
    stored = connection.execute(select(study.c.identity).where(study.c.id == it.id)).scalar_one()
    if stored is not None and hashlib.sha256(stored.encode()).hexdigest() != it.hash:
        yield "its hash is not that of its identity"


def _of_seeds(connection: Connection, it: Study) -> Iterator[str]:
    """Seeds are shared by all cells: whichever of them a configuration has, they are the first, fresh ones too."""
    count, highest = func.count(trial.c.seed.distinct()), func.max(trial.c.seed)
    statement = (
        select(configuration.c.arm, configuration.c.number, count, highest)
        .join_from(trial, configuration)
        .where(trial.c.study_id == it.id, trial.c.superseded.is_(False))
        .group_by(configuration.c.id, configuration.c.arm, configuration.c.number)
        .having(highest != count - 1)
        .order_by(configuration.c.id)
    )
    for arm, number, seeds, last in connection.execute(statement):
        of = f" of arm {arm}" if arm != BASE else ""
        yield f"configuration {number}{of} must have seeds 0 to {seeds - 1}, but its highest is {last}"


def _of_configurations(connection: Connection, it: Study) -> Iterator[str]:
    specification = it.specification_or_fault
    arms = specification.arms if isinstance(specification, Specification) else {}
    variables = {name: arm.variable for name, arm in arms.items()}
    armed = isinstance(specification, Specification) and specification.armed
    for row in connection.execute(
        select(configuration.c.arm, configuration.c.number, configuration.c.key, configuration.c.hyperparameters)
        .where(configuration.c.study_id == it.id, configuration.c.key.is_not(None))
        .execution_options(yield_per=1_000)
    ):
        which = f"configuration {row.number}{f' of arm {row.arm}' if armed else ''}"
        try:
            point = point_of(row.hyperparameters, row.number)
        except StoreBrokenError:
            yield f"{which} has hyperparameters that are no JSON object"
            continue
        variable = variables.get(row.arm, {})
        strange = [path for path, value in point.items() if not _fits(variable.get(path), value)]
        if strange:
            yield f"{which} has a value that its option cannot have: {printable(strange[0])}"
        elif identity(point) != row.key:
            yield f"{which} has another identity than its values"


def _fits(option: Option | None, value: object) -> bool:
    """Tell whether a value is of the kind of its option; of what is not known, any may be."""
    if isinstance(option, Number):
        return is_number(value)
    if isinstance(option, Choice):
        return isinstance(value, str) and value in option.choices
    return isinstance(value, bool) or (option is None and (isinstance(value, str) or is_number(value)))


def _of_options(connection: Connection, it: Study) -> Iterator[str]:
    points: dict[int, Configuration | None] = {}
    for row in connection.execute(
        select(trial.c.number, trial.c.options, trial.c.configuration_id, configuration.c.hyperparameters)
        .join_from(trial, configuration)
        .where(trial.c.study_id == it.id, trial.c.filled)
        .order_by(trial.c.number)
        .execution_options(yield_per=1_000)
    ):
        if row.configuration_id not in points:
            with suppress(StoreBrokenError):  # which is a finding of the configuration
                points[row.configuration_id] = point_of(row.hyperparameters, row.configuration_id)
        point = points.setdefault(row.configuration_id, None)
        if point is not None and not point.items() <= row.options.items():
            yield f"trial {row.number} has options that are not those of its configuration"


def _of_attempts(connection: Connection, it: Study) -> Iterator[str]:
    mine = trial.c.study_id == it.id
    terminal = trial.c.state.in_([state.value for state in TERMINAL])
    open_ended = connection.execute(
        select(func.count())
        .select_from(attempt)
        .join(trial)
        .where(mine, attempt.c.ended_at.is_(None), trial.c.state != State.RUNNING.value)
    ).scalar_one()
    if open_ended:
        yield f"{open_ended} attempts have no end although their trial is not running"
    winners = (
        select(attempt.c.trial_id)
        .join(trial)
        .where(mine, attempt.c.ending.in_([Ending.COMPLETE.value, Ending.DIVERGED.value]))
        .group_by(attempt.c.trial_id)
        .having(func.count() > 1)
    )
    for (number,) in connection.execute(select(trial.c.number).where(trial.c.id.in_(winners))):
        yield f"trial {number} has two deciding attempts"
    late = connection.execute(
        select(func.count()).select_from(trial).where(mine, terminal, trial.c.finished_at < trial.c.started_at)
    ).scalar_one()
    if late:
        yield f"{late} trials ended before they began"


def _of_results(connection: Connection, it: Study) -> Iterator[str]:
    curves = connection.execute(
        select(
            *(trial.c[name] for name in ("id", "number", "epochs")),
            trial.c.metrics.label("results"),
            *(trial.c[f"{name}_{statistic}"] for name in ("test_error", "value") for statistic in STATISTICS),
            *(epoch.c[name] for name in ("epoch", "train_loss", "test_error", "validation_error", "metrics")),
        )
        .join(epoch, and_(epoch.c.trial_id == trial.c.id, epoch.c.attempt == trial.c.attempt), isouter=True)
        .where(trial.c.study_id == it.id, trial.c.state == State.COMPLETE.value)
        .order_by(trial.c.number, epoch.c.epoch)
        .execution_options(yield_per=1_000)
    )
    metric = metric_of(it.document)
    current: Row[*tuple[Any, ...]] | None = None
    curve: list[Row[*tuple[Any, ...]]] = []
    for row in curves:
        if current is not None and row.id != current.id:
            yield from _of_curve(current, curve, metric)
            curve = []
        current = row
        if row.epoch is not None:
            curve.append(row)
    if current is not None:
        yield from _of_curve(current, curve, metric)


def _of_curve(row: Row[*tuple[Any, ...]], curve: list[Row[*tuple[Any, ...]]], metric: str) -> Iterator[str]:
    number, epochs = row.number, row.epochs
    if [record.epoch for record in curve] != list(range(1, epochs + 1)):
        yield f"trial {number} is complete with {len(curve)} of its {epochs} epochs on record"
        return
    results = results_of(curve, metric)
    pairs = {
        f"{statistic} {said}": (getattr(row, f"{name}_{statistic}"), results[f"{name}_{statistic}"])
        for statistic in STATISTICS
        for name, said in (
            ("test_error", "test error"),
            ("value", f"value of the objective ({metric.replace('_', ' ')})"),
        )
    }
    kept, found = row.results or {}, results["metrics"] or {}
    pairs |= {name: (kept.get(name), found.get(name)) for name in sorted(kept.keys() | found.keys())}
    for name, (stored, again) in pairs.items():
        if not _agree(stored, again):
            yield f"trial {number} has a {name} that is not that of its curve"


def _agree(stored: object, found: float | None) -> bool:
    if stored is None or found is None:
        return stored is None and found is None
    return isinstance(stored, int | float) and abs(stored - found) <= TOLERANCE * max(abs(stored), abs(found))

"""Slots: the rows that a study begins with: itself, configurations, and one trial for each of their seeds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, insert, select

from search_spaces.arm import Arm
from search_spaces.configurations import Configuration, identity, rounded
from search_spaces.identity import IDENTITY_VERSION
from search_spaces.specification import Specification
from study.store import schema
from study.store.database import Database
from study.trials import State

CHUNK = 5_000


def insert_study(
    connection: Connection, database: Database, specification: Specification, code_version: str
) -> int | None:
    """Insert a study and return its id, None where its name is taken."""
    statement = (
        database.insert(schema.study)
        .values(
            name=specification.name,
            document=json.dumps(specification.document()),
            hash=specification.hash(),
            identity=specification.identity_text(),
            identity_version=IDENTITY_VERSION,
            declarations=json.dumps(specification.declarations()),
            code_version=code_version,
            created_at=database.now,
        )
        .on_conflict_do_nothing()
        .returning(schema.study.c.id)
    )
    found: int | None = connection.execute(statement).scalar_one_or_none()
    return found


def insert_configurations(
    connection: Connection, study_id: int, arm: str, points: Sequence[Configuration | None]
) -> dict[int, Configuration | None]:
    """Insert configurations of an arm after those it has, None for one yet to be proposed; return them by id."""
    column, mine = schema.configuration.c, schema.configuration.c.arm == arm
    last = select(func.coalesce(func.max(column.number), -1)).where(column.study_id == study_id, mine)
    first = int(connection.execute(last).scalar_one()) + 1
    inserted: dict[int, Configuration | None] = {}
    for start in range(0, len(points), CHUNK):
        part = points[start : start + CHUNK]
        rows = [
            {
                "study_id": study_id,
                "arm": arm,
                "number": first + start + offset,
                "key": identity(point) if point is not None else None,
                "hyperparameters": json.dumps(rounded(point)) if point is not None else None,
            }
            for offset, point in enumerate(part)
        ]
        connection.execute(insert(schema.configuration), rows)
        ids = connection.execute(
            select(column.id)
            .where(
                column.study_id == study_id,
                mine,
                column.number.between(first + start, first + start + len(part) - 1),
            )
            .order_by(column.number)
        ).scalars()
        inserted.update(zip(ids, part, strict=True))
    return inserted


def insert_trials(
    connection: Connection,
    database: Database,
    study_id: int,
    named: tuple[str, Arm],
    slots: Sequence[tuple[int, int]],
    points: Mapping[int, Configuration | None],
) -> None:
    """Insert one waiting trial of an arm for each (configuration id, seed), numbered after those the study has."""
    name, arm = named
    now = connection.execute(select(database.now)).scalar_one()
    trial = schema.trial
    last = select(func.coalesce(func.max(trial.c.number), -1)).where(trial.c.study_id == study_id)
    first = int(connection.execute(last).scalar_one()) + 1
    options = {
        configuration_id: arm.options(point) if point is not None else None
        for configuration_id, point in points.items()
    }
    for start in range(0, len(slots), CHUNK):
        rows = [
            {
                "study_id": study_id,
                "arm": name,
                "number": first + start + offset,
                "configuration_id": configuration_id,
                "seed": seed,
                "epochs": arm.epochs,
                "filled": points[configuration_id] is not None,
                "state": State.WAITING.value,
                "created_at": now,
                "optimizer": None if arm.optimizer is None else arm.optimizer.name,
                "options": options[configuration_id],
            }
            for offset, (configuration_id, seed) in enumerate(slots[start : start + CHUNK])
        ]
        connection.execute(insert(trial), rows)

"""Slots: the rows that are a study's budget, configurations and one trial for each of their seeds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, insert, select

from search_spaces.configurations import Configuration, identity, rounded
from search_spaces.specification import Specification
from study.store import schema
from study.store.database import Database
from study.trials import State

CHUNK = 5_000


def insert_configurations(
    connection: Connection, study_id: int, first: int, points: Sequence[Configuration | None]
) -> dict[int, Configuration | None]:
    """Insert configurations numbered from ``first`` on, None for one yet to be proposed; return them by id."""
    inserted: dict[int, Configuration | None] = {}
    for start in range(0, len(points), CHUNK):
        part = points[start : start + CHUNK]
        rows = [
            {
                "study_id": study_id,
                "arm": schema.BASE,
                "number": first + start + offset,
                "key": identity(point) if point is not None else None,
                "hyperparameters": json.dumps(rounded(point)) if point is not None else None,
            }
            for offset, point in enumerate(part)
        ]
        connection.execute(insert(schema.configuration), rows)
        ids = connection.execute(
            select(schema.configuration.c.id)
            .where(
                schema.configuration.c.study_id == study_id,
                schema.configuration.c.arm == schema.BASE,
                schema.configuration.c.number.between(first + start, first + start + len(part) - 1),
            )
            .order_by(schema.configuration.c.number)
        ).scalars()
        inserted.update(zip(ids, part, strict=True))
    return inserted


def insert_trials(
    connection: Connection,
    database: Database,
    study_id: int,
    specification: Specification,
    slots: Sequence[tuple[int, int]],
    points: Mapping[int, Configuration | None],
) -> None:
    """Insert one waiting trial for each (configuration id, seed), numbered after those the study has."""
    now = connection.execute(select(database.now)).scalar_one()
    trial = schema.trial
    last = select(func.coalesce(func.max(trial.c.number), -1)).where(trial.c.study_id == study_id)
    first = int(connection.execute(last).scalar_one()) + 1
    options = {
        configuration_id: specification.options(point) if point is not None else None
        for configuration_id, point in points.items()
    }
    for start in range(0, len(slots), CHUNK):
        rows = [
            {
                "study_id": study_id,
                "arm": schema.BASE,
                "number": first + start + offset,
                "configuration_id": configuration_id,
                "seed": seed,
                "epochs": specification.epochs,
                "filled": points[configuration_id] is not None,
                "state": State.WAITING.value,
                "created_at": now,
                "optimizer": specification.optimizer.name,
                "options": options[configuration_id],
            }
            for offset, (configuration_id, seed) in enumerate(slots[start : start + CHUNK])
        ]
        connection.execute(insert(trial), rows)

"""The worst: what a diverged training of each arm of a study counts at."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from search_spaces.specification import Specification
from study.store import schema
from study.store.seeds import of_study

trial = schema.trial


def worst_values(connection: Connection, study_id: int, specification: Specification) -> dict[str, float | None]:
    """Return by arm what its metric declares to be the worst, else the worst complete value of the study so far.

    None where neither is known: a diverged training then counts as nothing.
    """
    found = {name: arm.metric.worst for name, arm in specification.arms.items()}
    if None not in found.values():
        return found
    first = next(iter(specification.arms.values()))
    value = trial.c[f"value_{specification.objective.statistic}"]
    furthest = func.max(value) if first.metric.direction == "minimize" else func.min(value)
    mine = (trial.c.study_id == study_id) & trial.c.superseded.is_(False) & of_study(specification)
    seen: float | None = connection.execute(select(furthest).where(mine)).scalar()
    return {name: seen if it is None else it for name, it in found.items()}

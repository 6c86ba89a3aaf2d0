"""Seeds: which trials are of the seeds that a study asks for, and which are fresh.

A study chooses its winner by the seeds 0 to N - 1 of its specification. The winner may be given further ones, which
took no part in the choice: they are in force and trained as all others, and count in nothing but the check of the
winner. Where N grows, they become seeds of the study like the others.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select, true

from search_spaces.specification import Specification
from study.store import schema
from study.store.studies import Study

trial = schema.trial


def of_study(specification: Specification) -> ColumnElement[bool]:
    """Return whether a trial has one of the seeds of its study, as all have where there are no fresh ones."""
    return trial.c.seed < specification.seeds if specification.has_fresh_seeds else true()


def fresh_of(connection: Connection, study: Study) -> set[tuple[int, int]]:
    """Return the fresh seeds of a study that are in force, each after the id of its configuration."""
    mine = (trial.c.study_id == study.id) & trial.c.superseded.is_(False) & ~of_study(study.specification)
    rows = connection.execute(select(trial.c.configuration_id, trial.c.seed).where(mine))
    return {(row.configuration_id, row.seed) for row in rows}

"""Winners: fresh seeds for the best configuration of each arm.

The best of many configurations is best partly by the luck of its seeds, so that its own mean flatters it. Seeds that
took no part in the choice do not.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from search_spaces.configurations import Configuration, identity
from study.errors import StudyMismatchError
from study.store import schema
from study.store.database import Database
from study.store.growth import Extension
from study.store.seeds import fresh_of
from study.store.slots import insert_trials
from study.store.studies import Study
from study.store.summaries import Summaries
from study.trials import TERMINAL

study, configuration, trial = schema.study, schema.configuration, schema.trial


class Winners:
    """The best configurations of studies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self, of: Study, seeds: int, *, dry_run: bool = False) -> Extension:
        """Give the best configuration of each arm fresh seeds, as far as it has them not yet.

        Parameters
        ----------
        of
            The study.
        seeds
            How many fresh seeds a winner is to have: the first ones after those of the study.
        dry_run
            Whether to say what would be added, and to write nothing.

        Raises
        ------
        StudyMismatchError
            Something has not ended yet, nothing is the best, the study chooses its seeds itself, or its results came
            from elsewhere; nothing was written.
        """
        written: set[tuple[int, int]] = set()

        def work(connection: Connection) -> Extension:
            row = select(study).where(study.c.id == of.id)
            stored = Study.from_row(connection.execute(row if dry_run else row.with_for_update()).one())
            stored.refuse_if_imported("extended")
            if written and written <= _slots(connection, stored):  # by a commit that was not acknowledged
                return Extension(study=stored, configurations=0, trials=len(written))
            written.clear()
            there = fresh_of(connection, stored)
            for name, (key, point) in _winners(connection, stored).items():
                arm = stored.specification.arms[name]
                slots = [(key, seed) for seed in range(arm.seeds, arm.seeds + seeds) if (key, seed) not in there]
                written.update(slots)
                if not dry_run:
                    insert_trials(connection, self._database, of.id, (name, arm), slots, {key: point})
            return Extension(study=stored, configurations=0, trials=len(written))

        return self._database.read(work) if dry_run else self._database.write(work)


def _slots(connection: Connection, of: Study) -> set[tuple[int, int]]:
    """Return every seed in force of a study, each after the id of its configuration."""
    mine = (trial.c.study_id == of.id) & trial.c.superseded.is_(False)
    rows = connection.execute(select(trial.c.configuration_id, trial.c.seed).where(mine))
    return {(row.configuration_id, row.seed) for row in rows}


def _winners(connection: Connection, of: Study) -> dict[str, tuple[int, Configuration]]:
    """Return id and point of the best configuration of each arm, once everything has ended."""
    place = f"study {of.name} cannot have its winner checked"
    if of.specification.design.by_slot:
        raise StudyMismatchError(f"{place}: its design, {of.specification.design.name}, chooses the seeds itself")
    left = connection.execute(
        select(func.count()).where(
            trial.c.study_id == of.id,
            trial.c.superseded.is_(False),
            trial.c.state.not_in([state.value for state in TERMINAL]),
        )
    ).scalar_one()
    if left:
        raise StudyMismatchError(f"{place}: {left} of its trials have not ended; run it first")
    found: dict[str, tuple[int, Configuration]] = {}
    for name, best in Summaries.bests_within(connection, of).items():
        chosen = select(configuration.c.id).where(
            configuration.c.study_id == of.id,
            configuration.c.arm == name,
            configuration.c.key == identity(best.configuration),
        )
        found[name] = connection.execute(chosen).scalar_one(), best.configuration
    if not found:
        raise StudyMismatchError(f"{place}: none of its configurations has a seed that trained to its end")
    return found

"""Growth: the two ways in which N changes after a study was created, each in one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, func, insert, select, update

from search_spaces.configurations import Configuration, identity
from search_spaces.designs import drawn
from search_spaces.domains import Range
from search_spaces.specification import Specification, differences
from study.errors import StudyMismatchError
from study.store import schema
from study.store.columns import SLOT, Columns
from study.store.database import Database
from study.store.filters import trial_filter
from study.store.slots import insert_configurations, insert_trials
from study.store.studies import Study, point_of
from study.trials import TERMINAL, State

study, configuration, trial = schema.study, schema.configuration, schema.trial

GROWING = ("space", "seeds", "design.configurations")
"""What may differ when a study is extended."""


@dataclass(frozen=True, kw_only=True)
class Extension:
    """What an extension added, or would add."""

    study: Study
    configurations: int
    trials: int


class Growth:
    """Extensions and retries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def extend(self, of: Study, wider: Specification, *, dry_run: bool = False) -> Extension:
        """Add what a wider specification has more: values, seeds, configurations. Nothing there is touched.

        Parameters
        ----------
        of
            The study.
        wider
            The wider specification.
        dry_run
            Whether to say what would be added, and to write nothing.

        Raises
        ------
        StudyMismatchError
            The specification differs in something else, or has less than the study; nothing was written.
        """

        def work(connection: Connection) -> Extension:
            row = select(study).where(study.c.id == of.id)
            # Locked so that two extensions, or an extension and a proposal, come one after the other.
            stored = Study.from_row(connection.execute(row if dry_run else row.with_for_update()).one())
            given = wider.continuing(stored.specification, stored.declarations)
            refuse_incompatible(stored.specification, given)
            known = set(
                connection.execute(select(configuration.c.key).where(configuration.c.study_id == of.id)).scalars()
            )
            ids = connection.execute(
                select(configuration.c.id, configuration.c.number, configuration.c.hyperparameters)
                .where(configuration.c.study_id == of.id)
                .order_by(configuration.c.number)
            ).all()
            points = {
                row.id: point_of(row.hyperparameters, row.number) if row.hyperparameters else None for row in ids
            }
            fresh = _missing(given, known, len(points))
            if dry_run:
                trials = len(points) * (given.seeds - stored.specification.seeds) + len(fresh) * given.seeds
                return Extension(study=stored, configurations=len(fresh), trials=trials)
            added = self._added(connection, stored, fresh)
            slots = [(number, seed) for number in points for seed in range(stored.specification.seeds, given.seeds)]
            slots += [(number, seed) for number in added for seed in range(given.seeds)]
            insert_trials(connection, self._database, of.id, given, slots, points | added)
            connection.execute(
                update(study)
                .where(study.c.id == of.id)
                .values(
                    document=json.dumps(given.document()),
                    hash=given.hash(),
                    identity=case((study.c.identity.is_not(None), given.identity_text())),
                )
            )
            extended = Study.from_row(connection.execute(row).one())
            return Extension(study=extended, configurations=len(added), trials=len(slots))

        return self._database.read(work) if dry_run else self._database.write(work)

    @staticmethod
    def _added(
        connection: Connection, stored: Study, fresh: Sequence[Configuration | None]
    ) -> dict[int, Configuration | None]:
        """Insert configurations after those there are and return them by id."""
        first = 1 + int(
            connection.execute(
                select(func.coalesce(func.max(configuration.c.number), -1)).where(
                    configuration.c.study_id == stored.id, configuration.c.arm == schema.BASE
                )
            ).scalar_one()
        )
        return insert_configurations(connection, stored.id, first, fresh)

    def retry(self, of: Study, *, states: Sequence[str] = (), where: str | None = None) -> int:
        """Make a new generation of finished trials in force, and return how many.

        The old ones stay as they are, leave the analysis, and are counted as superseded.

        Parameters
        ----------
        of
            The study.
        states
            Outcomes to retry; all of them where empty.
        where
            An expression of the query language that narrows them.
        """
        which: list[ColumnElement[bool]] = [trial.c.state.in_(list(states) or [state.value for state in TERMINAL])]
        if where is not None:
            which.append(trial_filter(where, Columns.of(of.specification)))

        def work(connection: Connection) -> int:
            connection.execute(select(study.c.id).where(study.c.id == of.id).with_for_update())
            chosen = connection.execute(
                update(trial)
                .where(
                    trial.c.study_id == of.id,
                    trial.c.superseded.is_(False),
                    *which,
                )
                .values(superseded=True)
                .returning(trial)
            ).all()
            first = 1 + int(
                connection.execute(
                    select(func.coalesce(func.max(trial.c.number), -1)).where(trial.c.study_id == of.id)
                ).scalar_one()
            )
            now = connection.execute(select(self._database.now)).scalar_one()
            rows = [
                {name: getattr(old, name) for name in SLOT}
                | {
                    "number": first + index,
                    "generation": old.generation + 1,
                    "state": State.WAITING.value,
                    "created_at": now,
                }
                for index, old in enumerate(sorted(chosen, key=lambda row: row.number))
            ]
            if rows:
                connection.execute(insert(trial), rows)
            return len(rows)

        return self._database.write(work)


def _missing(given: Specification, known: Collection[str | None], count: int) -> Sequence[Configuration | None]:
    """Return the configurations that a study of ``count`` known ones has not, None for one to be proposed."""
    wanted = drawn(given)
    if not wanted:
        return [None] * (given.configurations - count)
    unknown = [point for point in wanted if identity(point) not in known]
    # What is there came from the same sequence, or from a narrower range; either way it stays and counts.
    return unknown if given.design.name == "grid" else unknown[: given.configurations - count]


def refuse_incompatible(stored: Specification, given: Specification) -> None:
    """Raise :class:`StudyMismatchError` unless ``given`` is ``stored`` with more values, seeds or configurations."""
    reasons = [
        f"{line}; only {', '.join(GROWING)} may grow"
        for line in differences(stored.resolved(), given.resolved())
        if not line.startswith(GROWING)
    ]
    if given.seeds < stored.seeds:
        reasons.append(f"seeds must be at least {stored.seeds}, got {given.seeds}")
    if given.configurations < stored.configurations:
        reasons.append(f"configurations must be at least {stored.configurations}, got {given.configurations}")
    if stored.space.keys() != given.space.keys():
        reasons.append(f"space must vary {', '.join(stored.space)}, got {', '.join(given.space)}")
    elif stored.design.name == "grid" and not reasons:
        have = {identity(point) for point in drawn(given)}
        gone = [point for point in drawn(stored) if identity(point) not in have]
        if gone:
            shown = ", ".join(f"{name}={value}" for name, value in gone[0].items())
            reasons.append(
                f"the grid must keep every value it has; {len(gone)} of its cells are gone, such as {shown}"
            )
    else:
        reasons += _narrowed(stored, given)
    if reasons:
        listed = "\n".join(f"  {reason}" for reason in reasons)
        raise StudyMismatchError(f"study {stored.name} cannot be extended by this specification:\n{listed}")


def _narrowed(stored: Specification, given: Specification) -> list[str]:
    reasons = []
    for name, old in stored.space.items():
        new = given.space[name]
        if isinstance(old, Range) and isinstance(new, Range):
            if new.log != old.log:
                reasons.append(f"space.{name}.log must stay {str(old.log).lower()}")
            if new.low > old.low or new.high < old.high:
                reasons.append(f"space.{name} must reach from {old.low:g} to {old.high:g} at least")
        elif isinstance(old, Range) or isinstance(new, Range):
            reasons.append(f"space.{name} must stay {'a range' if isinstance(old, Range) else 'values'}")
        elif not set(old.values) <= set(new.values):
            reasons.append(f"space.{name} must keep its values {list(old.values)}")
    return reasons

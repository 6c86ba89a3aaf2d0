"""Growth: the two ways in which N changes after a study was created, each in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, insert, select, update

from search_spaces.arm import Arm
from search_spaces.arms import twins
from search_spaces.configurations import Configuration, identity
from search_spaces.designs import drawn
from search_spaces.domains import Range
from search_spaces.identity import canonical
from search_spaces.specification import BASE, Specification, declarations_of
from study.errors import StudyMismatchError
from study.store import schema
from study.store.columns import SLOT, Columns
from study.store.database import Database
from study.store.documents import point_of
from study.store.filters import trial_filter
from study.store.seeds import fresh_of
from study.store.slots import insert_configurations, insert_trials
from study.store.studies import Study
from study.trials import TERMINAL, State

study, configuration, trial = schema.study, schema.configuration, schema.trial

MOST = 5_000
"""Configurations that a statement names."""

GROWING = ("space", "seeds", "design.configurations")
"""What may differ within an arm when a study is extended."""


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
            stored.refuse_if_imported("extended")
            before = stored.as_seen_by(wider)
            given = wider.continuing(before, stored.declarations)
            refuse_incompatible(before, given)
            # What is there stays first, as its trials do, whichever way the wider one is written.
            grown = {name: given.arms[name] for name in (stored.specification.arms | given.arms)}
            given = given.model_copy(update={"arms": grown})
            points = self._points(connection, of.id)
            fresh = {name: _missing(arm, list(points.get(name, {}).values())) for name, arm in grown.items()}
            seeds = {name: stored.specification.seeds if name in points else 0 for name in grown}
            count = sum(map(len, fresh.values()))
            if given.design.by_slot:  # whose slots are not yet of any configuration
                count = given.configurations - stored.specification.configurations
            there = fresh_of(connection, stored)  # of a winner that was checked, and of the study from now on
            older = {
                name: []
                if arm.design.by_slot
                else [
                    (key, seed)
                    for key in points.get(name, {})
                    for seed in range(seeds[name], arm.seeds)
                    if (key, seed) not in there
                ]
                for name, arm in grown.items()
            }
            trials = sum(
                len(older[name]) + len(fresh[name]) * (1 if arm.design.by_slot else arm.seeds)
                for name, arm in grown.items()
            )
            if dry_run:
                return Extension(study=stored, configurations=count, trials=trials)
            for name, arm in grown.items():
                known = points.get(name, {})
                added = insert_configurations(connection, of.id, name, fresh[name])
                first = [(key, seed) for key in added for seed in range(1 if arm.design.by_slot else arm.seeds)]
                slots = [*older[name], *first]
                insert_trials(connection, self._database, of.id, (name, arm), slots, known | added)
            declared = _declared(stored, given)
            connection.execute(
                update(study)
                .where(study.c.id == of.id)
                .values(
                    document=json.dumps(given.document()),
                    hash=given.hash(),
                    identity=case((study.c.identity.is_not(None), given.identity_text())),
                    declarations=None if declared is None else json.dumps(declared),
                )
            )
            extended = Study.from_row(connection.execute(row).one())
            return Extension(study=extended, configurations=count, trials=trials)

        return self._database.read(work) if dry_run else self._database.write(work)

    @staticmethod
    def _points(connection: Connection, study_id: int) -> dict[str, dict[int, Configuration | None]]:
        """Return every configuration of a study by arm and id, None for one that no proposal has filled."""
        rows = connection.execute(
            select(configuration)
            .where(configuration.c.study_id == study_id)
            .order_by(configuration.c.arm, configuration.c.number)
        ).all()
        points: dict[str, dict[int, Configuration | None]] = {}
        for row in rows:
            point = None if row.hyperparameters is None else point_of(row.hyperparameters, row.number)
            points.setdefault(row.arm, {})[row.id] = point
        return points

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
            stored = Study.from_row(
                connection.execute(select(study).where(study.c.id == of.id).with_for_update()).one()
            )
            stored.refuse_if_imported("retried")
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
            points = _filled_since(connection, {old.configuration_id for old in chosen if not old.filled})
            rows = [
                {name: getattr(old, name) for name in SLOT}
                | _filling(stored, old.arm, points.get(old.configuration_id))
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


def _filled_since(connection: Connection, configurations: set[int]) -> dict[int, Configuration]:
    """Return those of some configurations that have a point; a trial of them may have been cancelled before."""
    column = schema.configuration.c
    found: dict[int, Configuration] = {}
    named = sorted(configurations)
    for first in range(0, len(named), MOST):
        chosen = named[first : first + MOST]
        rows = connection.execute(
            select(column.id, column.hyperparameters, column.number).where(
                column.id.in_(chosen), column.hyperparameters.is_not(None)
            )
        )
        found |= {row.id: point_of(row.hyperparameters, row.number) for row in rows}
    return found


def _filling(of: Study, arm: str, point: Configuration | None) -> dict[str, Any]:
    """Return what a new generation has that its trial had not, nothing where no point was found."""
    return {} if point is None else {"filled": True, "options": of.specification.arms[arm].options(point)}


def _declared(stored: Study, given: Specification) -> dict[str, Any] | None:
    """Return what a study is stored with once it was extended: what arms take over of its defaults, and else today's.

    A new arm goes on with the defaults of the first one there where both name the same, and is stored with them. What
    plug-ins declare is as it is today, but for defaults.
    """
    before, today = stored.declarations, given.declarations()
    if before is None:  # the arms of a release that stored none have none still
        there = stored.specification.arms
        added = {name: None if name in there else today["arms"][name] for name in given.arms} if given.armed else {}
        return {"arms": added} if given.plugged() else None
    if not given.armed:
        return _of_plugins(before, today)
    arms, first = stored.specification.arms, next(iter(stored.specification.arms))
    declared = {name: dict(declarations_of(before, name if name in arms else first) or {}) for name in given.arms}
    for name, arm in given.arms.items():
        if name not in arms:
            places = {place: it.name for place, it in arms[first].places.items()}
            alike = {place for place, it in arm.places.items() if places.get(place) == it.name} | {"objective"}
            declared[name] = {
                place: declared[name].get(place, it) if place in alike else it
                for place, it in today["arms"][name].items()
            }
    return {"arms": {name: _of_plugins(it, today["arms"][name]) for name, it in declared.items()}}


def _of_plugins(before: Mapping[str, Any], today: Mapping[str, Any]) -> dict[str, Any]:
    """Return the declarations of an arm: those of before, of plug-ins today's with the defaults of before."""
    found = dict(before)
    for place, now in today.items():
        then = before.get(place)
        if "plugin" not in now or not isinstance(then, Mapping):
            continue
        known = then.get("options", {})
        options = {
            name: it | ({"default": known[name]["default"]} if known.get(name, {}).get("kind") == it["kind"] else {})
            for name, it in now["options"].items()
        }
        found[place] = now | {"options": options}
    return found


def _missing(arm: Arm, known: Sequence[Configuration | None]) -> Sequence[Configuration | None]:
    """Return the configurations that an arm has not yet, None for one to be proposed."""
    wanted = drawn(arm)
    if not wanted:
        return [None] * (arm.most_configurations - len(known))
    have = {identity(point) for point in known if point is not None}
    unknown = [point for point in wanted if identity(point) not in have]
    # What is there came from the same sequence, or from a narrower range; either way it stays and counts.
    return unknown if arm.design.name == "grid" else unknown[: arm.configurations - len(known)]


def refuse_incompatible(stored: Specification, given: Specification) -> None:
    """Raise :class:`StudyMismatchError` unless ``given`` is ``stored`` with more in it."""
    growing = (*GROWING, *(f"arms.{name}{end}" for name in stored.arms | given.arms for end in (":", ".space")))
    reasons = [
        f"{line}; only arms, {', '.join(GROWING)} may grow"
        for line in stored.differences(given)
        if not line.startswith(growing)
    ]
    differs = bool(reasons)
    reasons += _named_otherwise(stored, given)
    if given.seeds < stored.seeds:
        reasons.append(f"seeds must be at least {stored.seeds}, got {given.seeds}")
    for name in (it for it in stored.arms if it in given.arms):
        place = f"arms.{name}: " if stored.armed or given.armed else ""
        reasons += [f"{place}{reason}" for reason in _lacking(stored.arms[name], given.arms[name], differs=differs)]
    if reasons:
        listed = "\n".join(f"  {reason}" for reason in reasons)
        raise StudyMismatchError(f"study {stored.name} cannot be extended by this specification:\n{listed}")


def _named_otherwise(stored: Specification, given: Specification) -> Iterator[str]:
    """Yield which arms are gone, and which train what another one does: stored defaults may have made them equal."""
    yield from (f"{fault.path} {fault.message}" for fault, _, _ in twins(given.arms))
    named = {canonical(arm.resolved()): name for name, arm in given.arms.items()}
    for name, arm in stored.arms.items():
        if name not in given.arms:
            other = named.get(canonical(arm.resolved()))
            why = f"{other} trains the same under another name" if other else "write it as it was, beside the others"
            yield f"arms.{name} must stay; {'add `base: {}`' if name == BASE and not other else why}"


def _lacking(stored: Arm, given: Arm, *, differs: bool) -> list[str]:
    """Return what an arm has less than it had; which cells of a grid, where nothing else ``differs``."""
    reasons = []
    if given.configurations < stored.configurations:
        reasons.append(f"configurations must be at least {stored.configurations}, got {given.configurations}")
    if stored.space.keys() != given.space.keys():
        reasons.append(f"space must vary {', '.join(stored.space)}, got {', '.join(given.space)}")
    elif stored.design.name == "grid" and not reasons and not differs:
        have = {identity(point) for point in drawn(given)}
        gone = [point for point in drawn(stored) if identity(point) not in have]
        if gone:
            shown = ", ".join(f"{name}={value}" for name, value in gone[0].items())
            reasons.append(
                f"the grid must keep every value it has; {len(gone)} of its cells are gone, such as {shown}"
            )
    else:
        reasons += _narrowed(stored, given)
    return reasons


def _narrowed(stored: Arm, given: Arm) -> list[str]:
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

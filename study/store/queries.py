"""Queries: what readers ask of the store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, select

from search_spaces.configurations import Configuration
from search_spaces.errors import escaped
from search_spaces.specification import Specification
from study.store import schema
from study.store.columns import CLASSIFIED, CLASSIFIED_EPOCH, OPTIMIZED_EPOCH, OPTIONS, Column, Columns, found
from study.store.database import Database
from study.store.documents import point_of, specification_of
from study.store.filters import trial_filter
from study.store.objects import value_in
from study.trials import State

trial, epoch, attempt, configuration = schema.trial, schema.epoch, schema.attempt, schema.configuration

WHOSE = ("number", "seed", "state")
"""Columns of the trial that stand before those of its epochs."""

ATTEMPT_COLUMNS = (
    "number", "attempt", "ending", "reason", "host", "device", "libraries", "code_version", "started_at", "ended_at",
    "seconds", "images_per_second",
)  # fmt: skip

RULE_COLUMNS = ("rule", "decay", "eps_at")
"""Texts of an attempt's facts that stand beside them."""

PAGE = 1_000

LARGEST = 2**63 - 1
"""The largest number of rows that both databases can be asked for."""


class Cell(NamedTuple):
    """One configuration of a map: trials in force by outcome, mean and lowest value of the complete ones.

    Attributes
    ----------
    arm, number
        Which configuration.
    configuration
        What it varies; None while no proposal has filled it.
    trials, complete, diverged
        How many there are, and how many of them are complete or diverged.
    mean, lowest
        Of the objective's metric, by the statistic asked for; None where none is complete.
    """

    arm: str
    number: int
    configuration: Configuration | None
    trials: int
    complete: int
    diverged: int
    mean: float | None
    lowest: float | None


class Queries:
    """Reads of whole tables, streamed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def columns(self, study_id: int) -> Columns:
        """Return the columns of a study's trials."""
        statement = select(schema.study.c.document, schema.study.c.declarations).where(schema.study.c.id == study_id)
        row = self._database.read(lambda c: c.execute(statement).one_or_none())
        specification = None if row is None else specification_of(row.document, row.declarations, "the study")
        return Columns.of(specification if isinstance(specification, Specification) else None)

    def trials(
        self,
        study_id: int,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        as_given: Collection[str] = (),
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the trials of a study, superseded generations included.

        Parameters
        ----------
        study_id
            The study.
        columns
            Which columns, in which order; those that :meth:`columns` prints where None.
        where
            An expression of the query language (`study.expressions`); a comparison with an empty value is not true.
        sort
            A column, ascending, or ``-column``, descending; empty values last. By number where None.
        limit
            At most so many.
        as_given
            Columns whose texts come as they were given, to be compared with a specification or to be another
            program's; those of all others come as they can be shown.
        """
        known = self.columns(study_id)
        chosen = [known.find(name).sql for name in (known.printed if columns is None else columns)]
        statement = select(*chosen).where(trial.c.study_id == study_id)
        if where is not None:
            statement = statement.where(trial_filter(where, known))
        if sort is not None:
            by = known.find(sort.removeprefix("-")).value
            statement = statement.order_by(by.is_(None), by.desc() if sort.startswith("-") else by)
        statement = statement.order_by(trial.c.number)
        if limit is not None:
            statement = statement.limit(min(limit, LARGEST))
        yield from self._streamed(statement, frozenset(as_given))

    @staticmethod
    def cells_statement(study_id: int, statistic: str = "final") -> Select[Any]:
        """Return the statement of :meth:`cells`."""
        value = trial.c[f"value_{statistic}"]
        cell = (
            select(
                trial.c.configuration_id,
                func.count().label("trials"),
                func.count(case((trial.c.state == State.COMPLETE.value, 1))).label("complete"),
                func.count(case((trial.c.state == State.DIVERGED.value, 1))).label("diverged"),
                func.avg(value).label("mean"),
                func.min(value).label("lowest"),
            )
            .where(trial.c.study_id == study_id, trial.c.superseded.is_(False))
            .group_by(trial.c.configuration_id)
            .subquery()
        )
        numbers = [column for column in cell.c if column.name != "configuration_id"]
        return (
            select(configuration.c.arm, configuration.c.number, configuration.c.hyperparameters, *numbers)
            .join_from(cell, configuration, configuration.c.id == cell.c.configuration_id)
            .order_by(configuration.c.id)
        )

    def cells(self, study_id: int, statistic: str = "final") -> list[Cell]:
        """Return the map of a study over whatever it varies, one row a configuration, in the order they were made.

        Its trials are read from an index alone, however large the store.

        Parameters
        ----------
        study_id
            The study.
        statistic
            Of the objective's metric.
        """
        statement = self.cells_statement(study_id, statistic)
        rows = self._database.read(lambda c: c.execute(statement).all())
        return [
            Cell(arm, number, None if text is None else point_of(text, number), *numbers)
            for arm, number, text, *numbers in rows
        ]

    def curves(
        self,
        study_id: int,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        numbers: Sequence[int] | None = None,
        limit: int | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the epochs of the deciding attempt of every trial in force, by trial and epoch.

        Parameters
        ----------
        study_id
            The study.
        columns
            Columns of the epoch, or of its trial; :func:`curve_columns` where None.
        where
            An expression over columns of the trial.
        numbers
            Only these trials, where it is not None.
        limit
            At most so many, where no numbers are asked for.
        """
        of_trials = self.columns(study_id)
        names = curve_columns(of_trials) if columns is None else columns
        chosen = [epochs_too(of_trials, name).sql for name in names]
        statement = (
            select(*chosen)
            .join_from(trial, epoch, (epoch.c.trial_id == trial.c.id) & (epoch.c.attempt == trial.c.attempt))
            .where(trial.c.study_id == study_id, trial.c.superseded.is_(False))
            .order_by(trial.c.number, epoch.c.epoch)
        )
        if where is not None:
            statement = statement.where(trial_filter(where, of_trials))
        if limit is not None:
            statement = statement.limit(min(limit, LARGEST))
        if numbers is None:
            yield from self._streamed(statement)
            return
        wanted = iter(sorted(numbers))
        while some := list(islice(wanted, PAGE)):
            yield from self._streamed(statement.where(trial.c.number.in_(some)))

    def attempts(self, study_id: int) -> Iterator[Mapping[str, Any]]:
        """Yield every attempt of a study with its provenance and its rule; libraries that cannot be read are None."""
        names: list[ColumnElement[Any]] = [attempt.c[name] for name in ATTEMPT_COLUMNS[1:]]
        names += [value_in(attempt.c.rule, name, str).label(name) for name in RULE_COLUMNS]
        statement = (
            select(trial.c.number, *names)
            .join_from(trial, attempt)
            .where(trial.c.study_id == study_id)
            .order_by(trial.c.number, attempt.c.attempt)
        )
        for row in self._streamed(statement):
            yield {**row, "libraries": _libraries(row["libraries"])}

    def _streamed(
        self, statement: Select[Any], as_given: Collection[str] = frozenset()
    ) -> Iterator[Mapping[str, Any]]:
        """Yield rows a page at a time; a reader that stops early leaves nothing open.

        No text but those as given holds a control character: a store may come from anywhere, and its rows go to
        terminals and pages.
        """
        for row in self._database.streamed(statement, PAGE):
            yield {
                name: escaped(it) if isinstance(it, str) and name not in as_given else it for name, it in row.items()
            }


@lru_cache(maxsize=1024)
def _libraries(text: str | None) -> str | None:
    """Return the versions of an attempt's libraries, by name, as JSON without control characters."""
    try:
        versions = json.loads(text or "")
        return json.dumps({escaped(name): escaped(version) for name, version in versions.items()}, sort_keys=True)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def curve_columns(columns: Columns) -> tuple[str, ...]:
    """Return the columns of the epochs of a study: whose they are, and what they hold.

    Any other column of the trial can be asked for too; where both have one (``lr``, ``p``, ``seconds``), it is the
    epoch's.
    """
    classified = not columns.measured or bool(CLASSIFIED & set(columns.applying))
    away = frozenset() if classified else CLASSIFIED_EPOCH
    away |= frozenset() if OPTIONS & set(columns.applying) else OPTIMIZED_EPOCH
    away |= frozenset({"seconds"}) if columns.imported else frozenset()
    held = [name for name in columns.epochs if name not in away]
    return (*WHOSE, *(("arm",) if columns.armed else ()), *held)


def epochs_too(columns: Columns, name: str) -> Column:
    """Return a column of the epochs or of their trials; raises :class:`UsageError` where there is no such column."""
    return found(name, {**columns.known, **columns.epochs})

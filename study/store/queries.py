"""Queries: what readers ask of the store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, select

from search_spaces.configurations import Configuration
from search_spaces.documents import nearest
from search_spaces.errors import escaped, shown
from study.errors import UsageError
from study.store import schema
from study.store.columns import BY_NAME, EPOCH, TRIAL
from study.store.database import Database
from study.store.filters import trial_filter
from study.store.studies import point_of
from study.trials import State

trial, epoch, attempt, configuration = schema.trial, schema.epoch, schema.attempt, schema.configuration

TRIAL_COLUMNS = tuple(column.name for column in TRIAL)
"""Columns of a trial that users see, the most asked for first."""

EPOCH_COLUMNS = tuple(column.name for column in EPOCH)

CURVE_COLUMNS = ("number", "seed", "state", *EPOCH_COLUMNS)
"""Columns of the epochs of a study: whose they are, and what they hold. Any other column of the trial can be asked
for too; where both have one (``lr``, ``p``, ``seconds``), it is the epoch's."""

TYPES: Mapping[str, type] = {column.name: column.type for column in (*EPOCH, *TRIAL)}
"""The type of each column; those that trials and epochs share have one."""

EPOCHS_TOO = tuple(dict.fromkeys((*CURVE_COLUMNS, *TRIAL_COLUMNS)))
"""Every column that the epochs of a study can be asked for."""

ATTEMPT_COLUMNS = (
    "number", "attempt", "ending", "reason", "host", "device", "libraries", "code_version", "started_at", "ended_at",
    "seconds", "images_per_second",
)  # fmt: skip

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

    def trials(
        self,
        study_id: int,
        *,
        columns: Sequence[str] = TRIAL_COLUMNS,
        where: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the trials of a study, superseded generations included.

        Parameters
        ----------
        study_id
            The study.
        columns
            Which columns, in which order.
        where
            An expression of the query language (`study.expressions`); a comparison with an empty value is not true.
        sort
            A column, ascending, or ``-column``, descending; empty values last. By number where None.
        limit
            At most so many.
        """
        chosen = [BY_NAME[name].sql for name in map(known_column, columns)]
        statement = select(*chosen).where(trial.c.study_id == study_id)
        if where is not None:
            statement = statement.where(trial_filter(where))
        if sort is not None:
            by = BY_NAME[known_column(sort.removeprefix("-"))].value
            statement = statement.order_by(by.is_(None), by.desc() if sort.startswith("-") else by)
        statement = statement.order_by(trial.c.number)
        if limit is not None:
            statement = statement.limit(min(limit, LARGEST))
        yield from self._streamed(statement)

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
        columns: Sequence[str] = CURVE_COLUMNS,
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
            Columns of the epoch, or of its trial.
        where
            An expression over columns of the trial.
        numbers
            Only these trials, where it is not None.
        limit
            At most so many, where no numbers are asked for.
        """
        names = [known_column(name, EPOCHS_TOO) for name in columns]
        columns_of = BY_NAME | {column.name: column for column in EPOCH}
        chosen = [columns_of[name].sql for name in names]
        statement = (
            select(*chosen)
            .join_from(trial, epoch, (epoch.c.trial_id == trial.c.id) & (epoch.c.attempt == trial.c.attempt))
            .where(trial.c.study_id == study_id, trial.c.superseded.is_(False))
            .order_by(trial.c.number, epoch.c.epoch)
        )
        if where is not None:
            statement = statement.where(trial_filter(where))
        if limit is not None:
            statement = statement.limit(min(limit, LARGEST))
        if numbers is None:
            yield from self._streamed(statement)
            return
        wanted = iter(sorted(numbers))
        while some := list(islice(wanted, PAGE)):
            yield from self._streamed(statement.where(trial.c.number.in_(some)))

    def attempts(self, study_id: int) -> Iterator[Mapping[str, Any]]:
        """Yield every attempt of a study with its provenance; libraries that cannot be read are None."""
        names = [attempt.c[name] for name in ATTEMPT_COLUMNS[1:]]
        statement = (
            select(trial.c.number, *names)
            .join_from(trial, attempt)
            .where(trial.c.study_id == study_id)
            .order_by(trial.c.number, attempt.c.attempt)
        )
        for row in self._streamed(statement):
            yield {**row, "libraries": _libraries(row["libraries"])}

    def _streamed(self, statement: Select[Any]) -> Iterator[Mapping[str, Any]]:
        """Yield rows a page at a time; a reader that stops early leaves nothing open.

        No text holds a control character: a store may come from anywhere, and its rows go to terminals and pages.
        """
        for row in self._database.streamed(statement, PAGE):
            yield {name: escaped(it) if isinstance(it, str) else it for name, it in row.items()}


@lru_cache(maxsize=1024)
def _libraries(text: str | None) -> str | None:
    """Return the versions of an attempt's libraries, by name, as JSON without control characters."""
    try:
        versions = json.loads(text or "")
        return json.dumps({escaped(name): escaped(version) for name, version in versions.items()}, sort_keys=True)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def known_column(name: str, known: Collection[str] = TRIAL_COLUMNS) -> str:
    """Return the name in lower case, or raise :class:`UsageError` where there is no such column."""
    if name.lower() not in known:
        raise UsageError(f"no column {shown(name)}; {nearest(name.lower(), known)}")
    return name.lower()

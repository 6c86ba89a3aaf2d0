"""Queries: what readers ask of the store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, select

from search_spaces.documents import nearest
from search_spaces.errors import escaped, shown
from study.errors import UsageError
from study.store import schema
from study.store.database import Database
from study.store.filters import trial_filter

trial, epoch, attempt = schema.trial, schema.epoch, schema.attempt

TRIAL_COLUMNS = (
    "number", "state", "seed", "generation", "attempt", "optimizer", "lr", "p", "beta2", "weight_decay", "epochs",
    "test_error_final", "test_error_mean_last5", "test_error_min", "train_loss_final", "diverged_epoch",
    "epochs_done", "last_finite_loss", "validation_error_final", "validation_error_mean_last5",
    "validation_error_min", "beta1", "eps", "momentum", "seconds", "images_per_second", "superseded", "errors",
    "reason", "created_at", "started_at", "finished_at",
)  # fmt: skip
"""Columns of a trial that users see, the most asked for first."""

EPOCH_COLUMNS = (
    "epoch", "train_loss", "test_error", "test_error5", "validation_error", "validation_error5", "lr", "p",
    "log10_v", "seconds",
)  # fmt: skip

CURVE_COLUMNS = ("number", "seed", "state", *EPOCH_COLUMNS)
"""Columns of the epochs of a study: whose they are, and what they hold. Any other column of the trial can be asked
for too; where both have one (``lr``, ``p``, ``seconds``), it is the epoch's."""

TYPES: Mapping[str, type] = {
    name: table.c[name].type.python_type
    for table, names in ((schema.epoch, EPOCH_COLUMNS), (schema.trial, TRIAL_COLUMNS))
    for name in names
}
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
    """One cell of a learning-rate map: values, trials by outcome, mean and lowest error of the complete ones."""

    lr: float | None
    y: float | None
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
        chosen = [trial.c[name] for name in map(known_column, columns)]
        statement = select(*chosen).where(trial.c.study_id == study_id)
        if where is not None:
            statement = statement.where(trial_filter(where, TRIAL_COLUMNS))
        if sort is not None:
            by = trial.c[known_column(sort.removeprefix("-"))]
            statement = statement.order_by(by.is_(None), by.desc() if sort.startswith("-") else by)
        statement = statement.order_by(trial.c.number)
        if limit is not None:
            statement = statement.limit(min(limit, LARGEST))
        yield from self._streamed(statement)

    @staticmethod
    def cells_statement(study_id: int, y: str = "p", statistic: str = "mean_last5") -> Select[Any]:
        """Return the statement of :meth:`cells`."""
        error = trial.c[f"test_error_{statistic}"]
        return (
            select(
                trial.c.lr,
                trial.c[y],
                func.count(case((trial.c.state == "complete", 1))),
                func.count(case((trial.c.state == "diverged", 1))),
                func.avg(error),
                func.min(error),
            )
            .where(trial.c.study_id == study_id, trial.c.superseded.is_(False))
            .group_by(trial.c.lr, trial.c[y])
            .order_by(trial.c.lr, trial.c[y])
        )

    def cells(self, study_id: int, y: str = "p", statistic: str = "mean_last5") -> list[Cell]:
        """Return the learning-rate map of a study, one row a cell, read from an index alone.

        Parameters
        ----------
        study_id
            The study.
        y
            ``p`` or ``weight_decay``.
        statistic
            Of the test error.
        """
        statement = self.cells_statement(study_id, y, statistic)
        rows = self._database.read(lambda c: c.execute(statement).all())
        return [Cell(*row) for row in rows]

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
        chosen = [(epoch if name in EPOCH_COLUMNS else trial).c[name] for name in names]
        statement = (
            select(*chosen)
            .join_from(trial, epoch, (epoch.c.trial_id == trial.c.id) & (epoch.c.attempt == trial.c.attempt))
            .where(trial.c.study_id == study_id, trial.c.superseded.is_(False))
            .order_by(trial.c.number, epoch.c.epoch)
        )
        if where is not None:
            statement = statement.where(trial_filter(where, TRIAL_COLUMNS))
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

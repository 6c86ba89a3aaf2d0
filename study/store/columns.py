"""Columns: what users see of a trial and of an epoch, where each lies, and the SQL that reads it.

One list for all: what is printed, filtered, sorted, typed and copied follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Double, Integer, Table, Text, case, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from search_spaces.documents import nearest
from search_spaces.errors import shown
from search_spaces.options import Number, Option, Switch, Value
from search_spaces.paths import canonical
from search_spaces.specification import Specification
from study.errors import UsageError
from study.expressions import Kind
from study.store import schema

KINDS: Mapping[type, Kind] = {int: "number", float: "number", str: "text", bool: "truth"}


@dataclass(frozen=True)
class Column:
    """A column that users see.

    Attributes
    ----------
    name
        As it is asked for and printed.
    type
        ``int``, ``float``, ``str`` or ``bool``.
    table
        Where it lies: a column of its own of that table, or, where None, an option in force of the trial.
    otherwise
        What an option is where a trial does not say: schema 0001 kept numbers alone.
    """

    name: str
    type: type
    table: Table | None = None
    otherwise: Value = None

    @property
    def kind(self) -> Kind:
        """What it is to the query language."""
        return KINDS[self.type]

    @property
    def sql(self) -> ColumnElement[Any]:
        """What reads it, under its name."""
        return self.value.label(self.name)

    @property
    def value(self) -> ColumnElement[Any]:
        """What reads it: empty where an option does not apply, or is of another kind in a damaged row."""
        if self.table is not None:
            return self.table.c[self.name]
        found = _OPTIONS[self.type](self.name)
        if self.otherwise is None:
            return found
        return case((schema.trial.c.filled, func.coalesce(found, literal(self.otherwise, found.type))))


def option(name: str, kind: type) -> Column:
    """Return the column of an option in force."""
    return Column(name, kind)


def _of(table: Table, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, table.c[name].type.python_type, table) for name in names)


TRIAL: tuple[Column, ...] = (
    *_of(schema.trial, "number", "state", "seed", "generation", "attempt", "optimizer"),
    option("lr", float),
    option("p", float),
    option("beta2", float),
    option("weight_decay", float),
    *_of(
        schema.trial,
        "epochs", "test_error_final", "test_error_mean_last5", "test_error_min", "train_loss_final", "diverged_epoch",
        "epochs_done", "last_finite_loss", "validation_error_final", "validation_error_mean_last5",
        "validation_error_min",
    ),
    option("beta1", float),
    option("eps", float),
    option("momentum", float),
    *_of(
        schema.trial,
        "seconds", "images_per_second", "superseded", "errors", "reason", "created_at", "started_at", "finished_at",
    ),
)  # fmt: skip
"""Columns of a trial, the most asked for first."""

EPOCH: tuple[Column, ...] = _of(
    schema.epoch,
    "epoch", "train_loss", "test_error", "test_error5", "validation_error", "validation_error5", "lr", "p", "log10_v",
    "seconds",
)  # fmt: skip
"""Columns of an epoch."""

TRIAL_NAMES = tuple(column.name for column in TRIAL)
"""Names of the columns that every study has."""


@dataclass(frozen=True)
class Columns:
    """The columns of the trials of one study.

    Attributes
    ----------
    printed
        Those that are shown where nobody asks for others: the ones that every study has, and what this one varies.
    known
        Every column by the names that may stand for it, the options of the study's optimizer included.
    """

    printed: tuple[str, ...]
    known: Mapping[str, Column]

    @classmethod
    def of(cls, specification: Specification | None) -> Columns:
        """Return the columns of a study; of one whose specification cannot be read, those that every study has."""
        known = {column.name: column for column in TRIAL}
        if specification is None:
            return cls(TRIAL_NAMES, known)
        variable = specification.variable
        in_force = dict.fromkeys((*specification.optimizer.declaration.options, *specification.space))
        for path in in_force:
            if path in variable:
                fixed = None if path in specification.space else specification.optimizer.options.get(path)
                known.setdefault(path, Column(path, _type(variable[path]), otherwise=fixed))
        for path in in_force:
            column, end = known.get(path), path.rpartition(".")[2]
            aliases = {"optimizer": f"optimizer.{path}", "schedules.lr": f"schedule.{end}"}
            if column is not None:
                known.setdefault(aliases.get(path.rpartition(".")[0] or "optimizer", path), column)
                if canonical(end, variable) == path:
                    known.setdefault(end, column)
        return cls(tuple(dict.fromkeys((*TRIAL_NAMES, *specification.space))), known)

    def find(self, name: str) -> Column:
        """Return a column by its name in any case.

        Raises
        ------
        UsageError
            There is no such column.
        """
        return found(name, self.known)


def found(name: str, known: Mapping[str, Column]) -> Column:
    """Return the column of a name, in any case, or raise :class:`UsageError` where there is no such column."""
    if name.lower() not in known:
        raise UsageError(f"no column {shown(name)}; {nearest(name.lower(), known)}")
    return known[name.lower()]


def _type(option: Option) -> type:
    if isinstance(option, Number):
        return int if option.integer else float
    return bool if isinstance(option, Switch) else str


SLOT = ("study_id", "arm", "configuration_id", "seed", "epochs", "filled", "optimizer", "options")
"""What a new generation of a trial has of the old one: all that says which trial it is."""


class _Option(FunctionElement[Any]):
    """The value of an option in force: the options, its name, and its path in them."""

    inherit_cache = True
    sqlite: str
    postgresql: str

    def __init__(self, name: str) -> None:
        super().__init__(schema.trial.c.options, literal(name, Text()), literal(f'$."{name}"', Text()))


class _Real(_Option):
    inherit_cache = True
    type: TypeEngine[Any] = Double()
    sqlite = "CASE WHEN json_type({0}, {2}) IN ('real', 'integer') THEN CAST(json_extract({0}, {2}) AS REAL) END"
    postgresql = "CASE WHEN jsonb_typeof({0} -> {1}) = 'number' THEN CAST({0} ->> {1} AS double precision) END"


class _Whole(_Option):
    inherit_cache = True
    type: TypeEngine[Any] = Integer()
    sqlite = "CASE WHEN json_type({0}, {2}) = 'integer' THEN json_extract({0}, {2}) END"
    postgresql = "CASE WHEN jsonb_typeof({0} -> {1}) = 'number' THEN CAST(CAST({0} ->> {1} AS numeric) AS bigint) END"


class _Text(_Option):
    inherit_cache = True
    type: TypeEngine[Any] = Text()
    sqlite = "CASE WHEN json_type({0}, {2}) = 'text' THEN json_extract({0}, {2}) END"
    postgresql = "CASE WHEN jsonb_typeof({0} -> {1}) = 'string' THEN {0} ->> {1} END"


class _Truth(_Option):
    inherit_cache = True
    type: TypeEngine[Any] = Boolean()
    sqlite = "CASE WHEN json_type({0}, {2}) IN ('true', 'false') THEN json_extract({0}, {2}) END"
    postgresql = "CASE WHEN jsonb_typeof({0} -> {1}) = 'boolean' THEN CAST({0} ->> {1} AS boolean) END"


_OPTIONS: Mapping[type, type[_Option]] = {float: _Real, int: _Whole, str: _Text, bool: _Truth}


@compiles(_Option, "sqlite")
def _on_sqlite(element: _Option, compiler: SQLCompiler, **options: Any) -> str:
    return element.sqlite.format(*(compiler.process(part, **options) for part in element.clauses))


@compiles(_Option, "postgresql")
def _on_postgresql(element: _Option, compiler: SQLCompiler, **options: Any) -> str:
    return element.postgresql.format(*(compiler.process(part, **options) for part in element.clauses))

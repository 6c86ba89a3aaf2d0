"""Columns: what users see of a trial and of an epoch, where each lies, and the SQL that reads it.

One list for all: what is printed, filtered, sorted, typed and copied follows from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Table, case, func, literal, select

from analysis.statistics import STATISTICS
from search_spaces.arm import Arm
from search_spaces.declarations import Metric
from search_spaces.documents import nearest
from search_spaces.errors import shown
from search_spaces.options import Number, Option, Switch, Value
from search_spaces.paths import canonical, split
from search_spaces.specification import Specification
from study.errors import UsageError
from study.expressions import Kind
from study.store import schema
from study.store.objects import value_in
from study.store.results import COLUMNS

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
    table, source
        Where it lies: the column of the table that has its name, or another one, or one that holds objects with a
        value of its name.
    key
        The name of that value where it is another one.
    otherwise
        What an option is, by arm, where a trial does not say: where the arm does not vary it, and is not the
        optimizer's, and where schema 0001 kept numbers alone.
    """

    name: str
    type: type
    table: Table
    source: str = ""
    otherwise: Mapping[str, Value] = field(default_factory=dict)
    key: str = ""

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
        place = self.table.c[self.source or self.name]
        found = value_in(place, self.key or self.name, self.type) if isinstance(place.type, schema.Object) else place
        if self.table is schema.attempt:
            return _of_its_attempt(found)
        if not self.otherwise:
            return found
        here = {arm: func.coalesce(found, literal(value, found.type)) for arm, value in self.otherwise.items()}
        return case((schema.trial.c.filled, case(here, value=schema.trial.c.arm, else_=found)))


def _of_its_attempt(found: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return what the attempt in force has for a trial, looked up where it is asked for and nowhere else."""
    its_own = (schema.attempt.c.trial_id == schema.trial.c.id) & (schema.attempt.c.attempt == schema.trial.c.attempt)
    return select(found).where(its_own).correlate(schema.trial).scalar_subquery()


def option(name: str, kind: type) -> Column:
    """Return the column of an option in force."""
    return Column(name, kind, schema.trial, "options")


def fact(name: str, kind: type) -> Column:
    """Return the column of a fact about the rule by which the attempt in force stepped."""
    return Column(name, kind, schema.attempt, "rule")


def _of(table: Table, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, table.c[name].type.python_type, table) for name in names)


TRIAL: tuple[Column, ...] = (
    *_of(schema.trial, "number", "arm", "state", "seed", "generation", "attempt", "optimizer"),
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
    fact("rule", str),
    fact("decay_per_step", float),
    fact("weight_decay_norm", float),
    fact("eps_at", str),
    fact("total_steps", int),
)  # fmt: skip
"""Columns of a trial, the most asked for first."""

EPOCH: tuple[Column, ...] = _of(
    schema.epoch,
    "epoch", "train_loss", "test_error", "test_error5", "validation_error", "validation_error5", "lr", "p", "log10_v",
    "seconds",
)  # fmt: skip
"""Columns of an epoch."""

CLASSIFIED = frozenset(
    (
        "train_loss_final",
        "images_per_second",
        *(f"{split}_error_{statistic}" for split in ("test", "validation") for statistic in STATISTICS),
    )
)
"""Columns of a trial that only classification fills."""

CLASSIFIED_EPOCH = frozenset(("train_loss", "test_error", "test_error5", "validation_error", "validation_error5"))
"""Columns of an epoch that only classification fills."""

OPTIMIZED_EPOCH = frozenset(("lr", "p", "log10_v"))
"""Columns of an epoch that only an optimizer fills."""

OPTIONS = frozenset(column.name for column in TRIAL if column.source == "options")
"""Those of them that are options of optimizers."""

FACTS = frozenset(column.name for column in TRIAL if column.table is schema.attempt)
"""Those that only an optimizer fills, and no option of it is."""

TRIAL_NAMES = tuple(column.name for column in TRIAL)
"""Names of the columns that every study has."""


@dataclass(frozen=True)
class Columns:
    """The columns of the trials of one study.

    Attributes
    ----------
    printed
        Those that are shown where nobody asks for others: the ones that every study has, what this one varies, and
        what it measures.
    applying
        Those of them that can hold something: errors and losses have no place in a study that classifies nothing.
    known
        Every column by the names that may stand for it, the options of the study's optimizer included.
    epochs
        Every column of the epochs, by name.
    measured, results
        Names of the columns of the epochs, and of the trials, that hold what the study's tasks measure.
    armed
        Whether the study names its arms.
    imported
        Whether its results came from elsewhere, where nobody kept how long an epoch took.
    varied
        Names of the columns of what some arm varies.
    """

    printed: tuple[str, ...]
    applying: tuple[str, ...]
    known: Mapping[str, Column]
    epochs: Mapping[str, Column]
    measured: tuple[str, ...]
    results: tuple[str, ...]
    armed: bool = False
    imported: bool = False
    varied: tuple[str, ...] = ()

    @classmethod
    def of(cls, specification: Specification | None) -> Columns:
        """Return the columns of a study; of one whose specification cannot be read, those that every study has."""
        known = {column.name: column for column in TRIAL}
        epochs = {column.name: column for column in EPOCH}
        if specification is None:
            return cls(TRIAL_NAMES, TRIAL_NAMES, known, epochs, (), ())
        varied = {path for arm in specification.arms.values() for path in arm.space} | _differing(specification)
        paths: dict[str, set[str]] = {}
        for name, arm in specification.arms.items():
            for path, kind, fixed in _options_of(arm, varied):
                before = known.get(path, option(path, kind))
                if before.source == "options":
                    otherwise = before.otherwise if fixed is None else {**before.otherwise, name: fixed}
                    widest = float if {kind, before.type} == {int, float} else before.type
                    known[path] = replace(before, type=widest, otherwise=otherwise)
            for alias, path in _aliases(arm, varied):
                paths.setdefault(alias, set()).add(path)
        of_optimizers = {name for arm in specification.arms.values() for name in _options_of_optimizer(arm)}
        for alias, meant in paths.items():
            path = next(iter(meant))
            if len(meant) > 1 or path not in known:
                continue  # it means one thing in one arm and another in another
            if alias in OPTIONS and alias not in of_optimizers:
                # A column of every study, which holds in this one what alone has its name.
                known[alias] = replace(known[path], name=alias, key=path)
            known.setdefault(alias, known[path])
        measured = {it.name: it for arm in specification.arms.values() for it in arm.metrics}
        metrics = tuple(measured)
        objective = next(iter(specification.arms.values())).metric.name
        results = [column for it in measured.values() for column in _results(it, of_objective=it.name == objective)]
        known |= {column.name: column for column in results if column.name not in known}
        epochs |= {name: Column(name, float, schema.epoch, "metrics") for name in metrics if name not in epochs}
        printed = dict.fromkeys((*TRIAL_NAMES, *varied_in(specification), *(column.name for column in results)))
        classified = any(arm.dataset is not None for arm in specification.arms.values())
        optimized = any(arm.optimizer is not None for arm in specification.arms.values())
        without = OPTIONS | FACTS if not optimized else {name for name in OPTIONS if known[name].key}
        without |= CLASSIFIED if not classified else frozenset()
        applying = [name for name in printed if name not in without or name in varied]
        names = tuple(column.name for column in results)
        return cls(
            tuple(printed),
            tuple(applying),
            known,
            epochs,
            metrics,
            names,
            specification.armed,
            specification.imported,
            tuple(varied_in(specification)),
        )

    def find(self, name: str) -> Column:
        """Return a column by its name in any case.

        Raises
        ------
        UsageError
            There is no such column.
        """
        return found(name, self.known)


def _differing(specification: Specification) -> set[str]:
    """Return the options that arms have fixed at different values."""
    found: dict[str, set[Value]] = {}
    for arm in specification.arms.values():
        for path in arm.variable:
            place, name = split(path)
            found.setdefault(path, set()).add(arm.places[place].options[name])
    return {path for path, values in found.items() if len(values) > 1}


def _options_of(arm: Arm, varied: Collection[str]) -> Iterator[tuple[str, type, Value]]:
    """Yield path and type of the optimizer's options and of what differs in the study, with its value where fixed.

    A trial keeps the options of its optimizer and what its own arm varies.
    """
    variable, sections = arm.variable, arm.places
    for path in dict.fromkeys((*_always(arm), *sorted(varied))):
        if path in variable:
            place, name = split(path)
            kind = _type(variable[path])
            fixed = None if path in arm.space else sections[place].options[name]
            # Numbers of the optimizer were kept from the first release on.
            yield path, kind, None if place == "optimizer" and kind is float else fixed


def _options_of_optimizer(arm: Arm) -> Iterator[str]:
    """Yield the options of an arm's optimizer, where it has one."""
    yield from () if arm.optimizer is None else arm.optimizer.declaration.options


def _always(arm: Arm) -> Iterator[str]:
    """Yield the options that have columns whether or not they vary: those of what moves the training."""
    if arm.optimizer is None:
        yield from (f"task.{name}" for name in arm.task.declaration.options)
    yield from _options_of_optimizer(arm)


def _aliases(arm: Arm, varied: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield every other name of the options that have columns, and the path that it stands for."""
    variable = arm.variable
    for path in dict.fromkeys((*_always(arm), *sorted(varied))):
        if path not in variable:
            continue
        place, _, end = path.rpartition(".")
        if not place:
            yield f"optimizer.{path}", path
        elif place == "schedules.lr":
            yield f"schedule.{end}", path
        if canonical(end, variable) == path:
            yield end, path


def varied_in(specification: Specification) -> list[str]:
    """Return what some arm varies, each once."""
    return list(dict.fromkeys(path for arm in specification.arms.values() for path in arm.space))


def _results(metric: Metric, *, of_objective: bool) -> Iterator[Column]:
    """Yield the columns of the results of a metric; of a place only where it was in the end."""
    for statistic in STATISTICS if not metric.trace else ("final",):
        name = f"{metric.name}_{statistic}"
        if metric.name in COLUMNS and name in schema.trial.c:
            yield Column(name, float, schema.trial)
        elif of_objective:
            yield Column(name, float, schema.trial, f"value_{statistic}")
        elif metric.name not in COLUMNS:
            yield Column(name, float, schema.trial, "metrics")


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

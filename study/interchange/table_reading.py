"""Tables, read: one row a training, its columns mapped to hyperparameters, seed, outcome and value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.foreign import LINE
from search_spaces.declarations import Metric
from search_spaces.documents import nearest
from search_spaces.domains import is_number
from search_spaces.errors import Fault, SpecificationError, printable, shown
from study.interchange.names import metric_fault, metric_name
from study.interchange.records import Parameter, Record, Results, is_finite
from study.operations.analyzing import ABSENT, table_of
from study.trials import State

WANDB = {"Name", "State", "Runtime"}
"""Columns that every table has which W&B exports of runs."""

WANDB_OWN = (
    "Name", "State", "Notes", "User", "Tags", "Created", "Runtime", "Sweep", "ID", "Group", "Job Type", "Updated",
    "End Time", "Hostname", "Host", "Description", "Commit", "GitHub", "GPU Count", "GPU Type", "CPU Count", "OS",
    "Python Version", "Entrypoint", "Agent",
)  # fmt: skip
"""Columns of such a table that are neither settings nor measured."""

OUTCOMES: Mapping[str, State] = {
    **dict.fromkeys(("complete", "completed", "finished", "success", "succeeded", "done", "ok"), State.COMPLETE),
    **dict.fromkeys(("diverged", "nan", "diverge"), State.DIVERGED),
    **dict.fromkeys(("failed", "fail", "failure", "crashed", "crash", "error"), State.FAILED),
    **dict.fromkeys(
        ("cancelled", "canceled", "killed", "stopped", "pruned", "running", "waiting", "pending", "queued",
         "preempted", "preempting"),
        State.CANCELLED,
    ),
}  # fmt: skip
"""What a column of outcomes may say, in any case."""

MOST_NAMED = 20
"""Columns and rows that a fault names."""


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """Which columns of a table are what.

    Attributes
    ----------
    value
        What was measured: the objective.
    params
        The hyperparameters.
    seed, state, steps
        Which replicate; the outcome; how far a training came, where a whole one has the most.
    seconds, started
        How long it took, and when it began: a number or a date.
    others
        What else was measured.
    choices
        Hyperparameters that are choices although they are written as numbers.
    log
        Hyperparameters that are seen on a logarithmic scale.
    metric, unit, maximize, worst
        What the objective is called, its unit, its direction, and what a diverged training counts at.
    """

    value: str
    params: Sequence[str]
    seed: str | None = None
    state: str | None = None
    steps: str | None = None
    seconds: str | None = None
    started: str | None = None
    others: Sequence[str] = ()
    choices: Sequence[str] = ()
    log: Sequence[str] = ()
    metric: str | None = None
    unit: str = ""
    maximize: bool = False
    worst: float | None = None

    @property
    def columns(self) -> dict[str, list[str]]:
        """Every column that is named, by the option that names it."""
        single = {name: getattr(self, name) for name in ("value", "seed", "state", "steps", "seconds", "started")}
        named = {f"--{name}": [it] for name, it in single.items() if it is not None}
        return {**named, "--params": list(self.params), "--also": list(self.others)}


@dataclass
class _Reading:
    """What is being read, and what is wrong with it so far."""

    table: pd.DataFrame
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fault(self, column: str, rule: str, rows: Sequence[int]) -> None:
        """Note that a column breaks a rule in some rows, counted from 1."""
        told = ", ".join(str(self.number(row)) for row in rows[:MOST_NAMED]) + (
            f" and {len(rows) - MOST_NAMED} more" * (len(rows) > MOST_NAMED)
        )
        self.faults.append(Fault(path=column, message=f"{rule} in {self.unit}{'s' if len(rows) > 1 else ''} {told}"))

    @property
    def unit(self) -> str:
        """What a row is called: a line where the table is text, whose lines are numbered."""
        return LINE if self.table.index.name == LINE else "row"

    def number(self, row: int) -> int:
        """Return the number of a row, counted from 1: its line in a file of text."""
        return int(self.table.index[row - 1]) if self.unit == LINE else row


def columns_of(path: Path) -> list[str]:
    """Return the names of the columns of a table."""
    return [str(name) for name in table_of(path, {"\0"}).columns]


def read(path: Path, mapped: Mapped) -> Results:
    """Return what a table holds.

    A value that is empty or not finite is a diverged training, unless its outcome says otherwise; one that failed or
    was cut short and has a value that is not finite diverged, too.

    Parameters
    ----------
    path
        A CSV, TSV (also .gz) or Parquet file.
    mapped
        Which columns are what; those that W&B has are found.

    Raises
    ------
    UsageError
        There is no such file, or it holds no table.
    SpecificationError
        It has not the columns that are named.
    """
    names = columns_of(path)
    notes: list[str] = []
    mapped = _found(mapped, names, notes)
    _check_columns(mapped, names, path)
    wanted = {it for them in mapped.columns.values() for it in them}
    reading = _Reading(table_of(path, wanted), notes=notes)
    reading.table.columns = [str(name) for name in reading.table.columns]
    if not len(reading.table):
        reading.faults.append(Fault(path="", message="must have rows, and has none"))
    name = mapped.metric if mapped.metric is not None else metric_name(mapped.value)
    wrong = metric_fault(name)
    if wrong is not None:
        reading.faults.append(Fault(path="--metric", message=wrong))
    values, words = _numbers(reading, mapped.value), _outcomes(reading, mapped)
    others = {it: (metric_name(it), _numbers(reading, it)) for it in mapped.others if it != mapped.value}
    states = [_outcome(value, said) for value, said in zip(values, words, strict=True)]
    params = {it: _parameter(reading, it, mapped, states) for it in mapped.params}
    steps = _steps(reading, mapped, states)
    seeds = _seeds(reading, mapped, states)
    seconds = [None] * len(states) if mapped.seconds is None else _numbers(reading, mapped.seconds)
    started = _times(reading, mapped)
    records = []
    for row, (state, reason) in enumerate(states):
        if steps[row] is not None and state is State.COMPLETE:
            state, reason = State.CANCELLED, steps[row]  # noqa: PLW2901 - stopped before its budget
        elapsed = seconds[row]
        records.append(
            Record(
                place=f"{reading.unit} {reading.number(row + 1)}",
                params={it: known[row] for it, (_, known) in params.items() if known[row] is not None},
                state=state,
                reason=reason,
                value=values[row] if state is State.COMPLETE else None,
                others={
                    called: it for called, them in others.values() if (it := them[row]) is not None and is_finite(it)
                },
                seed=seeds[row],
                started=started[row],
                seconds=elapsed if elapsed is not None and is_finite(elapsed) and elapsed >= 0 else None,
            )
        )
    return Results(
        source=f"table {printable(path.name, 200)}",
        parameters={it: parameter for it, (parameter, _) in params.items()},
        metric=Metric(
            name,
            summary=mapped.value if mapped.metric is None else "",
            unit=mapped.unit,
            direction="maximize" if mapped.maximize else "minimize",
            worst=mapped.worst,
        ),
        others=[Metric(called, summary=it) for it, (called, _) in others.items()],
        records=records,
        faults=reading.faults,
        notes=reading.notes,
    )


def _found(mapped: Mapped, names: Sequence[str], notes: list[str]) -> Mapped:
    """Return the mapping with what needs not be said: the columns that W&B has, and a column called seed."""
    given = {name: getattr(mapped, name) for name in Mapped.__dataclass_fields__}
    if set(names) >= WANDB:
        found = {"state": "State", "seconds": "Runtime", "started": "Created"}
        taken = {role: it for role, it in found.items() if given[role] is None and it in names}
        given |= taken
        if taken:
            notes.append(f"this is an export of W&B: {', '.join(taken.values())} are read as that")
    if given["seed"] is None and "seed" in names and "seed" not in mapped.params:
        given["seed"] = "seed"
        notes.append("the column seed says which replicate a row is")
    return Mapped(**given)


def _check_columns(mapped: Mapped, names: Sequence[str], path: Path) -> None:
    """See to it that every column is there, and is one thing.

    Raises
    ------
    SpecificationError
        With everything that is not so.
    """
    faults = []
    owner: dict[str, str] = {}
    for option, columns in mapped.columns.items():
        for it in columns:
            if it not in names:
                faults.append(Fault(path=option, message=f"no column {shown(it)}; {nearest(it, names)}"))
            elif it in owner:
                faults.append(Fault(path=option, message=f"{shown(it)} is what {owner[it]} names already"))
            owner.setdefault(it, option)
    if not mapped.params:
        known = [it for it in names if it not in owner and it not in WANDB_OWN and not it.startswith("_")]
        listed = ", ".join(map(printable, known[:MOST_NAMED])) or "no column is left for it"
        message = f"must name the columns that are hyperparameters, such as some of {listed}"
        faults.append(Fault(path="--params", message=message))
    for option, told in (("--choice", mapped.choices), ("--log", mapped.log)):
        for it in told:
            if it not in mapped.params:
                message = f"{shown(it)} is no hyperparameter; {nearest(it, mapped.params)}"
                faults.append(Fault(path=option, message=message))
    if faults:
        raise SpecificationError(faults, printable(path.name, 200))


def _cells(reading: _Reading, column: str) -> list[Any]:
    """Return the values of a column as Python has them, None where there is none."""
    found = reading.table[column].astype(object)
    return [None if pd.isna(it) else it for it in found.tolist()]


def _number(value: Any) -> float | None:
    """Return a number, NaN for a word that stands for none, None where there is nothing or something else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip()
    if text in ABSENT:
        return math.nan
    try:
        return float(text)
    except ValueError:
        return None


def _numbers(reading: _Reading, column: str) -> list[float | None]:
    """Return a column of numbers; what is none is a fault."""
    cells = _cells(reading, column)
    found = [_number(it) for it in cells]
    wrong = [
        row for row, (it, cell) in enumerate(zip(found, cells, strict=True), 1) if it is None and cell is not None
    ]
    if wrong:
        reading.fault(column, f"must be a number, got {shown(cells[wrong[0] - 1])}", wrong)
    return found


def _outcomes(reading: _Reading, mapped: Mapped) -> list[str | None]:
    """Return what a table says of each outcome; a word that is not known is a fault."""
    if mapped.state is None:
        return [None] * len(reading.table)
    cells = [None if it is None else str(it).strip() for it in _cells(reading, mapped.state)]
    wrong = [row for row, it in enumerate(cells, 1) if it is not None and it.lower() not in OUTCOMES]
    if wrong:
        known = ", ".join(dict.fromkeys(OUTCOMES))
        reading.fault(mapped.state, f"must be one of {known}, got {shown(cells[wrong[0] - 1])}", wrong)
    return cells


def _outcome(value: float | None, said: str | None) -> tuple[State, str | None]:
    """Return state and reason of a row."""
    state = State.COMPLETE if said is None else OUTCOMES.get(said.lower(), State.FAILED)
    if value is not None and not is_finite(value):
        return State.DIVERGED, f"its value is {value}" + (f", and its outcome {said}" if said is not None else "")
    if state is not State.COMPLETE:
        return state, f"{said} in the table"
    return (State.DIVERGED, "its value is empty") if value is None else (state, None)


def _parameter(
    reading: _Reading, column: str, mapped: Mapped, states: Sequence[tuple[State, str | None]]
) -> tuple[Parameter, list[Any]]:
    """Return what a column of hyperparameters is, and its values, None where there is none."""
    cells = _cells(reading, column)
    empty = _empty(cells, states)
    if empty:
        reading.fault(column, "must have a value where there is an outcome, and is empty", empty)
    known = [it for it in cells if it is not None]
    if all(isinstance(it, bool) for it in known) and column not in mapped.choices:
        return Parameter(kind="switch"), cells
    numbers = [_number(it) for it in known]
    share = sum(it is not None and is_finite(it) for it in numbers)
    if column in mapped.choices or 2 * share < len(known):
        texts = [None if it is None else (f"{it:g}" if isinstance(it, float) else str(it)) for it in cells]
        return Parameter(kind="choice", choices=tuple(dict.fromkeys(it for it in texts if it is not None))), texts
    found = [None if it is None else _number(it) for it in cells]
    wrong = [
        row
        for row, (it, cell) in enumerate(zip(found, cells, strict=True), 1)
        if cell is not None and (it is None or not is_finite(it))
    ]
    if wrong:
        rule = (
            f"must be a finite number, as most of them are, or be named in --choice, got {shown(cells[wrong[0] - 1])}"
        )
        reading.fault(column, rule, wrong)
    whole = all(isinstance(it, int) and not isinstance(it, bool) for it in known)
    log = True if column in mapped.log else None
    if log and any(it is not None and it <= 0 for it in found):
        reading.faults.append(
            Fault(path="--log", message=f"{shown(column)} must be positive to be seen on such a scale")
        )
    return Parameter(kind="whole" if whole else "real", log=log), [
        None if it is None else int(it) if whole and is_finite(it) else it for it in found
    ]


def _steps(reading: _Reading, mapped: Mapped, states: Sequence[tuple[State, str | None]]) -> list[str | None]:
    """Return of each row why it is not whole, None where it is."""
    if mapped.steps is None:
        return [None] * len(states)
    found = _numbers(reading, mapped.steps)
    complete = [
        it for it, (state, _) in zip(found, states, strict=True) if state is State.COMPLETE and it is not None
    ]
    most = max((it for it in complete if is_finite(it)), default=0.0)
    short = [None if it is not None and it >= most else it or 0.0 for it in found]
    reasons = [
        None if it is None else f"stopped before its budget: {it:g} of {most:g} {mapped.steps}" for it in short
    ]
    count = sum(it is not None and state is State.COMPLETE for it, (state, _) in zip(reasons, states, strict=True))
    if count:
        reading.notes.append(
            f"complete rows with fewer {printable(mapped.steps)} than the most, {most:g}: {count}; they are "
            "cancelled here, for no figure may count them beside whole ones; without --steps all count"
        )
    return reasons


def _seeds(reading: _Reading, mapped: Mapped, states: Sequence[tuple[State, str | None]]) -> list[int | None]:
    """Return the seed of each row: whole numbers as they are, anything else by its place among those there are."""
    if mapped.seed is None:
        return [None] * len(reading.table)
    cells = _cells(reading, mapped.seed)
    empty = _empty(cells, states)
    if empty:
        reading.fault(mapped.seed, "must say which replicate a row with an outcome is, and is empty", empty)
    known = [it for it in cells if it is not None]
    if all(is_number(it) and it == int(it) and 0 <= it < 2**31 for it in known):
        return [None if it is None else int(it) for it in cells]
    places = {it: place for place, it in enumerate(sorted(set(map(str, known))))}
    return [None if it is None else places[str(it)] for it in cells]


def _empty(cells: Sequence[Any], states: Sequence[tuple[State, str | None]]) -> list[int]:
    """Return the rows that have an outcome, and nothing in a column."""
    return [
        row
        for row, (it, (state, _)) in enumerate(zip(cells, states, strict=True), 1)
        if it is None and state in {State.COMPLETE, State.DIVERGED}
    ]


def _times(reading: _Reading, mapped: Mapped) -> list[float | None]:
    if mapped.started is None:
        return [None] * len(reading.table)
    return [_moment(it) for it in _cells(reading, mapped.started)]


def _moment(cell: Any) -> float | None:
    """Return a date or a number of seconds since 1970, None where it is neither."""
    if is_number(cell):
        return float(cell)
    try:
        return datetime.fromisoformat(str(cell)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None

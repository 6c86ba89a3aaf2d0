"""Optuna databases, read: studies of 4.x and 5.x as results."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search_spaces.declarations import Metric
from search_spaces.documents import nearest
from search_spaces.errors import printable, shown
from study.errors import StoreUnreachableError, StudyNotFoundError, UsageError
from study.interchange.marks import SEEDS, STUDY, seeds_of
from study.interchange.names import metric_fault, metric_name
from study.interchange.records import Parameter, Record, Results, is_finite
from study.secrecy import masked
from study.store.location import Foreign
from study.trials import State

MOST = 10
"""Names that a note has; the rest is counted."""


def read(
    database: Foreign,
    name: str,
    *,
    objective: str | None = None,
    metric: str | None = None,
    unit: str = "",
    worst: float | None = None,
    failed_diverged: bool = False,
) -> Results:
    """Return what an Optuna study holds; nothing is written there.

    Parameters
    ----------
    database
        Where; opened such that nothing can be written.
    name
        Of the study.
    objective
        Which objective of several, by its name or its number.
    metric, unit, worst
        What its values are of, in which unit, and what a diverged training counts at.
    failed_diverged
        Whether to take every failed trial for a diverged one: a NaN that an objective returns leaves no other trace.

    Raises
    ------
    StoreUnreachableError
        The database cannot be read, or is none of Optuna's.
    StudyNotFoundError
        It holds no such study.
    UsageError
        That has several objectives, and none is chosen.
    """
    place, storage = database.shown, _storage(database)
    names = {it.study_name: it._study_id for it in storage.get_all_studies()}  # noqa: SLF001 - the only key there is
    if name not in names:
        raise StudyNotFoundError(f"no study {shown(name)} in {place}; {nearest(name, names)}")
    study = optuna.load_study(study_name=name, storage=storage)
    chosen = _chosen(study, objective)
    outside = "" if study.metric_names is None else study.metric_names[chosen]
    called = metric if metric is not None else metric_name(outside) if outside else "value"
    wrong = metric_fault(called)
    if wrong is not None:
        raise UsageError(f"--metric: {wrong}")
    mark = study.user_attrs.get(STUDY)
    mark = mark if isinstance(mark, Mapping) else {}
    trials = study.get_trials(deepcopy=False)
    found = [list(_records(it, chosen, failed_diverged=failed_diverged)) for it in trials]
    records = [record for them in found for record in them]
    if len(records) > len(trials):  # an export's curves are means over seeds, and nobody's
        records = [replace(it, curve={}) for it in records]
    return Results(
        source=f"Optuna study {printable(name)} in {place}",
        parameters=_parameters(trials),
        metric=Metric(
            called,
            summary=outside,
            unit=unit or str(mark.get("unit") or ""),
            direction="maximize" if study.directions[chosen] is StudyDirection.MAXIMIZE else "minimize",
            worst=_number(mark.get("worst")) if worst is None else worst,
        ),
        records=records,
        notes=[*([] if mark else _notes(trials, failed_diverged=failed_diverged)), *_left_out(study, trials)],
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _storage(database: Foreign) -> RDBStorage:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        return RDBStorage(database.url, dict(database.options), skip_table_creation=True)
    except Exception as error:  # noqa: BLE001 - of Optuna, of SQLAlchemy, and of every driver: all of them say why
        cause: BaseException = error
        while cause.__cause__ is not None and not str(cause).startswith(
            "("
        ):  # SQLAlchemy's, which names the driver's
            cause = cause.__cause__
        line = masked(printable((str(cause).strip() or type(cause).__name__).splitlines()[0], 200))
        raise StoreUnreachableError(
            f"{database.shown} must be a database that Optuna made (3.2 or later), and cannot be read as one: {line}"
        ) from None


def _chosen(study: optuna.Study, objective: str | None) -> int:
    """Return the number of the objective that is meant."""
    names = study.metric_names or [str(number) for number in range(len(study.directions))]
    if objective is None:
        if len(names) == 1:
            return 0
        raise UsageError(
            f"study {shown(study.study_name)} has {len(names)} objectives; choose one with --objective: "
            f"{', '.join(map(printable, names))}"
        )
    if objective in names:
        return names.index(objective)
    if objective.isdecimal() and int(objective) < len(names):
        return int(objective)
    raise UsageError(f"--objective: no objective {shown(objective)}; {nearest(objective, names)}")


def _parameters(trials: Sequence[FrozenTrial]) -> dict[str, Parameter]:
    """Return what the distributions of all trials say of each hyperparameter, in the order of their first trial."""
    found: dict[str, list[BaseDistribution]] = {}
    for trial in trials:
        for name, it in trial.distributions.items():
            known = found.setdefault(name, [])
            if it not in known:
                known.append(it)
    return {name: _parameter(known) for name, known in found.items()}


def _parameter(known: Sequence[BaseDistribution]) -> Parameter:
    first = known[0]
    if isinstance(first, CategoricalDistribution):
        choices = tuple(
            dict.fromkeys(it for one in known if isinstance(one, CategoricalDistribution) for it in one.choices)
        )
        if all(isinstance(it, bool) for it in choices):
            return Parameter(kind="switch", choices=choices)
        if all(isinstance(it, int | float) and not isinstance(it, bool) for it in choices):
            whole = all(isinstance(it, int) for it in choices)
            return Parameter(kind="whole" if whole else "real", choices=choices)
        return Parameter(kind="choice", choices=tuple(dict.fromkeys(map(choice_text, choices))))
    ranges = [it for it in known if isinstance(it, FloatDistribution | IntDistribution)]
    whole = all(isinstance(it, IntDistribution) for it in ranges)
    return Parameter(
        kind="whole" if whole else "real",
        low=min(it.low for it in ranges),
        high=max(it.high for it in ranges),
        log=all(it.log for it in ranges),
    )


def choice_text(value: Any) -> str:
    """Return a choice as text; an empty one is written with its quotes."""
    return str(value) or repr(value)


def _params(trial: FrozenTrial) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in trial.params.items():
        it = trial.distributions[name]
        numbers = isinstance(it, CategoricalDistribution) and all(
            isinstance(one, int | float) and not isinstance(one, bool) for one in it.choices
        )
        if isinstance(it, CategoricalDistribution) and not numbers and not _switch(it):
            found[name] = choice_text(value)
        elif isinstance(it, CategoricalDistribution):
            floats = numbers and not all(isinstance(one, int) for one in it.choices)
            found[name] = float(value) if floats else value
        else:
            found[name] = value
    return found


def _switch(it: CategoricalDistribution) -> bool:
    return all(isinstance(one, bool) for one in it.choices)


def _records(trial: FrozenTrial, chosen: int, *, failed_diverged: bool) -> Iterator[Record]:
    """Yield the record of a trial, or those of the seeds that an export of Basin's keeps in it."""
    state, reason, value = _outcome(trial, chosen, failed_diverged=failed_diverged)
    record = Record(
        place=f"trial {trial.number}",
        params=_params(trial),
        state=state,
        reason=reason,
        value=value,
        curve=trial.intermediate_values,
        started=_time(trial.datetime_start),
        finished=_time(trial.datetime_complete),
        seconds=None if trial.duration is None else max(trial.duration.total_seconds(), 0.0),
    )
    kept = seeds_of(trial.user_attrs.get(SEEDS), record)
    yield from kept or [record]


def _outcome(trial: FrozenTrial, chosen: int, *, failed_diverged: bool) -> tuple[State, str | None, float | None]:
    """Return state, reason and value of a trial."""
    steps = sorted(trial.intermediate_values)
    last = trial.intermediate_values[steps[-1]] if steps else None
    value = None if trial.values is None else trial.values[chosen]
    if trial.state is TrialState.COMPLETE:
        finite = value is not None and is_finite(value)
        return (State.COMPLETE, None, value) if finite else (State.DIVERGED, f"its value is {value}", None)
    if not trial.state.is_finished():
        return State.CANCELLED, f"{trial.state.name} in Optuna when it was imported", None
    if last is not None and not is_finite(last):
        return State.DIVERGED, f"{trial.state.name} in Optuna after it reported {last} at step {steps[-1]}", None
    if trial.state is TrialState.PRUNED:
        return State.CANCELLED, f"pruned in Optuna{f' after step {steps[-1]}' if steps else ''}", None
    said = trial.system_attrs.get("fail_reason")  # which releases before 3 wrote
    reason = f"FAIL in Optuna: {printable(said, 500)}" if isinstance(said, str) else "FAIL in Optuna"
    return (State.DIVERGED if failed_diverged or value is not None else State.FAILED), reason, None


def _time(moment: datetime | None) -> float | None:
    """Return a time as Optuna has it, in this machine's zone."""
    with suppress(OSError, OverflowError, ValueError):
        return None if moment is None else moment.timestamp()
    return None


def _left_out(study: optuna.Study, trials: Sequence[FrozenTrial]) -> Iterator[str]:
    """Yield what has no place here."""
    names = sorted({*study.user_attrs, *(name for it in trials for name in it.user_attrs)} - {STUDY, SEEDS})
    if names:
        told = ", ".join(map(printable, names[:MOST])) + (f" and {len(names) - MOST} more" if names[MOST:] else "")
        yield f"user attributes are not imported: {told}"


def _notes(trials: Sequence[FrozenTrial], *, failed_diverged: bool) -> Iterator[str]:
    states = [it.state for it in trials]
    pruned, failed = states.count(TrialState.PRUNED), states.count(TrialState.FAIL)
    open_trials = len([it for it in states if not it.is_finished()])
    if pruned:
        yield f"trials pruned there: {pruned}; they are cancelled here, with their curves, and no figure counts them"
    if open_trials:
        yield f"trials running or waiting there: {open_trials}; they are cancelled here"
    if failed and not failed_diverged:
        yield (
            f"trials failed there: {failed}; Optuna does not keep whether an objective raised or returned NaN: "
            "those whose last report is not finite diverged, the others failed; --failed-diverged takes all of them "
            "for diverged"
        )

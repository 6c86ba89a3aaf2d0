"""Optuna databases, written: an arm of a study as an Optuna study, for those who browse with its dashboard."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from search_spaces.domains import Choices, Domain, WholeRange, WholeValues
from search_spaces.errors import BasinError, printable, shown
from study.errors import StoreUnreachableError, UsageError
from study.interchange.marks import SEEDS, STUDY
from study.secrecy import masked
from study.store.joined import joined
from study.store.location import Foreign

CONSTRAINTS = "constraints"
"""The system attribute of a trial that holds its constraints as a list: what Optuna 4 writes, Optuna 5 reads, and the
dashboard alone knows. Here it is how many seeds diverged, which must be 0."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A configuration as Optuna is told of it.

    Attributes
    ----------
    configuration
        Its values, by path.
    value
        The mean over its seeds, a diverged one at the worst; None where no seed has an outcome.
    pending
        Whether a seed is still to be trained.
    diverged
        How many seeds diverged.
    curve
        The mean over seeds of the objective's metric, by epoch.
    seeds
        Each as plain values.
    started, finished
        Of its seeds, the first and the last moment; seconds since 1970.
    """

    configuration: Mapping[str, Any]
    value: float | None
    pending: bool
    diverged: int
    curve: Mapping[int, float]
    seeds: Sequence[Mapping[str, Any]]
    started: float | None
    finished: float | None


@dataclass(frozen=True, kw_only=True)
class Told:
    """A study as Optuna is told of it.

    Attributes
    ----------
    name, direction, metric
        Of the study, of its objective, and what that is called.
    space
        What varies, by path.
    names
        What each of these is called there.
    about
        Where it comes from, as plain values.
    cells
        Its configurations.
    """

    name: str
    direction: Literal["minimize", "maximize"]
    metric: str
    space: Mapping[str, Domain]
    names: Mapping[str, str]
    about: Mapping[str, Any]
    cells: Sequence[Cell]


@contextmanager
def _quiet() -> Any:
    """Keep what Optuna says of features that are new in one of its versions."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


def write(database: Foreign, studies: Sequence[Told], *, force: bool = False) -> None:
    """Write studies into an Optuna database, which is made where there is none: all of them, or nothing.

    Optuna commits every trial by itself; here all of that is one transaction. Whoever reads meanwhile sees what was
    there before, and so it stays where this process fails or is killed.

    Parameters
    ----------
    database
        Where.
    studies
        What to write.
    force
        Whether to write in the place of studies of the same names.

    Raises
    ------
    UsageError
        The database holds studies of these names; nothing was written.
    StoreUnreachableError
        It cannot be written; nothing was.
    """
    place = database.shown
    with _quiet():
        storage = _within(place, lambda: RDBStorage(database.url, dict(database.options)))
        try:
            _within(place, lambda: _write_all(storage, place, studies, force=force))
        finally:
            storage.engine.dispose()


def _within(place: str, work: Callable[[], Any]) -> Any:
    """Run what speaks to the database; what goes wrong there is told in one sentence."""
    try:
        return work()
    except BasinError:
        raise
    except Exception as error:  # noqa: BLE001 - of Optuna, of SQLAlchemy, and of every driver
        cause = error.__cause__ or error
        line = masked(printable((str(cause).strip() or type(cause).__name__).splitlines()[0], 200))
        raise StoreUnreachableError(f"{place} cannot be written as an Optuna database: {line}") from None


def _write_all(storage: RDBStorage, place: str, studies: Sequence[Told], *, force: bool) -> None:
    with joined(storage.engine) as storage.scoped_session:
        there = {it.study_name for it in storage.get_all_studies()}
        taken = [it.name for it in studies if it.name in there]
        if taken and not force:
            raise _taken(place, taken)
        for name in taken:
            optuna.delete_study(study_name=name, storage=storage)
        for it in studies:
            try:
                _write(storage, it)
            except optuna.exceptions.DuplicatedStudyError:  # which another process has just written
                raise _taken(place, [it.name]) from None


def _taken(place: str, names: Sequence[str]) -> UsageError:
    listed = ", ".join(map(shown, names))
    return UsageError(f"{place} holds {listed} already; --force writes in the place of that, or name another --url")


def _write(storage: RDBStorage, told: Told) -> None:
    study = optuna.create_study(study_name=told.name, storage=storage, direction=told.direction)
    study.set_metric_names([told.metric])
    study.set_user_attr(STUDY, dict(told.about))
    distributions = {told.names[path]: distribution(domain) for path, domain in told.space.items()}
    study.add_trials([_trial(it, told.names, distributions) for it in told.cells])


def distribution(domain: Domain) -> BaseDistribution:
    """Return Optuna's distribution of a domain; listed numbers become the range between their ends."""
    if isinstance(domain, Choices):
        return CategoricalDistribution(domain.values)
    log = domain.log and domain.low > 0
    if isinstance(domain, WholeRange | WholeValues):
        return IntDistribution(int(domain.low), int(domain.high), log=log and domain.low >= 1)
    return FloatDistribution(domain.low, domain.high, log=log)


def _trial(it: Cell, names: Mapping[str, str], distributions: Mapping[str, BaseDistribution]) -> FrozenTrial:
    state = TrialState.RUNNING if it.pending else TrialState.FAIL if it.value is None else TrialState.COMPLETE
    trial = create_trial(
        state=state,
        value=it.value if state is TrialState.COMPLETE else None,
        params={names[path]: value for path, value in it.configuration.items()},
        distributions=dict(distributions),
        intermediate_values=dict(it.curve),
        user_attrs={SEEDS: [dict(one) for one in it.seeds]},
        system_attrs={CONSTRAINTS: [float(it.diverged)]},
    )
    if it.started is not None:
        trial.datetime_start = datetime.fromtimestamp(it.started)  # noqa: DTZ006 - Optuna's times are local
    if it.finished is not None and state.is_finished():
        trial.datetime_complete = max(trial.datetime_start or datetime.min, datetime.fromtimestamp(it.finished))  # noqa: DTZ006, DTZ901
    return trial

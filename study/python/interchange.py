"""Results of others, taken into a store from Python."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from study.operations import importing
from study.operations.opening import opened
from study.progress import say
from study.python.run import lasting
from study.python.study import Study
from study.settings import setting

Store = str | os.PathLike[str] | None


def import_optuna(  # noqa: PLR0913 - as the command has them
    url: str | os.PathLike[str],
    study: str,
    store: Store = None,
    *,
    name: str | None = None,
    objective: str | None = None,
    metric: str | None = None,
    unit: str = "",
    worst: float | None = None,
    rename: Mapping[str, str] | None = None,
    whole: bool = False,
    failed_diverged: bool = False,
) -> Study:
    """Import a study of an Optuna database, as ``basin import optuna`` does, and return it; notes are printed.

    Parameters
    ----------
    url, study
        The database, a file or a URL, which is read and never written; and the study's name there.
    store
        A file name or a database URL [BASIN_STORE; basin.db].
    name
        Of the study here.
    objective
        Which of several, by name or number.
    metric, unit, worst
        What the value is called, its unit, and what a diverged training counts at.
    rename
        What hyperparameters are called here, by their names there.
    whole
        Whether to count complete trials that reported fewer steps than others.
    failed_diverged
        Whether to take failed trials for diverged ones.

    Raises
    ------
    BasinError
        With the sentence that the command line prints; nothing was imported.
    """
    wanted = _wanted(store, name, rename, whole=whole)
    return _study(
        importing.import_optuna(
            os.fspath(url),
            study,
            wanted,
            objective=objective,
            metric=metric,
            unit=unit,
            worst=worst,
            failed_diverged=failed_diverged,
        ),
        wanted,
    )


def import_csv(  # noqa: PLR0913 - as the command has them
    path: str | os.PathLike[str],
    store: Store = None,
    *,
    value: str,
    params: Iterable[str],
    seed: str | None = None,
    state: str | None = None,
    steps: str | None = None,
    seconds: str | None = None,
    also: Iterable[str] = (),
    choice: Iterable[str] = (),
    log: Iterable[str] = (),
    maximize: bool = False,
    metric: str | None = None,
    unit: str = "",
    worst: float | None = None,
    name: str | None = None,
    rename: Mapping[str, str] | None = None,
) -> Study:
    """Import a table, one row a training, as ``basin import csv`` does, and return its study; notes are printed.

    Parameters
    ----------
    path
        A CSV, TSV (also .gz) or Parquet file.
    store
        A file name or a database URL [BASIN_STORE; basin.db].
    value, params
        The column of what was measured, and those that are hyperparameters.
    seed, state, steps, seconds
        Columns of the replicate, the outcome, how far a training came, and how long it took.
    also, choice, log
        Columns of what else was measured; hyperparameters that are choices, and those on a logarithmic scale.
    maximize, metric, unit, worst
        Whether higher is better; what the value is called, its unit, and what a diverged training counts at.
    name, rename
        Of the study here; what hyperparameters are called, by their columns.

    Raises
    ------
    BasinError
        With the sentence that the command line prints; nothing was imported.
    """
    from study.interchange.table_reading import Mapped  # noqa: PLC0415 - pandas

    mapped = Mapped(
        value=value,
        params=list(params),
        seed=seed,
        state=state,
        steps=steps,
        seconds=seconds,
        others=list(also),
        choices=list(choice),
        log=list(log),
        metric=metric,
        unit=unit,
        maximize=maximize,
        worst=worst,
    )
    wanted = _wanted(store, name, rename, whole=False)
    return _study(importing.import_table(Path(path), mapped, wanted), wanted)


def _wanted(store: Store, name: str | None, rename: Mapping[str, str] | None, *, whole: bool) -> importing.Wanted:
    location = setting("store", None if store is None else os.fspath(store), place="store")
    renames = [f"{old}={new}" for old, new in (rename or {}).items()]
    return importing.Wanted.of(name=name, renames=renames, whole=whole, store=location)


def _study(done: importing.Imported, wanted: importing.Wanted) -> Study:
    if done.notes:
        say("\n".join(f"note: {note}" for note in done.notes))
    return Study(done.name, partial(opened, lasting(str(wanted.store))), done.store)

"""Running a study from Python."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces.errors import shown
from search_spaces.given import Given, described, draft_of
from study.description import best_so_far, created
from study.environment import restored
from study.errors import StudyUnfinishedError, UsageError
from study.interruption import alone, interruptible
from study.operations import creation, driving, specifying
from study.operations.opening import opened
from study.plugins import plugged
from study.progress import say
from study.python.study import Study, near
from study.python.watching import in_notebook, watching
from study.secrecy import hidden
from study.settings import setting
from study.store.location import parse_location
from study.words import counted

if TYPE_CHECKING:
    from study.operations.driving import Outcome

Plugged = str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None
"""Files of plug-ins, one or more; those of the settings where there is none."""


def run(  # noqa: PLR0913 - all but the first are named, and few are given
    spec: Given,
    store: str | os.PathLike[str] | None = None,
    *,
    address: str | None = None,
    workers: int | None = None,
    data: str | os.PathLike[str] | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - as on the command line
    plugins: Plugged = (),
    download: bool = False,
    progress: bool = True,
) -> Study:
    """Create a study, or continue it, and drive it to the end.

    Stopped at any moment, even by kill -9, the same call continues it, and so does ``basin run``. One study is driven
    at a time in a process. Ctrl-C in the main thread stops in good order; in another thread nothing does.

    Parameters
    ----------
    spec
        A YAML file, the name of a preset, YAML text, or a dictionary; numpy scalars and tuples count as what they
        hold.
    store
        A file name or a database URL [BASIN_STORE; basin.db].
    address
        A Ray cluster; one is started on this machine where none is named [BASIN_ADDRESS].
    workers
        Trials at a time; as many as fit [BASIN_WORKERS].
    data
        Folder of the data sets [BASIN_DATA].
    set
        Changes of the specification by dotted path, such as ``{"seeds": 5, "space.lr.points": 4}``.
    plugins
        Python files with networks, data sets, optimizers or tasks of one's own [BASIN_PLUGINS].
    download
        Whether to fetch a data set whose files are missing.
    progress
        Whether to show how far it is: a bar in a notebook and on a terminal, a line a minute elsewhere.

    Returns
    -------
    Study
        Finished. Trials that failed raise nothing: ``summary.counts.failed`` counts them.

    Raises
    ------
    BasinError
        With the sentence that the command line prints: faults of the specification, another study of that name, a
        store that is away, files that are missing, Ray that cannot start.
    KeyboardInterrupt
        A signal came; what is done is kept.

    Examples
    --------
    >>> study = basin.run("digits-padam", set={"seeds": 1})  # doctest: +SKIP
    >>> study.best.configuration  # doctest: +SKIP
    {'lr': 0.03, 'p': 0.25}
    """
    draft = draft_of(spec, set)
    location = setting("store", None if store is None else os.fspath(store), place="store")
    kept = lasting(location)  # before the working directory may change
    folder = None if data is None else os.fspath(data)
    with alone(), restored(), hidden():
        means = driving.Means.resolved(address=address, workers=workers, data=folder, marks="")
        means.settle()
        known = plugged(_files(plugins), "plugins")
        specification = specifying.specified(draft, known, location)
        used = known.only(specification.plugged().values())
        begun = [f"note: {note}" for note in means.prepare(specification, used, download=download)]
        creation.refuse_twins(specification, described(spec), location)
        with interruptible(yielding=True) as interruption, opened(location, create=True) as it:
            made = creation.create(it, specification, used.hashes)
            begun += created(made, near(it.shown))
            if progress and not in_notebook():
                for line in begun:
                    say(line)
            best = partial(best_so_far, it, made.study)
            watch = watching(made.study.name, best, begun, progress=progress)
            outcome = driving.drive(it, made.study, means, used, watch=watch, interruption=interruption)
            shown = it.shown
    _tell(outcome)
    return Study(outcome.study.name, partial(opened, kept), shown)


def _files(plugins: Plugged) -> list[str]:
    """Return the files of plug-ins that were named, one or more.

    Raises
    ------
    UsageError
        They are something else.
    """
    named = (plugins,) if isinstance(plugins, str | os.PathLike) else plugins or ()
    try:
        return [os.fspath(it) for it in named]
    except TypeError:
        raise UsageError(f"plugins must be the name of a file, or a list of them, got {shown(plugins)}") from None


def lasting(location: str) -> str:
    """Return a location that names the same store from every working directory."""
    url = parse_location(location)
    if url.get_backend_name() != "sqlite":
        return location
    return str(Path(str(url.database)).absolute())


def _tell(outcome: Outcome) -> None:
    """Raise where a drive ended before its study, or somebody wanted an end."""
    if outcome.finished and not outcome.interrupted:
        return
    left = "it is finished" if outcome.finished else "nothing is lost, and the same call continues it"
    text = f"study {outcome.study.name}: {counted(outcome.status.counts, None)}; {left}"
    if outcome.interrupted:
        raise KeyboardInterrupt(text)
    raise StudyUnfinishedError(text)

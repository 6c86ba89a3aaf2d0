"""``basin run``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search_spaces.errors import shown
from search_spaces.exits import Exit
from search_spaces.validation import document_at, drafted
from study.cli.options import PluginOption, SpecArgument, StoreOption
from study.description import best_so_far, closing, created
from study.interruption import interruptible
from study.operations import creation, driving, specifying
from study.operations.opening import opened
from study.plugins import plugged
from study.progress import Progress
from study.settings import setting
from study.words import counted

if TYPE_CHECKING:
    from study.operations.driving import Outcome
    from study.store import Store


def run(
    spec: SpecArgument,
    store: StoreOption = None,
    address: Annotated[
        str | None, typer.Option(metavar="ADDR", help="A Ray cluster; none starts one here [env: BASIN_ADDRESS].")
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change the specification, such as seeds=3."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Trials at a time; as many as fit [env: BASIN_WORKERS].")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the data sets [env: BASIN_DATA].")
    ] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch a data set whose files are missing.")] = False,
    plugin: PluginOption = None,
) -> None:
    """Create a study, or continue it, and drive it to the end.

    Stopped at any moment, even by kill -9, the same command continues it.
    """
    location = setting("store", store)
    means = driving.Means.resolved(address=address, workers=workers, data=None if data is None else str(data))
    means.settle()
    known = plugged(plugin)
    specification = specifying.specified(drafted(*document_at(spec), assignments or ()), known, store)
    plugins = known.only(specification.plugged().values())
    for note in means.prepare(specification, plugins, download=download):
        typer.echo(f"note: {note}", err=True)
    creation.refuse_twins(specification, shown(spec, 200), location)
    command = ["basin", "run", spec, *_repeated(store and location, address, assignments, workers, data, plugin)]
    with interruptible() as interruption, opened(store, create=True) as it:
        made = creation.create(it, specification, plugins.hashes)
        for line in created(made, it.shown):
            typer.echo(line, err=True)
        study = made.study
        outcome = driving.drive(
            it,
            study,
            means,
            plugins,
            watch=lambda: Progress(study.name, lambda: best_so_far(it, study)),
            interruption=interruption,
        )
        if outcome.finished:
            _finish(it, outcome)
        else:
            _tell_how_to_continue(outcome, command)
    if outcome.exit is not Exit.DONE:
        sys.exit(outcome.exit)


def _tell_how_to_continue(outcome: Outcome, command: list[str]) -> None:
    why = "interrupted" if outcome.interrupted else "not finished"
    text = f"{why}: {counted(outcome.status.counts, None)}; nothing is lost. Continue with:"
    typer.echo(f"{text}\n  {shlex.join(command)}", err=True)


def _repeated(
    store: str | None,
    address: str | None,
    assignments: list[str] | None,
    workers: int | None,
    data: Path | None,
    plugins: list[str] | None = None,
) -> Iterator[str]:
    """Yield the options as they were given."""
    if store:
        yield from ("--store", "URL" if "://" in store else store)
    if address is not None:
        yield from ("--address", address)
    for assignment in assignments or ():
        yield from ("--set", assignment)
    if workers is not None:
        yield from ("--workers", str(workers))
    if data is not None:
        yield from ("--data", str(data))
    for file in plugins or ():
        yield from ("--plugin", file)


def _finish(store: Store, outcome: Outcome) -> None:
    """Print what a finished study came to."""
    name, counts = outcome.study.name, outcome.status.counts
    if not outcome.trained:
        ended = (
            "was cancelled; nothing is trained"
            if counts.cancelled
            else "is finished already; nothing is trained again"
        )
        typer.echo(f"study {name} {ended}", err=True)
    for line in closing(store, outcome):
        typer.echo(line)
    if counts.complete + counts.diverged:
        typer.echo(f"next: basin report {name} --out reports/{name}")
    if counts.failed:
        typer.echo(
            f"{counts.failed} trials failed; see `basin trials {name} --columns number,state,reason`", err=True
        )

"""``basin run``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search_spaces.specification import Specification
from search_spaces.validation import load
from study.cli.interruption import Interruption, interruptible
from study.cli.options import StoreOption, opened
from study.cli.output import cell, duration, over_seeds, point
from study.cli.progress import Progress, described
from study.environment import prepare
from study.settings import setting

if TYPE_CHECKING:
    from study.store import Status, Store, Study


def run(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A YAML file, or the name of a preset.")],
    store: StoreOption = None,
    address: Annotated[
        str | None, typer.Option(metavar="ADDR", help="A Ray cluster; none starts one here [env: BASIN_ADDRESS].")
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change the specification, such as seeds=3."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Trials at a time; as many as fit [env: BASIN_WORKERS].")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the data sets [env: BASIN_DATA].")
    ] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch a data set whose files are missing.")] = False,
) -> None:
    """Create a study, or continue it, and drive it to the end.

    Stopped at any moment, even by kill -9, the same command continues it.
    """
    specification = load(spec, assignments or ())
    location, folder = setting("store", store), setting("data", str(data) if data is not None else None)
    cluster, slots = setting("address", address), setting("workers", workers)
    if cluster is None:
        provide_data(specification, folder, download=download)
    command = ["basin", "run", spec, *_repeated(store and location, address, assignments, workers, data)]
    with opened(store, create=True) as it, interruptible() as interruption:
        study = created(it, specification)
        try:
            status = _driven(it, study, interruption, slots=slots, folder=folder, cluster=cluster)
        except (KeyboardInterrupt, SystemExit):
            status = it.studies.status(study)
            interruption.happened = True
        if interruption.happened and status.counts.waiting + status.counts.running:
            _tell_how_to_continue(status, command)
            sys.exit(130)
        _finish(it, study, status)


def provide_data(specification: Specification, folder: str | None, *, download: bool) -> None:
    """See to it that a data set that needs files has them on this machine, before anything is written."""
    from study.data import provide  # noqa: PLC0415

    if specification.dataset.files:
        provide(specification.task.dataset, folder, download=download, mirror=setting("mirror"))


def _tell_how_to_continue(status: Status, command: list[str]) -> None:
    text = f"interrupted: {described(status.counts, None)}; nothing is lost. Continue with:"
    typer.echo(f"{text}\n  {shlex.join(command)}", err=True)


def created(store: Store, specification: Specification) -> Study:
    """Return the study of a specification, made now or before."""
    from search_spaces.designs import drawn  # noqa: PLC0415 - numpy
    from workers.provenance import code_version  # noqa: PLC0415

    study, new = store.studies.create(specification, drawn(specification), code_version())
    verb = "created" if new else "continued"
    typer.echo(
        f"study {study.name} {verb}: {specification.configurations} configurations x {specification.seeds} seeds = "
        f"{specification.trials} trials of {specification.epochs} epochs, in {store.shown}",
        err=True,
    )
    if study.code_version != code_version():
        typer.echo(
            f"note: study {study.name} began with code {cell(study.code_version)}, this is {code_version()}; "
            "every attempt records its own",
            err=True,
        )
    return study


def _driven(
    store: Store,
    study: Study,
    interruption: Interruption,
    *,
    slots: int | None,
    folder: str | None,
    cluster: str | None,
) -> Status:
    """Drive the study to its end, or until a signal comes, and return its status."""
    status = store.studies.status(study)
    if not status.counts.waiting and not status.counts.running:
        typer.echo(f"study {study.name} is finished already; nothing is trained again", err=True)
        return status
    prepare(local=cluster is None)
    from study.driver import Driver  # noqa: PLC0415
    from study.tuning import local_slots, run_tickets  # noqa: PLC0415 - Ray and torch

    resources = study.specification.resources
    if slots is None:
        slots = local_slots(resources.cpus, resources.gpus) if cluster is None else status.counts.total
    absolute = str(Path(folder).expanduser().absolute()) if folder is not None else None
    with Progress(study.name) as progress:
        driver = Driver(store, study, data=absolute, observer=progress)

        def train(supply: Driver) -> None:
            run_tickets(
                supply,
                workers=slots,
                cpus=resources.cpus,
                gpus=resources.gpus,
                address=cluster,
                ready=interruption.arm,
            )

        interruption.stop = driver.stop
        return driver.run(train)


def _repeated(
    store: str | None, address: str | None, assignments: list[str] | None, workers: int | None, data: Path | None
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


def _finish(store: Store, study: Study, status: Status) -> None:
    """Print the summary; leave with 5 where trials failed."""
    from study.store.proposals import best_of  # noqa: PLC0415

    objective, counts = study.specification.objective, status.counts
    best = best_of(store.proposals.outcomes(study))
    took = None if status.started_at is None or status.finished_at is None else status.finished_at - status.started_at
    typer.echo(f"study {study.name} {status.state}: {described(counts, None)}; took {duration(took)}")
    if best is not None:
        seeds = over_seeds(len(best.errors))
        where = point(best.configuration or {})
        typer.echo(f"best: {where}: {best.mean:.2f} % {objective.split} error ({objective.statistic}, {seeds})")
    typer.echo(f"next: basin report {study.name} --out reports/{study.name}")
    if counts.failed:
        typer.echo(
            f"{counts.failed} trials failed; see `basin trials {study.name} --columns number,state,reason`", err=True
        )
        sys.exit(5)

"""``basin run``."""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search_spaces.arms import twins
from search_spaces.errors import BasinError, Fault, SpecificationError, shown
from search_spaces.specification import Resources, Specification
from search_spaces.validation import document_of, load
from study.cli.interruption import Interruption, interruptible
from study.cli.options import PluginOption, SpecArgument, StoreOption, opened
from study.cli.output import cell, how_to_take_back, measured, over_seeds, point, spent
from study.cli.progress import Progress, described
from study.environment import prepare
from study.errors import StoreBrokenError, StudyNotFoundError, UsageError
from study.settings import setting

if TYPE_CHECKING:
    from search_spaces.arm import Arm
    from search_spaces.plugins import Plugins
    from study.store import Status, Store, Study
    from study.store.summaries import Best


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
    from study.plugins import plugged  # noqa: PLC0415

    cluster = setting("address", address)
    prepare(local=cluster is None)  # before a plug-in is loaded, which may import anything
    plugins = plugged(plugin)
    specification = _specification(spec, assignments or (), store, plugins)
    used = plugins.only(specification.plugged().values())
    location, folder = setting("store", store), setting("data", str(data) if data is not None else None)
    folder = None if folder is None else absolute(folder)
    slots = setting("workers", workers)
    if cluster is None:
        check_machine(specification.resources)
        if os.environ.get("RAY_ADDRESS"):
            typer.echo("note: RAY_ADDRESS is not used; --address or BASIN_ADDRESS names a cluster", err=True)
        provide_data(specification, folder, used, download=download)
    _refuse_twins(specification, spec, location)
    command = ["basin", "run", spec, *_repeated(store and location, address, assignments, workers, data, plugin)]
    with interruptible() as interruption, opened(store, create=True) as it:
        study, began = created(it, specification, used), time.monotonic()
        try:
            status = _driven(it, study, interruption, slots=slots, folder=folder, cluster=cluster, plugins=used)
        except KeyboardInterrupt:
            status = it.studies.status(study)
            interruption.happened = True
        except StoreBrokenError as error:
            if study.name in it.studies.names():
                raise
            raise StudyNotFoundError(
                f"study {study.name} was deleted while it was driven; the same command makes it anew"
            ) from error
        if status.counts.waiting + status.counts.running:
            _tell_how_to_continue(status, command, "interrupted" if interruption.happened else "not finished")
            sys.exit(130 if interruption.happened else 1)
        _finish(it, study, status, here=time.monotonic() - began)


def _specification(spec: str, assignments: Sequence[str], store: str | None, plugins: Plugins) -> Specification:
    """Return what is to be trained; where it cannot be read, a missing plug-in of a stored study is what is told."""
    from study.plugins import HOW, require  # noqa: PLC0415

    try:
        return load(spec, assignments, plugins.catalogue)
    except SpecificationError as error:
        study = _stored(spec, assignments, store)
        if study is not None:
            require(study, plugins)
        if any(UNKNOWN.fullmatch(fault.path) and fault.message.startswith("unknown") for fault in error.faults):
            hint = Fault(path="", message=f"where a plug-in has such a name, {HOW}")
            raise SpecificationError([*error.faults, hint], error.source) from error
        raise


UNKNOWN = re.compile(r"(arms\.[^.]+\.)?(task\.(dataset|network|network\.name|name)|optimizer\.name)")
"""Where a specification names what a plug-in may declare."""


def _stored(spec: str, assignments: Sequence[str], store: str | None) -> Study | None:
    """Return the study of a specification that is stored already, None where there is none or no store."""
    with suppress(BasinError):
        name = document_of(spec, assignments)[0].get("name")
        with opened(store) as it:
            study = it.studies.get(str(name))
            return study if study.specification.plugged() else None
    return None


def _refuse_twins(specification: Specification, spec: str, location: str) -> None:
    """Refuse arms that train the same before a store is made for them; in one that is there, they may differ."""
    from study.store.location import parse_location  # noqa: PLC0415

    equal = [fault for fault, _, _ in twins(specification.arms)]
    url = parse_location(location)
    if equal and url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise SpecificationError(equal, shown(spec, 200))


def absolute(folder: str) -> str:
    """Return the folder of the data sets as workers will look for it, wherever they stand."""
    try:
        return str(Path(folder).expanduser().absolute())
    except RuntimeError as error:
        raise UsageError(f"--data must name a folder, got {shown(folder)}: {error}") from None


def check_machine(resources: Resources) -> None:
    """See to it that this machine has what a worker takes, before anything is written."""
    have = os.cpu_count() or 1
    if resources.cpus > have:
        raise UsageError(f"resources.cpus must be at most what this machine has, {have}, got {resources.cpus}")
    if resources.gpus:
        import torch  # noqa: PLC0415

        if resources.gpus > torch.cuda.device_count():
            raise UsageError(
                f"resources.gpus must be at most what this machine has, {torch.cuda.device_count()}, got "
                f"{resources.gpus:g}; --set resources.gpus=0 trains on CPUs"
            )


def provide_data(
    specification: Specification, folder: str | None, plugins: Plugins | None = None, *, download: bool
) -> None:
    """See to it that data sets that need files have them on this machine, before anything is written."""
    if plugins is not None and plugins.loaded:
        from workers.adapters import install  # noqa: PLC0415 - torch

        install(plugins.travelling)
    for arm in specification.arms.values():
        provide_arm(arm, folder, download=download)


def provide_arm(arm: Arm, folder: str | None, *, download: bool) -> None:
    """See to it that the data set of an arm has its files on this machine, where it needs any."""
    from study.data import provide, provide_declared  # noqa: PLC0415

    if arm.dataset is not None and arm.dataset.origin is not None:
        provide_declared(arm, folder)
    elif arm.dataset is not None and arm.dataset.files:
        provide(arm.dataset.name, folder, download=download, mirror=setting("mirror"))


def _tell_how_to_continue(status: Status, command: list[str], why: str) -> None:
    text = f"{why}: {described(status.counts, None)}; nothing is lost. Continue with:"
    typer.echo(f"{text}\n  {shlex.join(command)}", err=True)


def created(store: Store, specification: Specification, plugins: Plugins | None = None) -> Study:
    """Return the study of a specification, made now or before."""
    from workers.provenance import code_version  # noqa: PLC0415

    code = code_version(*(() if plugins is None else plugins.hashes))
    study, new = store.studies.create(specification, code)
    verb = "created" if new else "continued"
    budgets = list(dict.fromkeys(run.epochs for run in specification.arms.values()))
    epochs = f"{budgets[0]}" if len(budgets) == 1 else f"{min(budgets)} to {max(budgets)}"
    arms = f" in {len(specification.arms)} arms" if specification.armed else ""
    typer.echo(
        f"study {study.name} {verb}: {specification.configurations} configurations{arms} x {specification.seeds} "
        f"seeds = {specification.trials} trials of {epochs} epochs, in {store.shown}",
        err=True,
    )
    for warning in specification.warnings() if new else ():
        typer.echo(f"note: {warning}", err=True)
    if study.code_version != code:
        typer.echo(
            f"note: study {study.name} began with code {cell(study.code_version)}, this is {code}; "
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
    plugins: Plugins,
) -> Status:
    """Drive the study to its end, or until a signal comes, and return its status."""
    status = store.studies.status(study)
    if not status.counts.waiting and not status.counts.running:
        ended = (
            "was cancelled; nothing is trained"
            if status.counts.cancelled
            else "is finished already; nothing is trained again"
        )
        typer.echo(f"study {study.name} {ended}", err=True)
        return status
    from study.driver import Driver  # noqa: PLC0415
    from study.plugins import require_all  # noqa: PLC0415

    resources = study.specification.resources
    with Progress(study.name, lambda: _best_so_far(store, study)) as progress:

        def ready(arm: Arm) -> None:
            require_all(f"study {study.name}, which was extended,", arm.plugged().items(), plugins)
            if cluster is None:
                provide_arm(arm, folder, download=False)

        driver = Driver(store, study, data=folder, observer=progress, plugins=plugins.travelling, provide=ready)

        def train() -> None:
            from study.tuning import local_slots, run_tickets  # noqa: PLC0415 - Ray and torch

            if interruption.happened:
                return
            fit = local_slots(resources.cpus, resources.gpus) if cluster is None else status.counts.total
            places = min(slots or fit, status.counts.total)  # Ray refuses a cluster of 1e15 CPUs
            run_tickets(driver, workers=places, cpus=resources.cpus, gpus=resources.gpus, address=cluster)

        interruption.stop = driver.stop
        return driver.run(lambda _: interruption.wait_for(train))


def _best_so_far(store: Store, study: Study) -> str | None:
    """Return the best value of the objective so far, None before the first configuration is done."""
    study = store.studies.get(study.name)  # which may have been extended meanwhile
    best = store.summaries.best(study)
    return None if best is None else _told(study, best)


def _told(study: Study, best: Best, *more: str) -> str:
    """Return a best value, what it is, and how it was taken."""
    specification = study.specification
    metric = specification.arms[best.arm].metric
    name = metric.name.replace("_", " ")
    return f"{measured(best.mean, metric)} {name} ({', '.join((specification.objective.statistic, *more))})"


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


def _finish(store: Store, study: Study, status: Status, *, here: float) -> None:
    """Print the summary, with the seconds that this command drove; leave with 5 where trials failed."""
    study, counts = store.studies.get(study.name), status.counts  # it may have been extended meanwhile
    best = store.summaries.best(study)
    bests = [] if best is None else [best]
    if not study.specification.comparable:
        bests = list(store.summaries.bests(study).values())
    took = f"took {spent(here)} here, {spent(store.studies.training_seconds(study))} of training"
    typer.echo(f"study {study.name} {status.state}: {described(counts, None)}; {took}")
    for one in bests:
        arm = f"arm {one.arm}, " if study.specification.armed else ""
        typer.echo(f"best: {arm}{point(one.configuration)}: {_told(study, one, over_seeds(one.seeds))}")
    if counts.cancelled:
        typer.echo(f"{counts.cancelled} trials were cancelled; {how_to_take_back(study.name)}")
    if counts.complete + counts.diverged:
        typer.echo(f"next: basin report {study.name} --out reports/{study.name}")
    if counts.failed:
        typer.echo(
            f"{counts.failed} trials failed; see `basin trials {study.name} --columns number,state,reason`", err=True
        )
        sys.exit(5)

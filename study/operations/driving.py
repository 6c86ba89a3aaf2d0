"""Driving: a study trained to its end, or until somebody wants it to stop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces.errors import shown
from search_spaces.exits import Exit
from search_spaces.specification import Resources, Specification
from study.environment import prepare
from study.errors import StoreBrokenError, StudyNotFoundError, UsageError
from study.interruption import Interruption
from study.settings import setting

if TYPE_CHECKING:
    from search_spaces.arm import Arm
    from search_spaces.plugins import Plugins
    from study.drive import Observer, Supply
    from study.store import Status, Store, Study

Watch = Callable[[], AbstractContextManager["Observer"]]
"""Makes who watches a drive, where there is one to watch."""


@dataclass(frozen=True, kw_only=True)
class Means:
    """With what a study is driven.

    Attributes
    ----------
    address
        A Ray cluster; None starts one on this machine.
    workers
        Trials at a time; as many as fit where None.
    data
        Folder of the data sets, absolute: workers look for it from elsewhere.
    mirror
        URL that data sets are fetched from, instead of their own.
    """

    address: str | None = None
    workers: int | None = None
    data: str | None = None
    mirror: str | None = None

    @classmethod
    def resolved(
        cls, *, address: str | None = None, workers: int | None = None, data: str | None = None, marks: str = "--"
    ) -> Means:
        """Return the means that arguments and settings name; ``marks`` stand before an argument in messages.

        Raises
        ------
        UsageError
            One of them is not what it must be.
        """
        folder = setting("data", data, place=f"{marks}data")
        return cls(
            address=setting("address", address, place=f"{marks}address"),
            workers=setting("workers", workers, place=f"{marks}workers"),
            data=None if folder is None else _absolute(folder, f"{marks}data"),
            mirror=setting("mirror"),
        )

    def settle(self) -> None:
        """Set what Ray reads of the environment, before anything is imported: a plug-in may import Ray.

        Raises
        ------
        UsageError
            The environment is faulty.
        """
        prepare(local=self.address is None)

    def prepare(self, specification: Specification, plugins: Plugins, *, download: bool = False) -> list[str]:
        """See to it that a study can be driven so, before anything is written; return what a person should know.

        Raises
        ------
        UsageError
            This machine has not what a worker takes.
        DataError
            Files of a data set are missing here.
        """
        if self.address is not None:
            return []
        check_machine(specification.resources)
        if plugins.loaded:
            from workers.adapters import install  # noqa: PLC0415 - torch

            install(plugins.travelling)
        for arm in specification.arms.values():
            self.provide(arm, download=download)
        unused = "RAY_ADDRESS is not used; --address or BASIN_ADDRESS names a cluster"
        return [unused] if os.environ.get("RAY_ADDRESS") else []

    def provide(self, arm: Arm, *, download: bool = False) -> None:
        """See to it that the data set of an arm has its files on this machine, where it trains and needs any."""
        from study.data import provide, provide_declared  # noqa: PLC0415

        if self.address is not None or arm.dataset is None:
            return
        if arm.dataset.origin is not None or (arm.dataset.files and arm.dataset.train is None):
            provide_declared(arm, self.data)
        elif arm.dataset.files:
            provide(arm.dataset.name, self.data, download=download, mirror=self.mirror)


def _absolute(folder: str, place: str) -> str:
    try:
        return str(Path(folder).expanduser().absolute())
    except RuntimeError as error:
        raise UsageError(f"{place} must name a folder, got {shown(folder)}: {error}") from None


def check_machine(resources: Resources) -> None:
    """See to it that this machine has what a worker takes."""
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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a drive ended.

    Attributes
    ----------
    study
        As the store knows it at the end; it may have been extended meanwhile.
    status
        Of the study at the end.
    trained
        Whether there was anything to train.
    interrupted
        Whether somebody wanted it to stop.
    seconds
        How long it took here.
    """

    study: Study
    status: Status
    trained: bool
    interrupted: bool
    seconds: float

    @property
    def finished(self) -> bool:
        """Whether every trial has its outcome."""
        return not self.status.counts.waiting + self.status.counts.running

    @property
    def exit(self) -> Exit:
        """What a command leaves with."""
        if not self.finished:
            return Exit.INTERRUPTED if self.interrupted else Exit.FAILED
        return Exit.TRIALS_FAILED if self.status.counts.failed else Exit.DONE

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain values."""
        return {
            "name": self.study.name,
            "state": self.status.state,
            "trials": self.status.counts.to_dict(),
            "finished": self.finished,
            "interrupted": self.interrupted,
            "seconds": self.seconds,
        }


def drive(
    store: Store, study: Study, means: Means, plugins: Plugins, *, watch: Watch, interruption: Interruption
) -> Outcome:
    """Train a study until every trial has its outcome, or until it is interrupted.

    Parameters
    ----------
    store, study
        What to drive.
    means
        With what; prepared.
    plugins
        What its arms name that does not come with Basin.
    watch
        Makes the observer, where anything is to be trained.
    interruption
        Says when to stop. Whoever answers signals makes it; where nobody does, a new one.

    Raises
    ------
    StudyNotFoundError
        The study was deleted meanwhile.
    BasinError
        The store stayed away, or Ray cannot run what is to be trained.
    """
    begun = time.monotonic()
    try:
        status = store.studies.status(study)
        trained = bool(status.counts.waiting + status.counts.running)
        if trained:
            status = _driven(store, study, interruption, means=means, plugins=plugins, watch=watch)
        interruption.settle()
    except KeyboardInterrupt:
        interruption.happened = True
        interruption.settle()
        status, trained = store.studies.status(study), True
    except StoreBrokenError as error:
        if study.name in store.studies.names():
            raise
        raise StudyNotFoundError(
            f"study {study.name} was deleted while it was driven; the same command makes it anew"
        ) from error
    over = not status.counts.waiting + status.counts.running
    return Outcome(
        study=store.studies.get(study.name) if over else study,
        status=status,
        trained=trained,
        interrupted=interruption.happened,
        seconds=time.monotonic() - begun,
    )


def _driven(
    store: Store, study: Study, interruption: Interruption, *, means: Means, plugins: Plugins, watch: Watch
) -> Status:
    """Drive a study that has something to train; return its status at the end."""
    from study.drive import Driver, World  # noqa: PLC0415
    from study.plugins import require_all  # noqa: PLC0415

    resources, total = study.specification.resources, store.studies.counts(study.id).total

    def provide(arm: Arm) -> None:
        require_all(f"study {study.name}, which was extended,", arm.plugged().items(), plugins)
        means.provide(arm)

    with watch() as observer:

        def train(supply: Supply) -> None:
            from study.tuning import local_slots, run_tickets  # noqa: PLC0415 - Ray and torch

            if interruption.happened:
                return
            fit = local_slots(resources.cpus, resources.gpus) if means.address is None else total
            places = min(means.workers or fit, total)  # Ray refuses a cluster of 1e15 CPUs
            run_tickets(supply, workers=places, cpus=resources.cpus, gpus=resources.gpus, address=means.address)

        world = World(executor=lambda supply: interruption.wait_for(lambda: train(supply)))
        driver = Driver(
            store,
            study,
            world=world,
            data=means.data,
            observer=observer,
            plugins=plugins.travelling,
            provide=provide,
        )
        interruption.stop = driver.stop
        return driver.run()

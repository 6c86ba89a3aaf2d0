"""Tickets: leased trials as workers take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from search_spaces.arm import Arm
from search_spaces.plugins import Plugin
from study.drive.pace import Pace
from study.store import Store, Study
from study.trials import Lease
from workers.messages import Job, Ticket
from workers.provenance import code_version
from workers.recipe import Recipe


def recipe_of(arm: Arm, lease: Lease) -> Recipe:
    """Return what a worker needs to train one leased trial."""
    at = arm.at(dict(lease.configuration))
    setting: dict[str, Any] = dict(at.task.options)
    if at.network is not None:
        setting["network"] = at.network.model_dump(mode="json")
    if at.data is not None and at.data.options:
        setting["dataset_options"] = at.data.options
    return Recipe(
        task=at.task.name,
        setting=setting,
        optimizer=None if at.optimizer is None else at.optimizer.name,
        options={} if at.optimizer is None else at.optimizer.options | at.hyperparameters({}),
        schedules={name: schedule.model_dump(mode="json") for name, schedule in at.schedules.items()},
        epochs=lease.epochs,
        seed=lease.seed,
    )


class Tickets:
    """The tickets of one study for one driver.

    Parameters
    ----------
    store, study
        Where the trials are.
    driver_id
        Who leases them.
    data
        Folder of the data sets, for workers.
    plugins
        What its arms name that does not come with Basin, for workers.
    provide
        Called with an arm that came while the study was driven, before anything of it is trained; raises where
        something that it needs is missing here.

    Attributes
    ----------
    study
        As it was read last.
    pace
        How long its trials last.
    """

    def __init__(
        self,
        store: Store,
        study: Study,
        driver_id: str,
        *,
        data: str | None,
        plugins: Sequence[Plugin],
        provide: Callable[[Arm], None],
    ) -> None:
        self._store, self._driver_id = store, driver_id
        self._data, self._plugins, self._provide = data, plugins, provide
        self._current: str | None = None
        self.study = study
        self.pace = Pace()

    @property
    def proposed(self) -> bool:
        """Whether configurations are chosen one by one."""
        return self.study.specification.design.proposed

    def claim(self) -> list[Lease]:
        """Lease the trials of one ticket, all of one arm; none where none can be leased now."""
        self._store.studies.confirm(self.study)  # or trials of another study, in its place, would be trained
        leases, study = self._store.leases, self.study.id
        found: list[Lease] = []
        if self._current is not None:
            found = leases.claim(study, self._driver_id, self.pace.pack(self._current), arm=self._current)
        if not found:  # the first of a drive, or the arm has none left: how long those of another last is not known
            found = leases.claim(study, self._driver_id, 1)
            self._current = found[0].arm if found else None
        return found

    def of(self, leases: Sequence[Lease]) -> Mapping[str, Any]:
        """Return leased trials as a ticket, in plain values."""
        ticket = Ticket(
            code=code_version(),
            data=self._data,
            threads=self.study.specification.resources.cpus,
            plugins=self._plugins,
            jobs=[Job(key=lease.key, recipe=recipe_of(self.arm(lease.arm), lease)) for lease in leases],
        )
        return ticket.to_dict()

    def arm(self, name: str) -> Arm:
        """Return an arm of the study, which may have been extended by it since this drive began."""
        if name not in self.study.specification.arms:
            self.renew()
        return self.study.specification.arms[name]

    def renew(self) -> None:
        """Read the study again: what is proposed lies in its space as it is now, and has as many seeds."""
        known, found = self.study, self._store.studies.get(self.study.name)
        if (found.id, found.created_at) != (known.id, known.created_at):
            return  # another one in its place, which the next claim finds
        for name, arm in found.specification.arms.items():
            if name not in known.specification.arms:
                self._provide(arm)
        self.study = found

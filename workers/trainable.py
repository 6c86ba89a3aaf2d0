"""The Ray Tune trainable: trains the recipes of a ticket one after the other and reports about once a second.

One Ray trial is one ticket. The actor is reused for the next one, so that torch, data and code stay loaded.
A recipe that raises ends in an error of its own and leaves the others alone.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from ray import tune

from search_spaces.plugins import Plugin
from workers.adapters import install
from workers.messages import Ending, Finish, Job, Provenance, Report, Ticket
from workers.precision import use_float32
from workers.provenance import code_version, device_name, host, libraries, package_folder
from workers.records import Divergence
from workers.session import Session
from workers.states import unpacked
from workers.tasks import begin

REPORT_SECONDS = 1.0


class Worker(tune.Trainable):
    """Trains tickets.

    A ticket, under the key ``ticket`` of the configuration, and the ``reports`` of a result are plain values of
    :mod:`workers.messages`.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Take a ticket."""
        given, mine = config["ticket"]["code"], code_version()
        if mine != given:  # before anything else is read: other code may write other tickets
            raise RuntimeError(
                f"workers must run the driver's code {given}, got {mine} imported from "
                f"{package_folder('workers')}; install the same Basin on every node"
            )
        plugins = [Plugin.from_dict(it) for it in config["ticket"].get("plugins", ())]
        install(plugins)
        self._code = code_version(*(it.hash for it in plugins))
        self._files = {it.name for it in plugins if it.source is not None}
        ticket = Ticket.from_dict(config["ticket"])
        torch.set_num_threads(max(1, int(ticket.threads)))
        use_float32()
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._folder = Path(ticket.data) if ticket.data else None
        self.config = {}  # Ray would send the whole ticket back with every result
        self._reports = self._work(ticket.jobs)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next ticket in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train until there is about a second's worth to report, or the ticket is done."""
        start = time.monotonic()
        reports: list[dict[str, Any]] = []
        for report in self._reports:
            reports.append(report.to_dict())
            if time.monotonic() - start > REPORT_SECONDS:
                return {"reports": reports, "done": False}
        return {"reports": reports, "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Save nothing: a trial that is taken up again starts anew, and the store is the only truth."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Load nothing."""

    def _work(self, jobs: Sequence[Job]) -> Iterator[Report]:
        for job in jobs:
            yield from self._trial(job)

    def _trial(self, job: Job) -> Iterator[Report]:
        """Train one recipe, yielding a report an epoch and one for the end."""
        start = time.monotonic()
        trial, attempt = job.key
        images = 0
        session: Session | None = None
        try:
            session = begin(job.recipe, self._folder, self._device)
            if job.state is not None:
                session.load(unpacked(job.state))
            for record in session.rest():
                images += record.images
                yield Report(trial=trial, attempt=attempt, epochs=[record.to_dict()])
            finish = Finish(ending=Ending.COMPLETE)
        except Divergence as divergence:
            finish = Finish(
                ending=Ending.DIVERGED,
                diverged_epoch=divergence.epoch,
                last_finite_loss=divergence.last_finite_loss,
            )
        except (Exception, SystemExit) as error:  # whatever a training raises is its outcome, and is stored
            if hasattr(error, "ray_terminate_msg"):  # Ray's own, which ends a worker on a signal
                raise
            frames = traceback.extract_tb(error.__traceback__)
            own = [frame for frame in frames if frame.filename in self._files]  # where its user can mend it
            place = (own or frames)[-1]
            reason = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
            finish = Finish(ending=Ending.ERROR, reason=reason)
        seconds = time.monotonic() - start
        made = Provenance(
            host=host(),
            device=device_name(str(self._device)),
            libraries=libraries(),
            code_version=self._code,
            rule=None if session is None else session.facts,
        )
        rate = images / seconds if images else None
        finish = replace(finish, seconds=seconds, images_per_second=rate, provenance=made)
        yield Report(trial=trial, attempt=attempt, finish=finish)

"""The Ray Tune trainable: trains the recipes of a ticket one after the other and reports about once a second.

One Ray trial is one ticket. The actor is reused for the next one, so that torch, data and code stay loaded.
A recipe that raises ends in an error of its own and leaves the others alone.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from ray import tune

from workers.data import load_split
from workers.engine import train
from workers.precision import use_float32
from workers.provenance import code_version, device_name, host, libraries, package_folder
from workers.recipe import Recipe
from workers.records import Divergence

REPORT_SECONDS = 1.0


class Worker(tune.Trainable):
    """Trains tickets.

    A ticket, under the key ``ticket`` of the configuration, holds plain values: ``code``, the code version of the
    driver; ``data``, the folder of the data sets or None; ``threads``; and ``trials``, each with ``key`` (what the
    driver knows it by) and ``recipe``. A result holds ``reports``, each with the ``key``, new ``epochs``, and at the
    end a ``finish``.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Take a ticket."""
        ticket: Mapping[str, Any] = config["ticket"]
        mine = code_version()
        if mine != ticket["code"]:
            raise RuntimeError(
                f"workers must run the driver's code {ticket['code']}, got {mine} imported from "
                f"{package_folder('workers')}; install the same Basin on every node"
            )
        torch.set_num_threads(max(1, int(ticket["threads"])))
        use_float32()
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._folder = Path(ticket["data"]) if ticket["data"] else None
        self._reports = self._work(ticket["trials"])

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next ticket in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train until there is about a second's worth to report, or the ticket is done."""
        start = time.monotonic()
        reports: list[dict[str, Any]] = []
        for report in self._reports:
            reports.append(report)
            if time.monotonic() - start > REPORT_SECONDS:
                return {"reports": reports, "done": False}
        return {"reports": reports, "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Save nothing: a trial that is taken up again starts anew, and the store is the only truth."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Load nothing."""

    def _work(self, trials: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        for trial in trials:
            yield from self._trial(trial)

    def _trial(self, trial: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Train one recipe, yielding a report an epoch and one for the end."""
        start = time.monotonic()
        key, images = trial["key"], 0
        try:
            recipe = Recipe.from_dict(trial["recipe"])
            split = load_split(recipe.dataset, self._folder, recipe.subset, recipe.validation)
            for record in train(recipe, split, self._device):
                images += record.images
                yield {"key": key, "epochs": [record.to_dict()], "finish": None}
            finish: dict[str, Any] = {"ending": "complete"}
        except Divergence as divergence:
            finish = {
                "ending": "diverged",
                "diverged_epoch": divergence.epoch,
                "last_finite_loss": divergence.last_finite_loss,
            }
        except Exception as error:  # noqa: BLE001 - whatever a training raises is its outcome, and is stored
            place = traceback.extract_tb(error.__traceback__)[-1]
            finish = {
                "ending": "error",
                "reason": f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})",
            }
        seconds = time.monotonic() - start
        finish |= {
            "seconds": seconds,
            "images_per_second": images / seconds,
            "provenance": {
                "host": host(),
                "device": device_name(str(self._device)),
                "libraries": libraries(),
                "code_version": code_version(),
            },
        }
        yield {"key": key, "epochs": [], "finish": finish}

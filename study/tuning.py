"""Ray Tune as executor: leased trials go in as tickets, reports come out. The one module of `study` that speaks Ray.

Ray keeps nothing that matters: no snapshot is read back, its searcher has no history, its folder is thrown away.
Import this module after `study.environment.prepare`: Ray reads part of its environment when it is imported.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import ray
import torch
from ray import tune
from ray.tune.callback import Callback
from ray.tune.search import Searcher
from ray.tune.stopper import Stopper

from study.errors import TicketsError, UsageError
from study.guardian import PREFIX, clean_after_the_dead, guarded
from workers.trainable import Worker

LONGEST_FOLDER = 39
"""Ray puts sockets below its folder, and their names may have 107 characters."""


class Supply(Protocol):
    """Where tickets come from and reports go; every method is called from Ray's loop and must return soon."""

    @property
    def stopping(self) -> bool:
        """Whether everything must end now."""

    @property
    def finished(self) -> bool:
        """Whether there will be no more tickets."""

    def next_ticket(self, ticket_id: str) -> Mapping[str, Any] | None:
        """Return the next ticket, or None when there is none at the moment."""

    def received(self, ticket_id: str, reports: Sequence[Mapping[str, Any]]) -> None:
        """Take the reports of a ticket."""

    def is_lost(self, ticket_id: str) -> bool:
        """Tell whether a ticket is to be given up."""

    def ended(self, ticket_id: str, error: str | None) -> None:
        """Note that a ticket has ended; ``error`` says how its process died."""


def run_tickets(
    supply: Supply,
    *,
    workers: int,
    cpus: int,
    gpus: float,
    address: str | None,
) -> None:
    """Run tickets until the supply is finished or stopping.

    Ray ends the processes it started when the thread that started them ends: nothing of it may outlive this call.

    Parameters
    ----------
    supply
        The tickets.
    workers
        How many at a time.
    cpus, gpus
        What each takes.
    address
        A Ray cluster, or None to start one on this machine for as long as this call lasts.

    Raises
    ------
    TicketsError
        Ray cannot be started or reached.
    UsageError
        The cluster has not what a worker takes.
    """
    with _cluster(address, workers * cpus) as folder:
        if supply.stopping:
            return
        _check_resources(cpus, gpus)
        tuner = tune.Tuner(
            tune.with_resources(Worker, {"cpu": cpus, "gpu": gpus}),
            tune_config=tune.TuneConfig(
                search_alg=_Tickets(supply), num_samples=-1, max_concurrent_trials=workers, reuse_actors=True
            ),
            run_config=tune.RunConfig(
                name="tickets",
                storage_path=str(folder),
                stop=_Lost(supply),
                callbacks=[_Reports(supply)],
                verbose=0,
                failure_config=tune.FailureConfig(max_failures=0),
                checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=0, checkpoint_at_end=False),
                log_to_file=False,
            ),
        )
        logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # the supply says what went wrong, once
        with contextlib.suppress(_Stopped):
            tuner.fit()


def local_slots(cpus: int, gpus: float) -> int:
    """Return how many workers of that size fit on this machine, at least one."""
    fit = (os.cpu_count() or 1) // cpus
    if gpus:
        fit = min(fit, int(torch.cuda.device_count() / gpus))
    return max(1, fit)


# Ray pickles the next three into its folder; they leave everything behind when it does.


class _Tickets(Searcher):
    """Hands tickets to Ray."""

    def __init__(self, supply: Supply) -> None:
        super().__init__()
        self._supply = supply

    def suggest(self, trial_id: str) -> Any:
        """Return a ticket, None for "not now", or the word for "no more"."""
        ticket = None
        if not self._supply.finished and not self._supply.stopping:
            ticket = self._supply.next_ticket(trial_id)
        if ticket is not None:
            return {"ticket": ticket}
        return Searcher.FINISHED if self._supply.finished or self._supply.stopping else None

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Do nothing: reports tell."""

    def set_search_properties(self, *_: Any, **__: Any) -> bool:
        """Accept whatever Ray says of metric and space; neither exists here."""
        return True

    def save(self, checkpoint_path: str) -> None:
        """Save nothing."""

    def restore(self, checkpoint_path: str) -> None:
        """Restore nothing."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Searcher, ()


class _Reports(Callback):
    """Takes reports from Ray."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply

    def on_trial_result(self, iteration: int, trials: Any, trial: Any, result: Any, **_: Any) -> None:  # noqa: ARG002
        """Pass the reports on."""
        self._supply.received(trial.trial_id, result.get("reports", ()))

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:  # noqa: ARG002
        """Settle the ticket."""
        self._supply.ended(trial.trial_id, None)

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:  # noqa: ARG002
        """Settle the ticket of a process that died."""
        self._supply.ended(trial.trial_id, _reason(trial))

    def __reduce__(self) -> tuple[Any, ...]:
        return Callback, ()


class _Stopped(BaseException):
    """Leaves Ray's loop; no handler of errors may take it for one."""


class _Lost(Stopper):
    """Ends tickets whose leases are lost, and everything when asked to."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:  # noqa: ARG002
        """Tell whether to end a ticket."""
        return self._supply.is_lost(trial_id)

    def stop_all(self) -> bool:
        """End everything at once where the supply is stopping: Ray's own way out waits for every worker."""
        if self._supply.stopping:
            raise _Stopped
        return False

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, ()


def _reason(trial: Any) -> str:
    """Return in one line what Ray says about a ticket that ended in an error."""
    # Ray's own reader looks in the storage, where the file comes later, if at all.
    file = Path(trial.error_file) if trial.error_file else None
    text = file.read_text(encoding="utf-8", errors="replace") if file and file.exists() else trial.get_error()
    lines = [line.strip() for line in str(text or "").splitlines() if line.strip()]
    if not lines:
        return "the worker process died"
    tried = next((line for line in reversed(lines) if "Error" in line.split(":")[0]), lines[-1])
    return tried[:500]


@contextlib.contextmanager
def _cluster(address: str | None, cpus: int) -> Iterator[Path]:
    """Start or join a cluster; yield a folder that lasts as long, and leave nothing of either behind."""
    try:
        folder = _made_folder()
    except OSError as error:
        raise TicketsError(
            f"a drive must have a folder for what is temporary, such as TMPDIR names: {error}"
        ) from None
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address is None:
        # "local": a cluster that RAY_ADDRESS or a file names is not ours. Sessions and logs go when the drive goes.
        options |= {
            "address": "local",
            "num_cpus": cpus,
            "include_dashboard": False,
            "_temp_dir": str(folder / "ray"),
        }
    else:
        options["address"] = address
    with guarded(folder):
        # Ray puts the working directory at the head of its workers' path, where a user's study.py would hide ours;
        # in an empty folder there is nothing to hide it.
        empty = folder / "empty"
        empty.mkdir()
        try:
            with contextlib.chdir(empty):
                _init(address, options)
            yield folder
        finally:
            ray.shutdown()


def _made_folder() -> Path:
    """Make the folder of a drive; clean what drives that were killed have left beside it."""
    parent = Path(tempfile.gettempdir()).resolve()
    if len(str(parent / f"{PREFIX}01234567")) > LONGEST_FOLDER:
        parent = Path("/tmp")  # noqa: S108 - the shortest name there is
    clean_after_the_dead(parent)
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).resolve()


def _init(address: str | None, options: Mapping[str, Any]) -> None:
    try:
        ray.init(**options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = "be started on this machine" if address is None else f"be reached at {address!r}"
        raise TicketsError(f"Ray cannot {where}: {str(error).strip().splitlines()[0]}") from error


def _check_resources(cpus: int, gpus: float) -> None:
    have: Mapping[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    if gpus > have.get("GPU", 0):
        raise UsageError(
            f"resources.gpus must be at most what the cluster has, {have.get('GPU', 0):g}, got {gpus:g}; "
            "--set resources.gpus=0 trains on CPUs"
        )
    if cpus > have.get("CPU", 0):
        raise UsageError(f"resources.cpus must be at most what the cluster has, {have.get('CPU', 0):g}, got {cpus}")

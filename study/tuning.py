"""Ray Tune as executor: leased trials go in as tickets, reports come out. The one module of `study` that speaks Ray.

Ray keeps nothing that matters: no snapshot is read back, its searcher has no history, its folder is thrown away.
Import this module after `study.environment.prepare`: Ray reads part of its environment when it is imported.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import math
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import ray
import torch
from ray import tune
from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]
from ray.exceptions import RayError
from ray.tune import TuneError
from ray.tune.callback import Callback
from ray.tune.experiment import Trial
from ray.tune.progress_reporter import ProgressReporter, TrialProgressCallback
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher
from ray.tune.stopper import Stopper

from study.doors import knock
from study.drive.world import Supply
from study.errors import TicketsError, UsageError
from study.guardian import guarded, made_folder
from study.hosts import Process
from workers.trainable import Worker

AGENTS = frozenset(("gcs_server", "raylet"))
"""The processes without which a cluster does nothing; its others only watch and tell."""

MAX_DEATHS = 3
"""Clusters that may die one after the other before a trial has ended in them."""

ASK_SECONDS, SILENCE_SECONDS, LAST_RESORT_SECONDS = 5.0, 15.0, 10.0
"""How often a cluster of others is asked whether it lives, how long it may be silent, and how long Ray's loop may
take to leave one that is gone; Ray itself bears 60 s and ends the process then."""

CONTINUE = "nothing is lost, and the same command continues the study"

START_SECONDS = 900.0
"""How long a worker on this machine may take to start before it is held to the deadline of a trial."""


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
        Ray cannot be started or reached, or its cluster died: one of others, or this machine's again and again.
    UsageError
        The cluster has not what a worker takes.
    """
    in_vain = 0
    while not supply.stopping:
        watch = _Watch(supply)
        with _cluster(address, workers * cpus) as folder:
            _check_resources(cpus, gpus)
            watch.cluster = _Agents() if address is None else _Member(address)
            with _last_resort(supply, watch.cluster):
                resources = {"cpu": cpus, "gpu": gpus}
                gone = _trained(supply, watch, folder, workers, resources, waiting=address is not None)
                if gone is None:  # where the cluster is gone, Ray would wait a minute to tell it, and end the process
                    gc.collect()  # so does a reference that another thread frees while Ray shuts down
            if gone is None:
                return
            supply.stranded(gone)  # before the cluster is left, which takes long where nobody answers
        in_vain = 0 if watch.fruitful else in_vain + 1
        if address is not None or in_vain >= MAX_DEATHS:
            raise TicketsError(f"{gone}; {CONTINUE}")


def _trained(
    supply: Supply, watch: _Watch, folder: Path, workers: int, resources: Mapping[str, float], *, waiting: bool
) -> str | None:
    """Run tickets until the supply ends; return None, or why its cluster cannot go on."""
    tuner = tune.Tuner(
        tune.with_resources(Worker, dict(resources)),
        tune_config=tune.TuneConfig(
            search_alg=_Tickets(supply, waiting=waiting),
            scheduler=watch,
            num_samples=-1,
            max_concurrent_trials=workers,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="tickets",
            storage_path=str(folder),
            stop=_End(supply),
            callbacks=[_Reports(supply, watch)],
            progress_reporter=_Mute(),
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=0),
            checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=0, checkpoint_at_end=False),
            log_to_file=False,
        ),
    )
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # the supply says what went wrong, once
    try:
        tuner.fit()
    except _Gone as gone:
        return str(gone)
    except _Stopped:
        return None
    except (RayError, TuneError) as error:
        reason = watch.cluster.fault()
        if reason is None:
            raise TicketsError(f"Ray gave up: {str(error).strip().splitlines()[-1]}") from error
        return reason
    return None


def local_slots(cpus: int, gpus: float) -> int:
    """Return how many workers of that size fit on this machine, at least one."""
    fit = (os.cpu_count() or 1) // cpus
    if gpus:
        fit = min(fit, int(torch.cuda.device_count() / gpus))
    return max(1, fit)


class _Sealed:
    """A ticket on its way: workers find a mapping in its place, and Ray neither copies nor reads it.

    Ray keeps what it was given of every trial, and writes all of it to its folder in the end; a ticket that has ended
    is emptied.
    """

    def __init__(self, ticket: Mapping[str, Any]) -> None:
        self.ticket = dict(ticket)

    def empty(self) -> None:
        """Let the ticket go."""
        self.ticket = {}

    def __deepcopy__(self, _: Any) -> _Sealed:
        return self

    def __repr__(self) -> str:  # Ray makes the name of a folder of it
        return "sealed"

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self.ticket,)


# Ray pickles the next four into its folder; they leave everything behind when it does.


class _Tickets(Searcher):
    """Hands tickets to Ray.

    Parameters
    ----------
    supply
        The tickets.
    waiting
        Whether a ticket may have to wait until the cluster has a place for its worker.
    """

    def __init__(self, supply: Supply, *, waiting: bool) -> None:
        super().__init__()
        self._supply, self._waiting = supply, waiting

    def suggest(self, trial_id: str) -> Any:
        """Return a ticket, None for "not now", or the word for "no more"."""
        ticket = None
        if not self._supply.finished and not self._supply.stopping:
            ticket = self._supply.next_ticket(trial_id)
        if ticket is not None:
            if not self._waiting:
                self._supply.begun(trial_id, START_SECONDS)
            return {"ticket": _Sealed(ticket)}
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


class _Reports(TrialProgressCallback):
    """Takes reports from Ray, in the place of the callback that would print them."""

    def __init__(self, supply: Supply, watch: _Watch) -> None:  # nothing of the printer is used
        self._supply, self._watch = supply, watch

    def on_trial_start(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:  # noqa: ARG002
        """Note that a worker has a ticket."""
        self._supply.begun(trial.trial_id)

    def on_trial_result(self, iteration: int, trials: Any, trial: Any, result: Any, **_: Any) -> None:  # noqa: ARG002
        """Pass the reports on."""
        reports = result.pop("reports", ())  # Ray keeps the last result of every trial
        self._watch.fruitful |= any(report["finish"] for report in reports)
        self._supply.received(trial.trial_id, reports)

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:  # noqa: ARG002
        """Settle the ticket."""
        trial.config["ticket"].empty()
        self._supply.ended(trial.trial_id, None)

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:  # noqa: ARG002
        """Settle the ticket of a process that died, unless its whole cluster did."""
        self._watch.look()
        trial.config["ticket"].empty()
        self._supply.ended(trial.trial_id, _reason(trial))

    def __reduce__(self) -> tuple[Any, ...]:
        return Callback, ()


class _Mute(ProgressReporter):
    """Reports nothing: in a notebook Ray would clear the output of the cell, and put its own there."""

    def should_report(self, trials: Any, done: bool = False) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def report(self, trials: Any, done: bool, *sys_info: Any) -> None:
        """Report nothing."""


class _Stopped(BaseException):
    """Leaves Ray's loop; no handler of errors may take it for one."""


class _Gone(_Stopped):
    """Leaves Ray's loop because the cluster cannot go on; says why."""


class _End(Stopper):
    """Ends everything when asked to."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:  # noqa: ARG002
        """End no ticket: see `_Watch`, which need not wait for a result."""
        return False

    def stop_all(self) -> bool:
        """End everything at once where the supply is stopping: Ray's own way out waits for every worker."""
        if self._supply.stopping:
            raise _Stopped
        return False

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, ()


class _Watch(FIFOScheduler):
    """Looks around at each step of Ray's loop, about ten times a second, whether or not a worker has reported.

    Attributes
    ----------
    cluster
        What the workers live in.
    fruitful
        Whether any trial has ended.
    """

    cluster: _Agents | _Member

    def __init__(self, supply: Supply) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._supply = supply
        self._stopped: set[str] = set()
        self.fruitful = False

    def look(self) -> None:
        """Leave Ray's loop where the cluster is gone: Ray itself would wait for ever, or end the process."""
        reason = self.cluster.fault()
        if reason is not None:
            raise _Gone(reason)

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        """Stop the workers of tickets that are given up, then choose the next as Ray does: the oldest."""
        self.look()
        lost = self._supply.lost() - self._stopped
        if lost:
            for trial in [it for it in tune_controller.get_live_trials() if it.trial_id in lost]:
                self._stop(tune_controller, trial)
        return super().choose_trial_to_run(tune_controller)

    def _stop(self, controller: Any, trial: Trial) -> None:
        """Stop the worker of a ticket; one that is stuck listens to nothing milder than a kill."""
        actor = trial.temporary_state.ray_actor
        if actor is not None:
            self._stopped.add(trial.trial_id)
            ray.kill(actor)  # Ray's loop finds it dead and settles the ticket, and no other ticket gets this worker
        elif trial.status == Trial.PENDING:
            controller.stop_trial(trial)  # its worker is not up yet

    def __reduce__(self) -> tuple[Any, ...]:
        return FIFOScheduler, ()


class _Agents:
    """The processes of the cluster that this one has started, without which nothing trains."""

    def __init__(self) -> None:
        self._agents = {}
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):
                if child.name() in AGENTS:
                    self._agents[child.name()] = Process.of(child.pid)

    def ask(self) -> None:
        """Ask nobody: a look is enough."""

    def fault(self) -> str | None:
        """Return what is wrong with the cluster, or None."""
        died = [name for name, agent in self._agents.items() if agent.is_dead()]
        return f"the Ray cluster on this machine is gone: its process {died[0]} died" if died else None


class _Member:
    """A cluster that others have started, as seen by a process that has joined it.

    It lives while its head and the agent of this node accept connections; Ray's own questions find no end where they
    do not.
    """

    def __init__(self, address: str) -> None:
        self._name = address
        context = ray.get_runtime_context()
        host, _, port = context.gcs_address.rpartition(":")
        here = context.get_node_id()
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        agents = [(it["NodeManagerAddress"], it["NodeManagerPort"]) for it in nodes if it["NodeID"] == here]
        self._doors = [(host.strip("[]"), int(port)), *agents]
        self._answered = self._asked = time.monotonic()

    def ask(self) -> None:
        """Knock, every few seconds."""
        if time.monotonic() - self._asked < ASK_SECONDS:
            return
        self._asked = time.monotonic()
        with contextlib.suppress(OSError):
            for door in self._doors:
                socket.create_connection(door, timeout=ASK_SECONDS).close()
            self._answered = self._asked

    def fault(self) -> str | None:
        """Return what is wrong with the cluster, or None."""
        silent = time.monotonic() - self._answered
        if silent < SILENCE_SECONDS:
            return None
        return f"the Ray cluster at {self._name!r} is gone: it has not answered for {silent:.0f} s"


@contextlib.contextmanager
def _last_resort(supply: Supply, cluster: _Agents | _Member) -> Iterator[None]:
    """Have a cluster watched from a thread, for Ray's loop may wait inside Ray for an answer that never comes.

    Nothing can call it back from there, and after a minute Ray ends the process. This ends it before, in good order.
    """
    left = threading.Event()

    def watch() -> None:
        since = math.inf
        while not left.wait(1.0):
            cluster.ask()
            gone = cluster.fault()
            since = min(since, time.monotonic()) if gone else math.inf
            if gone and time.monotonic() - since > LAST_RESORT_SECONDS:
                supply.stranded(gone)
                sys.stderr.write(f"basin: {gone}; {CONTINUE}\n")
                sys.stderr.flush()
                os._exit(TicketsError.exit_code)

    thread = threading.Thread(target=watch, name="basin-cluster", daemon=True)
    thread.start()
    try:
        yield
    finally:
        left.set()
        thread.join()


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
    if ray.is_initialized():
        raise TicketsError(
            "this process has joined a Ray cluster already, and a drive joins or starts its own: call ray.shutdown() "
            "first"
        )
    try:
        folder = made_folder()
    except OSError as error:
        raise TicketsError(f"a drive must have a folder for what is temporary, as TMPDIR names: {error}") from None
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


def _init(address: str | None, options: Mapping[str, Any]) -> None:
    try:
        knock(address or "local")
    except OSError as error:
        todo = "start it with `ray start --head`, or name another address"
        raise TicketsError(f"Ray cannot be reached at {address!r}: nobody answers there ({error}); {todo}") from error
    # Ray remembers mode and token of the first cluster of a process; the next one has others.
    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()
    try:
        ray.init(**options)
    except Exception as error:  # Ray raises bare ones too, such as where a busy machine does not start it in time
        where = "be started on this machine" if address is None else f"be reached at {address!r}"
        raise TicketsError(
            f"Ray cannot {where}: {(str(error).strip() or type(error).__name__).splitlines()[0]}"
        ) from error


def _check_resources(cpus: int, gpus: float) -> None:
    have: Mapping[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    if gpus > have.get("GPU", 0):
        raise UsageError(
            f"resources.gpus must be at most what the cluster has, {have.get('GPU', 0):g}, got {gpus:g}; "
            "--set resources.gpus=0 trains on CPUs"
        )
    if cpus > have.get("CPU", 0):
        raise UsageError(f"resources.cpus must be at most what the cluster has, {have.get('CPU', 0):g}, got {cpus}")

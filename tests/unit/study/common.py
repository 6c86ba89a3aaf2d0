"""Studies, stores filled without training, and waiting with a deadline."""

from __future__ import annotations

import json
import time

from sqlalchemy import text

from search_spaces.validation import loads
from study.hosts import Process
from study.trials import Ending, Finish, Provenance, Report

CODE = "0.1.0+0123456789abcdef"
MADE = Provenance(host="node1", device="cpu", libraries={"torch": "2.14.1"}, code_version=CODE)
DOCUMENT = {
    "name": "small",
    "task": {"dataset": "digits", "network": "mlp"},
    "epochs": 2,
    "space": {"lr": {"values": [0.01, 0.1, 1.0]}},
    "seeds": 2,
    "objective": {"statistic": "final", "split": "test"},
}
RANGE = {"lr": {"low": 1e-3, "high": 10.0, "log": True}, "p": {"low": 0.0, "high": 0.5}}


def specification(**changes):
    """Return a specification of 3 configurations x 2 seeds x 2 epochs, with changes to its document."""
    return loads(json.dumps(DOCUMENT | changes))


def tpe(configurations, **changes):
    """Return the changes that make a study whose configurations are proposed one by one."""
    return {"space": RANGE, "design": {"name": "tpe", "configurations": configurations}} | changes


def create(store, code=CODE, **changes):
    wanted = specification(**changes)
    return store.studies.create(wanted, code)[0]


def lease(store, study, driver="ann", limit=1):
    """Register a driver of this process and lease trials to it."""
    store.leases.register(driver, Process.current())
    return store.leases.claim(study.id, driver, limit)


def epoch(number, error):
    return {
        "epoch": number,
        "train_loss": 1.0 / number,
        "test_error": error,
        "test_error5": error / 5,
        "lr": 0.1,
        "p": 0.125,
        "log10_v": -4.0,
        "seconds": 0.5,
    }


def finish(one, result):
    """Report a leased trial complete at a test error, or as ``diverged`` or ``error``."""
    if result == "diverged":
        end = Finish(ending=Ending.DIVERGED, diverged_epoch=1, last_finite_loss=7.5, seconds=1.0, provenance=MADE)
        return Report(trial=one.trial, attempt=one.attempt, finish=end)
    if result == "error":
        end = Finish(ending=Ending.ERROR, reason="out of memory", provenance=MADE)
        return Report(trial=one.trial, attempt=one.attempt, finish=end)
    curve = [epoch(number, result) for number in range(1, one.epochs + 1)]
    end = Finish(ending=Ending.COMPLETE, seconds=2.0, images_per_second=1e3, provenance=MADE)
    return Report(trial=one.trial, attempt=one.attempt, epochs=curve, finish=end)


def fill(store, study, results, driver="ann"):
    """Bring the next trials to an outcome each; a ``failed`` one meets three errors."""
    for result in results:
        for _ in range(3 if result == "failed" else 1):
            (one,) = lease(store, study, driver)
            assert not store.results.report(driver, [finish(one, "error" if result == "failed" else result)])


def sql(store, statement, **values):
    """Run one statement past every rule of the store's own code and return its rows, if it has any."""
    with store.database.engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return [dict(row) for row in result.mappings()] if result.returns_rows else []


def eventually(condition, seconds=20.0):
    """Tell whether a condition comes true before a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True

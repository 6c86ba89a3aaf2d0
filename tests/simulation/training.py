"""Training that is invented: what becomes of a trial follows from its configuration and seed alone.

What an attempt reports also names the attempt, so that whoever reads the store sees whose words it holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from workers.messages import Ending, Finish, Job, Provenance, Report

MADE = Provenance(host="simulated", device="none", libraries={}, code_version="simulated")


RAISED, DIED = "ValueError: drawn", "the worker process died"
"""What is said of a training that raises, and of one whose worker dies."""

HANGING = 3e-5
"""The learning rate at which the first seed hangs; few studies have it, for that takes twenty deadlines."""


def _drawn(lr: float, seed: int, purpose: str) -> int:
    digest = hashlib.sha256(f"{lr:.12g}/{seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


def kind_of(lr: float, seed: int) -> str:
    """Return what becomes of a trial: ``complete``, ``diverges``, ``raises``, or ``hangs`` before its first epoch."""
    if lr == HANGING and seed == 0:
        return "hangs"
    drawn = _drawn(lr, seed, "kind") % 100
    if drawn < 12:
        return "diverges"
    return "raises" if drawn < 20 else "complete"


def error_of(lr: float, seed: int, epoch: int) -> float:
    """Return the test error after an epoch, in percent."""
    return _drawn(lr, seed, f"epoch {epoch}") % 9_000 / 100.0


def last_epoch(lr: float, seed: int, epochs: int) -> int:
    """Return the epoch in which a training that diverges does so."""
    return 1 + _drawn(lr, seed, "diverges") % epochs


@dataclass(frozen=True)
class Step:
    """What a worker says, so many seconds after what it said before."""

    after: float
    report: Report


def steps(job: Job, seconds: float) -> tuple[list[Step], bool]:
    """Return what a worker says of one job, and whether it ever comes to an end."""
    trial, attempt = job.key
    lr, seed, epochs = job.recipe.options["lr"], job.recipe.seed, job.recipe.epochs
    kind = kind_of(lr, seed)
    if kind == "hangs":
        return [], False
    done = epochs if kind == "complete" else last_epoch(lr, seed, epochs) - 1
    found = [
        Step(
            seconds,
            Report(
                trial=trial,
                attempt=attempt,
                epochs=[
                    {
                        "epoch": epoch,
                        "train_loss": 1.0,
                        "test_error": error_of(lr, seed, epoch),
                        "test_error5": 0.0,
                        "lr": lr,
                        "log10_v": float(-attempt),
                        "seconds": seconds,
                    }
                ],
            ),
        )
        for epoch in range(1, done + 1)
    ]
    finish = {
        "complete": {"ending": Ending.COMPLETE},
        "diverges": {"ending": Ending.DIVERGED, "diverged_epoch": done + 1, "last_finite_loss": 1.0},
        "raises": {"ending": Ending.ERROR, "reason": RAISED},
    }[kind]
    end = Finish(**finish, seconds=max(1e-6, seconds * epochs), images_per_second=float(attempt), provenance=MADE)
    return [*found, Step(seconds, Report(trial=trial, attempt=attempt, finish=end))], True

"""Summary: how far a study is, and what it comes to so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from search_spaces.specification import Specification
from study.trials import Counts

if TYPE_CHECKING:
    from study.store import Store, Study
    from study.store.summaries import Best


@dataclass(frozen=True, kw_only=True)
class ArmSummary:
    """Trials of one arm by state, and its best configuration, None where none may be it yet."""

    counts: Counts
    best: Best | None

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin show --json`` prints of an arm."""
        return {"trials": self.counts.to_dict(), "best": best_to_dict(self.best)}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How far a study is.

    Attributes
    ----------
    name, state
        Its name; ``waiting``, ``running``, ``stalled``, ``complete``, ``cancelled`` or ``imported``.
    counts
        Trials by state.
    learned_nothing
        Complete trials that ended no better than guessing, or the worst.
    stalled_since
        When the last lease ran out, where no driver lives; seconds since 1970, as every time here.
    eta_seconds
        Time left at the pace so far, None where that cannot be said.
    training_seconds
        Of all attempts, summed.
    drivers
        How many train it now.
    best
        The best configuration, None where none may be it yet, or where arms are not to be ranked.
    arms
        The same of each arm.
    created_at, started_at, finished_at
        Of the study, its first trial, its last outcome.
    hash, code_version
        Of its specification; of the code it began with.
    specification
        Defaults written out.
    """

    name: str
    state: str
    counts: Counts
    learned_nothing: int
    stalled_since: float | None
    eta_seconds: float | None
    training_seconds: float
    drivers: int
    best: Best | None
    arms: Mapping[str, ArmSummary]
    created_at: float | None
    started_at: float | None
    finished_at: float | None
    hash: str
    code_version: str
    specification: Specification

    @property
    def is_over(self) -> bool:
        """Whether every trial has its outcome."""
        return not self.counts.waiting + self.counts.running

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin show --json`` prints."""
        return {
            "name": self.name,
            "state": self.state,
            "trials": self.counts.to_dict(),
            "learned_nothing": self.learned_nothing,
            "stalled_since": self.stalled_since,
            "eta_seconds": self.eta_seconds,
            "training_seconds": self.training_seconds,
            "drivers": self.drivers,
            "objective": self.specification.objective.document(),
            "best": best_to_dict(self.best),
            "arms": {name: arm.to_dict() for name, arm in self.arms.items()},
            "created_at": self.created_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "hash": self.hash,
            "code_version": self.code_version,
            "imported_from": self.specification.source or None,
            "plugins": [it.to_dict() for it in self.specification.plugins],
            "specification": self.specification.document(),
        }


def best_to_dict(best: Best | None) -> dict[str, Any] | None:
    """Return a best configuration as plain values."""
    if best is None:
        return None
    return {"arm": best.arm, "configuration": best.configuration, "value": best.mean, "seeds": best.seeds}


def summarize(store: Store, study: Study) -> Summary:
    """Return the summary of a study.

    Raises
    ------
    StoreBrokenError
        Its rows are damaged, or it is gone.
    """
    specification = study.specification
    status = store.studies.status(study)
    best, bests = store.summaries.best(study), store.summaries.bests(study)
    counts = store.studies.counts_by_arm(study.id)
    return Summary(
        name=study.name,
        state=status.state,
        counts=status.counts,
        learned_nothing=store.summaries.learned_nothing(study),
        stalled_since=status.stalled_since,
        eta_seconds=status.eta_seconds,
        training_seconds=store.studies.training_seconds(study),
        drivers=status.drivers,
        best=best,
        arms={
            name: ArmSummary(counts=counts.get(name, Counts()), best=bests.get(name)) for name in specification.arms
        },
        created_at=study.created_at,
        started_at=status.started_at,
        finished_at=status.finished_at,
        hash=study.hash,
        code_version=study.code_version,
        specification=specification,
    )

"""Listing: the studies of a store, the damaged ones included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from study.errors import StoreBrokenError
from study.trials import Counts

if TYPE_CHECKING:
    from study.store import Store, Study

UNREADABLE = "unreadable"
"""The state of a study whose rows are damaged."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A study in the list of all."""

    name: str
    state: str
    counts: Counts
    created_at: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin studies --json`` prints of it."""
        return {
            "name": self.name,
            "state": self.state,
            "trials": self.counts.to_dict(),
            "created_at": self.created_at,
        }


def studies(store: Store) -> list[Listed]:
    """Return every study, oldest first."""
    return [_listed(store, study) for study in store.studies.all()]


def _listed(store: Store, study: Study) -> Listed:
    try:
        status = store.studies.status(study)
        state, counts = status.state, status.counts
    except StoreBrokenError:
        state, counts = UNREADABLE, Counts()
    if isinstance(study.specification_or_fault, str):
        state = UNREADABLE
    return Listed(name=study.name, state=state, counts=counts, created_at=study.created_at)

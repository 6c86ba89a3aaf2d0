"""Extension: more values, seeds, configurations or arms for a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from search_spaces.specification import Specification

if TYPE_CHECKING:
    from study.store import Store


@dataclass(frozen=True, kw_only=True)
class Extended:
    """What an extension adds, or would add where it is a ``dry_run``; ``total`` counts the trials with it."""

    name: str
    dry_run: bool
    configurations: int
    trials: int
    total: int

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin extend --json`` prints."""
        added = {"configurations": self.configurations, "trials": self.trials}
        return {"name": self.name, "dry_run": self.dry_run, "added": added, "total": self.total}


def extend(store: Store, name: str, specification: Specification, *, dry_run: bool = False) -> Extended:
    """Add what a wider specification of a study has more; nothing that is there is touched.

    Raises
    ------
    StudyNotFoundError
        There is no such study.
    StudyMismatchError
        The specification differs in something else, or has less; nothing was written.
    """
    study = store.studies.get(name)
    added = store.growth.extend(study, specification, dry_run=dry_run)
    total = store.studies.counts(study.id).total + (added.trials if dry_run else 0)
    return Extended(name=name, dry_run=dry_run, configurations=added.configurations, trials=added.trials, total=total)

"""Extension: more values, seeds, configurations or arms for a study, or fresh seeds for its winner."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from search_spaces.arm import MAX_TRIALS
from search_spaces.errors import shown
from search_spaces.specification import Specification
from study.errors import UsageError

if TYPE_CHECKING:
    from study.store import Store
    from study.store.growth import Extension
    from study.store.studies import Study


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
    return _extended(store, study, store.growth.extend(study, specification, dry_run=dry_run), dry_run=dry_run)


def check_winner(store: Store, name: str, seeds: int, *, dry_run: bool = False) -> Extended:
    """Give the best configuration of each arm as many seeds that took no part in its choice.

    Raises
    ------
    StudyNotFoundError
        There is no such study.
    StudyMismatchError
        It has not ended, has no winner, chooses its seeds itself, or was imported; nothing was written.
    UsageError
        What is asked for is no whole number of seeds from 1 on, or more than a study may have trials.
    """
    try:
        count = operator.index(seeds)  # numpy's whole numbers too
    except TypeError:
        raise UsageError(f"the winner must get a whole number of fresh seeds, got {shown(seeds)}") from None
    if isinstance(seeds, bool) or count < 1:
        raise UsageError(f"--winner must be at least 1 fresh seed, got {shown(seeds)}")
    if count > MAX_TRIALS:
        raise UsageError(f"--winner must be at most {MAX_TRIALS:,} fresh seeds, got {count:,}")
    study = store.studies.get(name)
    return _extended(store, study, store.winners.check(study, count, dry_run=dry_run), dry_run=dry_run)


def _extended(store: Store, study: Study, added: Extension, *, dry_run: bool) -> Extended:
    total = store.studies.counts(study.id).total + (added.trials if dry_run else 0)
    return Extended(
        name=study.name, dry_run=dry_run, configurations=added.configurations, trials=added.trials, total=total
    )

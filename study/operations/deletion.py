"""Deletion: a study leaves the store with everything that belongs to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.store import Store
    from study.store.studies import Size


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """How much of a study was deleted."""

    name: str
    size: Size

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin delete --json`` prints."""
        return {"name": self.name, "deleted": asdict(self.size)}


def size(store: Store, name: str) -> Size:
    """Return how much would be deleted."""
    return store.studies.size(store.studies.get(name))


def delete(store: Store, name: str) -> Deleted:
    """Take a study out of the store, for good.

    Raises
    ------
    StudyNotFoundError
        There is no such study.
    UsageError
        A driver trains it; nothing was deleted.
    """
    return Deleted(name=name, size=store.studies.delete(store.studies.get(name)))

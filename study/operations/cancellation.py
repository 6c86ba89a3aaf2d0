"""Cancellation: every trial without an outcome is taken off a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.store import Store


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """How many trials were taken off a study."""

    name: str
    cancelled: int

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin cancel --json`` prints."""
        return {"name": self.name, "cancelled": self.cancelled}


def cancel(store: Store, name: str) -> Cancelled:
    """Take every trial that has no outcome off a study; drivers stop those that are being trained."""
    return Cancelled(name=name, cancelled=store.studies.cancel(store.studies.get(name)))

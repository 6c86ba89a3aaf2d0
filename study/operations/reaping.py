"""Reaping: trials whose lease ran out go back in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.store import Store


@dataclass(frozen=True, kw_only=True)
class Reaped:
    """How many expired leases were taken back."""

    reaped: int

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin reap --json`` prints."""
        return {"reaped": self.reaped}


def reap(store: Store) -> Reaped:
    """Put trials whose lease ran out back in the queue."""
    return Reaped(reaped=store.leases.reap())

"""Retrial: finished trials queued again, as new generations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from study.errors import UsageError
from study.trials import State

if TYPE_CHECKING:
    from study.store import Store


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which finished trials are meant.

    Attributes
    ----------
    failed, diverged
        All of these states.
    where
        An expression; it narrows the states where any is given, and selects by itself where none is.

    Raises
    ------
    UsageError
        Nothing is selected.
    """

    failed: bool = False
    diverged: bool = False
    where: str | None = None

    def __post_init__(self) -> None:
        if not (self.failed or self.diverged or self.where):
            raise UsageError("retry must be told which trials: --failed, --diverged or --where EXPR")

    @property
    def states(self) -> list[str]:
        """The states that are meant."""
        chosen = ((State.FAILED, self.failed), (State.DIVERGED, self.diverged))
        return [state.value for state, meant in chosen if meant]


@dataclass(frozen=True, kw_only=True)
class Retried:
    """How many trials of a study got a new generation."""

    name: str
    retried: int

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin retry --json`` prints."""
        return {"name": self.name, "retried": self.retried}


def retry(store: Store, name: str, selection: Selection) -> Retried:
    """Queue finished trials again; the old ones stay, superseded and counted."""
    study = store.studies.get(name)
    count = store.growth.retry(study, states=selection.states, where=selection.where)
    return Retried(name=name, retried=count)

"""The catalogue: what a specification can name, by kind and name; what comes with Basin, and what plug-ins add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from search_spaces.declarations import KINDS, Dataset, Declaration, Network, Optimizer, Task

TYPES: Mapping[str, type[Declaration]] = {
    "optimizer": Optimizer,
    "network": Network,
    "dataset": Dataset,
    "task": Task,
}
"""Kinds that a plug-in can add to, and what it declares of each."""


@dataclass(frozen=True)
class Catalogue:
    """Declarations by kind and name. Whoever reads a specification is given one; nothing here is ever changed."""

    entries: Mapping[str, Mapping[str, Declaration]]

    def __getitem__(self, kind: str) -> Mapping[str, Declaration]:
        """Return the declarations of a kind, by name."""
        return self.entries[kind]

    def with_entries(self, added: Iterable[tuple[str, Declaration]]) -> Catalogue:
        """Return the catalogue with more declarations, each with its kind; they come before those of their names."""
        entries = {kind: dict(named) for kind, named in self.entries.items()}
        for kind, declaration in added:
            entries[kind][declaration.name] = declaration
        return Catalogue(entries)

    def options(self, kind: str) -> set[str]:
        """Return the options of every declaration of a kind."""
        return {option for entry in self.entries.get(kind, {}).values() for option in entry.options}


BUILT_IN = Catalogue(KINDS)
"""What comes with Basin."""


def kind_of(place: str) -> str:
    """Return the kind of what stands at a place of a specification, such as ``task.network`` or ``schedules.lr``."""
    return "schedule" if place.startswith("schedules.") else place.rpartition(".")[2]


def stored_entries(declarations: Any) -> list[tuple[str, Declaration]]:
    """Return what plug-ins declared of an arm, by the declarations that its study was stored with.

    What comes with Basin is read as it is today. Of a damaged row comes as much as holds.
    """
    found = []
    for place, values in declarations.items() if isinstance(declarations, Mapping) else ():
        known = TYPES.get(kind_of(str(place)))
        if known is not None and isinstance(values, Mapping) and "plugin" in values:
            try:
                found.append((kind_of(place), known.from_dict(values)))
            except (AttributeError, KeyError, TypeError, ValueError):
                continue
    return found

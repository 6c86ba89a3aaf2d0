"""The recipe: the frozen description of one training. Everything a worker needs, and nothing secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training, in plain values that survive any transport.

    Attributes
    ----------
    task, setting
        What is trained, by a name of :data:`workers.tasks.TASKS`, and the value of every option that it declares; a
        network stands there as a mapping of its ``name`` and options.
    optimizer, options
        The optimizer, and the value of every option that it declares; None of a task with a loop of its own.
    schedules
        Name and options of the schedule of each option of the optimizer that one moves; the others stay.
    epochs
        Budget, >= 1.
    seed
        Replicate, >= 0.
    """

    task: str
    setting: Mapping[str, Any]
    optimizer: str | None
    options: Mapping[str, Any]
    epochs: int
    seed: int
    schedules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe that :meth:`to_dict` wrote; raises ``TypeError`` on unknown or missing keys."""
        known = {it.name for it in fields(cls)}
        unknown = values.keys() - known
        if unknown:
            raise TypeError(f"a recipe has no {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        return cls(**values)

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
    dataset, network, batch_size, augmentation
        The task, by the names of the registries of this package.
    network_options
        The value of every option that the network declares.
    subset, validation
        Number of training images used (None: all) and held out of them.
    remainder
        What becomes of the images of an epoch that fill no batch: ``join`` or ``keep``, as
        :func:`workers.engine.batches` cuts.
    optimizer, options
        The optimizer, and the value of every option that it declares.
    schedules
        Name and options of the schedule of each option that one moves, ``lr`` or ``p``; the others stay.
    epochs
        Budget, >= 1.
    seed
        Replicate, >= 0.
    """

    dataset: str
    network: str
    batch_size: int
    augmentation: str
    optimizer: str
    options: Mapping[str, Any]
    epochs: int
    seed: int
    network_options: Mapping[str, Any] = field(default_factory=dict)
    subset: int | None = None
    validation: int = 0
    remainder: str = "join"
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

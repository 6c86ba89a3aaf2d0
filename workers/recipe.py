"""The recipe: the frozen description of one training. Everything a worker needs, and nothing secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training, in plain values that survive any transport.

    Attributes
    ----------
    dataset, network, batch_size, augmentation
        The task, by the names of the registries of this package.
    subset, validation
        Number of training images used (None: all) and held out of them.
    remainder
        What becomes of the images of an epoch that fill no batch: ``join`` or ``keep``, as
        :func:`workers.engine.batches` cuts.
    optimizer, variant, decay, decay_on, amsgrad
        The optimizer and its forms; ``decay_on`` is ``all`` or ``kernels`` (parameters of two or more dimensions).
    hyperparameters
        Value of every hyperparameter, by name.
    schedule
        Name and options of the learning-rate schedule.
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
    hyperparameters: Mapping[str, float]
    epochs: int
    seed: int
    subset: int | None = None
    validation: int = 0
    remainder: str = "join"
    variant: str | None = None
    decay: str = "l2"
    decay_on: str = "all"
    amsgrad: bool = True
    schedule: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe that :meth:`to_dict` wrote; raises ``TypeError`` on unknown or missing keys."""
        known = {field.name for field in fields(cls)}
        unknown = values.keys() - known
        if unknown:
            raise TypeError(f"a recipe has no {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        return cls(**values)

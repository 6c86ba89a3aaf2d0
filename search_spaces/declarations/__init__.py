"""What a specification can name: one module a kind, each entry declared once with all its options.

This package declares, `workers` implements, and a test proves that the two agree in both directions. A new entry is
one declaration here and one function there; validation, listings, recipes and designs follow from the declaration.
"""

from __future__ import annotations

from collections.abc import Mapping

from search_spaces.declarations.datasets import DATASETS, Dataset
from search_spaces.declarations.declaration import Declaration, Origin
from search_spaces.declarations.imported import IMPORTED, imported, is_imported
from search_spaces.declarations.networks import NETWORKS, Network
from search_spaces.declarations.optimizers import OPTIMIZERS, Optimizer
from search_spaces.declarations.schedules import SCHEDULES
from search_spaces.declarations.task import Metric, Task
from search_spaces.declarations.tasks import CLASSIFICATION, TASKS

__all__ = [
    "CLASSIFICATION",
    "DATASETS",
    "IMPORTED",
    "KINDS",
    "NETWORKS",
    "OPTIMIZERS",
    "SCHEDULES",
    "TASKS",
    "Dataset",
    "Declaration",
    "Metric",
    "Network",
    "Optimizer",
    "Origin",
    "Task",
    "imported",
    "is_imported",
]

KINDS: Mapping[str, Mapping[str, Declaration]] = {
    "optimizer": OPTIMIZERS,
    "network": NETWORKS,
    "dataset": DATASETS,
    "schedule": SCHEDULES,
    "task": TASKS,
}
"""Every declaration, by kind and name."""

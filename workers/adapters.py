"""Adapters: what plug-ins implement, in the form in which the registries of the core have it.

The core trains by name and knows no plug-in. A plug-in is loaded here, and its networks, data sets, optimizers and
tasks are entered beside those that come with Basin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from search_spaces.declarations import Dataset, Declaration, Task
from search_spaces.plugins import Loaded, Plugin
from search_spaces.plugins.loading import load
from search_spaces.plugins.plugin import Entry
from workers.data import DATASETS, load_split
from workers.data.checked import checked
from workers.data.images import Images
from workers.networks import NETWORKS
from workers.optimizers import UNGROUPED
from workers.recipe import Recipe
from workers.tasks import TASKS
from workers.tasks.loop import Loop

_in_force: dict[tuple[str, str], str] = {}
"""By kind and name, the hash of the plug-in whose implementation is entered."""


def install(plugins: Sequence[Plugin]) -> None:
    """Load plug-ins and enter what they implement; what is entered already stays.

    Raises
    ------
    PluginError
        One cannot be loaded here, or is installed here in another version.
    """
    for plugin in plugins:
        enter(load(plugin))


def enter(loaded: Loaded) -> None:
    """Enter what a plug-in implements into the registries of the core, in place of what bore its names."""
    for entry in loaded.entries:
        key = (entry.kind, entry.declaration.name)
        if _in_force.get(key) != loaded.plugin.hash:
            _ENTERED[entry.kind](entry)
            _in_force[key] = loaded.plugin.hash


def _network(entry: Entry) -> None:
    def build(shape: tuple[int, int, int], classes: int, **options: Any) -> torch.nn.Module:
        network = entry.function(shape, classes, **_complete(entry.declaration, options))
        if not isinstance(network, torch.nn.Module):
            raise TypeError(f"network {entry.declaration.name} must return a torch.nn.Module, got {type(network)}")
        return network

    NETWORKS[entry.declaration.name] = build


def _dataset(entry: Entry) -> None:
    declared: Dataset = entry.declaration  # type: ignore[assignment]

    def read(folder: Path | None) -> Images:
        return checked(declared, entry.function(folder))

    DATASETS[declared.name] = read
    load_split.cache_clear()


def _optimizer(entry: Entry) -> None:
    def build(groups: list[dict[str, Any]], **options: Any) -> torch.optim.Optimizer:
        optimizer = entry.function(groups, **_complete(entry.declaration, options))
        if not isinstance(optimizer, torch.optim.Optimizer):
            name, got = entry.declaration.name, type(optimizer)
            raise TypeError(f"optimizer {name} must return a torch.optim.Optimizer, got {got}")
        return optimizer

    UNGROUPED[entry.declaration.name] = build


def _task(entry: Entry) -> None:
    declared: Task = entry.declaration  # type: ignore[assignment]

    def begin(recipe: Recipe, _folder: Path | None, _device: torch.device) -> Loop:
        options = _complete(declared, recipe.setting)
        return Loop(recipe, entry.function, options, [it.name for it in declared.metrics])

    TASKS[declared.name] = begin


_ENTERED: Mapping[str, Callable[[Entry], None]] = {
    "network": _network,
    "dataset": _dataset,
    "optimizer": _optimizer,
    "task": _task,
}


def _complete(declaration: Declaration, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options; what a study does not know, which began before its plug-in was edited, has its default."""
    return {name: it.default for name, it in declaration.options.items()} | dict(options)

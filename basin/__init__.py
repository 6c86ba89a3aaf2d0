"""Basin as people import it. Every name is defined in another package, and loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

HOMES = {
    "Padam": "workers.optimizers",
    "Choice": "search_spaces.options",
    "Metric": "search_spaces.declarations",
    "Number": "search_spaces.options",
    "Switch": "search_spaces.options",
    "dataset": "search_spaces.plugins",
    "network": "search_spaces.plugins",
    "optimizer": "search_spaces.plugins",
    "task": "search_spaces.plugins",
}
"""Where each name of this package is defined."""

__all__ = list(HOMES)


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'basin' has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted((*globals(), *HOMES))

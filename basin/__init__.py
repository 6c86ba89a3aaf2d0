"""Basin as people import it. Every name is defined in another package, and loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from basin.shadows import refuse_shadows

HOMES = {
    "BasinError": "search_spaces.errors",
    "Choice": "search_spaces.options",
    "Metric": "search_spaces.declarations",
    "Number": "search_spaces.options",
    "Padam": "workers.optimizers",
    "Studies": "study.python.opened",
    "Study": "study.python.study",
    "Switch": "search_spaces.options",
    "analyze": "analysis.analyze",
    "dataset": "search_spaces.plugins",
    "heatmap": "analysis.heatmap",
    "import_csv": "study.python.interchange",
    "import_optuna": "study.python.interchange",
    "importances": "analysis.importances",
    "network": "search_spaces.plugins",
    "open": "study.python.opened",
    "optimizer": "search_spaces.plugins",
    "run": "study.python.run",
    "task": "search_spaces.plugins",
}
"""Where each name of this package is defined."""

__all__ = [name for name in HOMES if name != "open"]

refuse_shadows()


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'basin' has no attribute {name!r}")
    refuse_shadows()  # which may have come since
    return getattr(import_module(HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted((*globals(), *HOMES))

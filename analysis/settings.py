"""Settings: everything a training was given, by path, so that what somebody else trained can be found among it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from search_spaces.arm import Arm
from search_spaces.configurations import Configuration

Settings = Mapping[str, Any]
"""Values by the path at which a specification has them: ``optimizer``, ``optimizer.lr``, ``task.dataset``."""


def settings_of(arm: Arm, configuration: Configuration) -> dict[str, Any]:
    """Return every setting of an arm at one configuration, defaults included; a name stands for what it names."""
    document = arm.at(configuration).document()
    document.pop("space")
    return dict(_leaves(document))


def agree(wanted: Settings, given: Settings) -> bool:
    """Tell whether settings have all the values that are wanted; ``{"any": [...]}`` wants one of several."""
    return not unlike(wanted, given)


def unlike(wanted: Settings, given: Settings) -> dict[str, tuple[Any, Any]]:
    """Return what is otherwise than wanted, by path: what is wanted, and what is given, None where nothing is."""
    return {path: (value, given.get(path)) for path, value in wanted.items() if not _is(given.get(path), value)}


def _is(given: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return any(_is(given, one) for one in wanted["any"])
    if _numeric(given) and _numeric(wanted):
        return math.isclose(given, wanted, rel_tol=1e-9)
    return type(given) is type(wanted) and bool(given == wanted)


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        elif key == "name":
            yield prefix.removesuffix("."), value
        else:
            yield f"{prefix}{key}", value

"""Configurations: single points of a search space, and the grid of all of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from search_spaces.domains import Domain, significant

Configuration = dict[str, Any]
"""Values of the options a study varies, by path: numbers, names, on or off."""


def rounded(values: Mapping[str, Any]) -> Configuration:
    """Return the configuration with real numbers at 12 significant digits, the precision of its identity."""
    return {name: significant(value) if isinstance(value, float) else value for name, value in values.items()}


def identity(values: Mapping[str, Any]) -> str:
    """Return the text by which two configurations are the same: sorted names, numbers at 12 significant digits."""
    numbers = {name: float(it) for name, it in values.items() if isinstance(it, int) and not isinstance(it, bool)}
    return json.dumps(rounded({**values, **numbers}), sort_keys=True, separators=(",", ":"))


def grid(space: Mapping[str, Domain]) -> Iterator[Configuration]:
    """Yield every cell of the grid, the last hyperparameter by name varying fastest.

    The order in which a space is written numbers nothing.
    """
    names = sorted(space)
    for cell in itertools.product(*(space[name].grid() for name in names)):
        values = dict(zip(names, cell, strict=True))
        yield {name: values[name] for name in space}

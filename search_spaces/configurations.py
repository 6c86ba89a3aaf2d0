"""Configurations: single points of a search space, and the grid of all of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping

from search_spaces.domains import Range, Values, significant

Configuration = dict[str, float]
"""Values of the hyperparameters a study varies, by name."""


def rounded(values: Mapping[str, float]) -> Configuration:
    """Return the configuration at 12 significant digits, the precision of its identity."""
    return {name: significant(value) for name, value in values.items()}


def identity(values: Mapping[str, float]) -> str:
    """Return the text by which two configurations are the same: sorted names, 12 significant digits."""
    return json.dumps(rounded(values), sort_keys=True, separators=(",", ":"))


def grid(space: Mapping[str, Values | Range]) -> Iterator[Configuration]:
    """Yield every cell of the grid, the last hyperparameter of the space varying fastest."""
    names = list(space)
    for cell in itertools.product(*(domain.grid() for domain in space.values())):
        yield dict(zip(names, cell, strict=True))

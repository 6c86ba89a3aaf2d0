"""The lowest: which of some cells noise allows to be the lowest."""

from __future__ import annotations

import math

import numpy as np

from analysis.grid import Matrix
from analysis.measures.surface import Noise


def lowest(means: Matrix, noise: Noise) -> list[int]:
    """Return the places of the cells that are not worse than the lowest (one-sided t at 2.5 %)."""
    reach = noise.t * math.sqrt(2.0) * noise.error
    found: list[int] = np.flatnonzero(means - means.min() <= reach).tolist()
    return found

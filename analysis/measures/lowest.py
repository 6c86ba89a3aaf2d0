"""The lowest: which of some cells noise allows to be the lowest."""

from __future__ import annotations

import math

import numpy as np

from analysis.grid import Matrix
from analysis.measures.limits import t_value
from analysis.measures.surface import Noise

MISSED = 0.005
"""How often, at the most, the true choices of a measure are not all among those that are considered."""


def reach(noise: Noise, choices: int) -> float:
    """Return by how much a cell may lie above the lowest and still be it, where a measure chooses so many times."""
    return t_value(noise.freedom, MISSED / choices) * math.sqrt(2.0) * noise.error


def lowest(means: Matrix, noise: Noise, choices: int = 1) -> list[int]:
    """Return the places of the cells that may be the lowest."""
    found: list[int] = np.flatnonzero(means - means.min() <= reach(noise, choices)).tolist()
    return found

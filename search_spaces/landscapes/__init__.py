"""Landscapes: losses over two numbers, written once, for those who descend them and for those who draw them.

Workers take slopes of them and reports draw their contours. They need arithmetic alone, so that the core of workers
may have them.
"""

from __future__ import annotations

from search_spaces.landscapes import moons
from search_spaces.landscapes.landscape import Landscape
from search_spaces.landscapes.surfaces import SURFACES

__all__ = ["LANDSCAPES", "SURFACES", "Landscape"]

LANDSCAPES: dict[str, Landscape] = {**SURFACES, moons.LOSS.name: moons.LOSS}
"""Every landscape, by the name of the task that descends it."""

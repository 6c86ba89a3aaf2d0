"""The landscape: a loss over the plane, with the place where descents begin and those where they should end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Spot = tuple[float, float]
"""A point of the plane."""


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """A loss over the plane.

    Attributes
    ----------
    name
        As the task that descends it is called.
    title
        What figures call it.
    summary
        One line for people.
    value
        ``value(x, y)``, the loss: of two numbers, or of two arrays of one shape, element by element. What is written
        in arithmetic alone takes tensors, too, and gives their slopes.
    start
        Where descents begin.
    minima
        Where the loss is lowest; there is more than one where it is symmetric.
    domain
        Lowest and highest x, lowest and highest y, between which it is looked at. A descent may leave it.
    highest
        Where in the domain the loss is highest.
    remotest
        Where in the domain the nearest minimum is farthest.
    source
        The paper.
    axes
        What x and y are.
    """

    name: str
    title: str
    summary: str
    value: Callable[[Any, Any], Any]
    start: Spot
    minima: tuple[Spot, ...]
    domain: tuple[float, float, float, float]
    highest: Spot
    remotest: Spot
    source: str = ""
    axes: tuple[str, str] = ("x", "y")

    @cached_property
    def lowest(self) -> float:
        """The loss at the minima."""
        return float(self.value(*self.minima[0]))

    @cached_property
    def worst(self) -> float:
        """The largest excess over the lowest loss in the domain; what lies higher is told as this."""
        return float(self.value(*self.highest)) - self.lowest

    @cached_property
    def farthest(self) -> float:
        """The largest distance from the domain to the nearest minimum; what lies farther is told as this."""
        return self.distance(self.remotest)

    def distance(self, spot: Spot) -> float:
        """Return the distance of a point from the nearest minimum."""
        return min(math.dist(spot, minimum) for minimum in self.minima)

    def holds(self, spot: Spot) -> bool:
        """Tell whether a point lies in the domain."""
        (left, right, bottom, top), (x, y) = self.domain, spot
        return left <= x <= right and bottom <= y <= top

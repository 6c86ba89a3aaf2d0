"""Columns: where the values of a hyperparameter lie across a map, and what size of text fits there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

Vector = npt.NDArray[np.float64]
Scale = Literal["log", "linear", "even"]

CLOSEST = 0.4
"""Neighbours nearer than this share of the mean distance leave a column too narrow for its number."""

SUFFIX: dict[Scale, str] = {"log": " (log scale)", "linear": "", "even": " (evenly spaced)"}
"""What an axis says of its scale."""

CHARACTER = 0.64
"""Width of a digit of the font, in units of its size."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """Where columns lie.

    Attributes
    ----------
    values
        Of the hyperparameter, ascending.
    places
        Where each is drawn.
    edges
        Borders of the columns, one more than values.
    scale
        ``log`` where all values are positive, else ``linear``, and the values are their own places; ``even``, places
        0, 1, 2, ..., where some would lie too close together.
    """

    values: Vector
    places: Vector
    edges: Vector
    scale: Scale

    def at(self, value: float) -> float:
        """Return where a value is drawn."""
        return float(self.places[int(np.searchsorted(self.values, value))])

    def between(self, value: float, *, log: bool | None = None) -> float:
        """Return where a value that need not have been tried is drawn.

        ``log`` says whether it lies on a logarithmic scale with the values above 0; None lets all values say so.
        """
        if self.scale != "even":
            return value
        above = self.values > 0
        if value <= 0 or not (above.all() if log is None else log):
            return float(np.interp(value, self.values, self.places))
        return float(np.interp(np.log(value), np.log(self.values[above]), self.places[above]))

    def within(self, column: int, share: float = 0.5) -> float:
        """Return a place in a column, at a share of its drawn width."""
        left, right = float(self.edges[column]), float(self.edges[column + 1])
        return left * (right / left) ** share if self.scale == "log" else left + share * (right - left)

    @property
    def shares(self) -> Vector:
        """How much of the axis each column takes."""
        drawn = self._drawn(self.edges)
        found: Vector = np.diff(drawn) / (drawn[-1] - drawn[0])
        return found

    @property
    def along(self) -> Vector:
        """Where values lie between the first, 0, and the last, 1."""
        drawn = self._drawn(self.places)
        found: Vector = (drawn - drawn[0]) / (drawn[-1] - drawn[0] or 1.0)
        return found

    def _drawn(self, places: Vector) -> Vector:
        return np.log(places) if self.scale == "log" else places


def columns_of(values: Vector, log: bool | None = None) -> Columns:
    """Return the columns of ascending values, each reaching half way to its neighbours.

    ``log`` says whether they lie on a logarithmic scale, all of them being positive; None lets the values say so.
    """
    positive = bool((values > 0).all()) if log is None else log
    gaps = np.diff(np.log10(values) if positive else values)
    if log is None and len(gaps) > 1 and gaps.min() < CLOSEST * gaps.mean():
        places = np.arange(len(values), dtype=float)
        return Columns(values=values, places=places, edges=_edges(places), scale="even")
    edges = 10.0 ** _edges(np.log10(values)) if positive else _edges(values.astype(float))
    return Columns(values=values, places=values, edges=edges, scale="log" if positive else "linear")


def _edges(places: Vector) -> Vector:
    if len(places) == 1:
        alone: Vector = places[0] + np.array([-0.5, 0.5])
        return alone
    inner = (places[1:] + places[:-1]) / 2
    return np.concatenate([[2 * places[0] - inner[0]], inner, [2 * places[-1] - inner[-1]]])


def fitting(text: str, inches: float, most: float) -> float:
    """Return the size in points, at most so many, at which the widest line of a text fits into a width."""
    longest = max(len(line) for line in text.split("\n"))
    return min(most, 72.0 * 0.95 * inches / (CHARACTER * longest))


def width_of(axes: Axes) -> float:
    """Return the width of axes in inches."""
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes stand on a figure"  # noqa: S101
    return float(axes.get_window_extent().width / figure.dpi)


def height_of(axes: Axes) -> float:
    """Return the height of axes in inches."""
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes stand on a figure"  # noqa: S101
    return float(axes.get_window_extent().height / figure.dpi)

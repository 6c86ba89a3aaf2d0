"""A surface fitted through scattered configurations, and how far off it is where it did not look.

A Gaussian process with a squared exponential kernel over the unit square of the space (axes on their own scales), on
the scale on which values are compared. Length scales and noise are those with the lowest leave-one-out error among a
few, which is known without fitting again: C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine
Learning", MIT Press 2006, section 5.4.2, equation 5.12. As it was chosen by that error, the error is a little low.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

LENGTHS = (0.1, 0.2, 0.4, 0.8)
"""Of the kernel, in units of the side of the square."""

NOISES = (1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
"""Variance of noise beside that of the surface."""

FEWEST = 10
"""Points below which no surface is fitted."""

MOST = 300
"""Points that are fitted at the most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """A fitted surface.

    Attributes
    ----------
    points
        ``[n, 2]``, in the unit square.
    weights
        Of the kernel at each point.
    lengths
        Of the kernel along x and y.
    level
        Mean of the values.
    error
        Leave-one-out error: root mean square of what each point is off the surface fitted through the others.
    explained
        Share of the variance that is foretold at points left out, 1 - error^2 / variance; below 0 the surface is
        worse than the mean.
    """

    points: Matrix
    weights: Vector
    lengths: tuple[float, float]
    level: float
    error: float
    explained: float

    def at(self, x: Vector, y: Vector) -> Matrix:
        """Return the heights over a grid, ``[y, x]``."""
        across = np.exp(-0.5 * ((x[:, None] - self.points[:, 0]) / self.lengths[0]) ** 2)
        up = np.exp(-0.5 * ((y[:, None] - self.points[:, 1]) / self.lengths[1]) ** 2)
        found: Matrix = self.level + up @ (self.weights[:, None] * across.T)
        return found


def surface(points: Matrix, values: Vector) -> Surface | None:
    """Return the surface through values at points of the unit square; None of too few of them, or of equal values."""
    variance = float(values.var())
    if len(values) < FEWEST or not variance > 0:
        return None
    level, best = float(values.mean()), None
    centred = (values - level) / np.sqrt(variance)
    for lengths in product(LENGTHS, LENGTHS):
        scaled = points / np.array(lengths)
        kernel = np.exp(-0.5 * ((scaled[:, None, :] - scaled[None, :, :]) ** 2).sum(axis=2))
        spectrum, vectors = np.linalg.eigh(kernel)
        spectrum, turned = np.maximum(spectrum, 0.0), vectors.T @ centred
        for noise in NOISES:
            weights = vectors @ (turned / (spectrum + noise))
            inverse = (vectors**2) @ (1.0 / (spectrum + noise))
            error = float(np.sqrt(np.mean((weights / inverse) ** 2)))
            if best is None or error < best[0]:
                best = error, lengths, weights
    if best is None:
        return None
    error, lengths, weights = best
    return Surface(
        points=points,
        weights=weights * np.sqrt(variance),
        lengths=lengths,
        level=level,
        error=error * np.sqrt(variance),
        explained=1.0 - error**2,
    )

"""The field: a number over the unit cube, known at some points with noise: a Gaussian process.

Its kernel is a Matern of 5/2 with a length a coordinate, fitted by marginal likelihood within bounds that a few
points can bear. C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning, 2006,
sections 2.2 and 5.4.2.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from analysis.grid import Matrix

LENGTHS = (0.1, 3.0)
"""Between which the lengths lie; the cube's edge is 1."""

SIZES = (0.05, 20.0)
"""Between which the variance lies, in units of that of the values."""

NOISES = (1e-3, 1.0)
"""Between which a noise lies that nobody said, in the same units."""

MOST = 200
"""Points by which the kernel is fitted, spread over those there are: its time grows with their third power."""

LEAST = 1e-6
"""Noise that is added everywhere, in the same units, so that equal points can be told."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """What is believed of a number everywhere.

    Attributes
    ----------
    kernel
        The covariance of two sets of points, a function of theirs.
    points
        Where it is known, a row each, in [0, 1].
    values
        What was found there.
    noise
        Variance of each of these.
    offset
        What is believed where nothing is known.
    """

    kernel: Any
    points: Matrix
    values: Matrix
    noise: Matrix
    offset: float

    @classmethod
    def fitted(cls, points: Matrix, values: Matrix, noise: Matrix | None = None) -> Field:
        """Return the field whose kernel makes what was found most likely; without ``noise``, and one noise of all."""
        # A second of imports that most commands do without.
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
        from sklearn.gaussian_process import GaussianProcessRegressor, kernels  # noqa: PLC0415

        offset = float(values.mean())
        scale = float(np.var(values)) or 1.0
        lengths = np.full(points.shape[1], 0.3)
        shape = kernels.ConstantKernel(1.0, SIZES) * kernels.Matern(lengths, LENGTHS, nu=2.5)
        some = np.unique(np.linspace(0, len(points) - 1, min(len(points), MOST)).round().astype(int))
        if noise is None:
            shape, alpha = shape + kernels.WhiteKernel(0.1, NOISES), LEAST
        else:
            alpha = noise[some] / scale + LEAST
        regressor = GaussianProcessRegressor(shape, alpha=alpha)
        with warnings.catch_warnings():
            # Lengths at their bounds are what bounds are for.
            warnings.simplefilter("ignore", ConvergenceWarning)
            regressor.fit(points[some], (values[some] - offset) / np.sqrt(scale))
        found = regressor.kernel_
        if noise is None:
            found, noise = found.k1, np.full(len(points), scale * found.k2.noise_level)
        kernel = kernels.ConstantKernel(scale) * found
        return cls(kernel=kernel, points=points, values=values, noise=noise + LEAST * scale, offset=offset)

    def expecting(self, points: Matrix, noise: Matrix) -> Field:
        """Return the field as it will be known once runs at some points are in: surer, and where it is."""
        return Field(
            kernel=self.kernel,
            points=np.vstack([self.points, points]),
            values=np.concatenate([self.values, self.mean(points)]),
            noise=np.concatenate([self.noise, noise]),
            offset=self.offset,
        )

    @cached_property
    def _factor(self) -> tuple[Matrix, bool]:
        factor: tuple[Matrix, bool] = cho_factor(self.kernel(self.points) + np.diag(self.noise), lower=True)
        return factor

    def mean(self, at: Matrix) -> Matrix:
        """Return what is believed at some points."""
        weights = cho_solve(self._factor, self.values - self.offset)
        found: Matrix = self.offset + self.kernel(at, self.points) @ weights
        return found

    @property
    def left_out(self) -> Matrix:
        """By how much each value is off what the others make of its point (equation 5.12)."""
        inverse = cho_solve(self._factor, np.eye(len(self.points)))
        off: Matrix = inverse @ (self.values - self.offset) / np.diag(inverse)
        return off

    def covariance(self, at: Matrix, others: Matrix) -> Matrix:
        """Return how much is not known at some points goes along with what is not known at others."""
        across = cho_solve(self._factor, self.kernel(self.points, others))
        found: Matrix = self.kernel(at, others) - self.kernel(at, self.points) @ across
        return found

    def variance(self, at: Matrix) -> Matrix:
        """Return how much is not known at some points."""
        to = self.kernel(at, self.points)
        known = np.einsum("ij,ji->i", to, cho_solve(self._factor, to.T))
        found: Matrix = np.maximum(self.kernel.diag(at) - known, 1e-12)
        return found

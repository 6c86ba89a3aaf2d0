"""The canonical correlation of the basin: how far the axes of its bowl are turned against those of the map.

A quadratic ``c + c_x x + c_y y + c_xx x^2 + c_xy x y + c_yy y^2`` is fitted to the best third of the cells (nine at
the least) by least squares, with the axes centred and divided by their spans; ``rho = -c_xy / (2 sqrt(c_xx c_yy))``
does not depend on either. It is 0 where the bowl lies along the axes and goes to 1 or -1 as it becomes a ridge,
beyond which the surface is a saddle. It is undefined unless c_xx and c_yy are above 0. Values of 0 have no place on a
logarithmic axis, and are left out.

The interval inverts the test that ``c_xy + 2 rho sqrt(c_xx c_yy)`` is 0, with the gradient at that rho. Noise also
chooses among the cells at the border of the best third, which moves rho where the surface is no quadratic. It is
drawn 100 times more, and each time cells are chosen anew: the interval spans the limits of rho by every such choice,
but for the most extreme hundredth of them at either end. Cells that tie for the last places of the best third share
them, in the fit by their weight. Draws belong to cells by their rank, and to equal ones in every order in which they
may be read, so that exchanging or turning an axis changes nothing but the sign.
Source: G. E. P. Box and K. B. Wilson, J. R. Stat. Soc. B 13(1), 1951, doi:10.1111/j.2517-6161.1951.tb00067.x
(canonical analysis).
"""

from __future__ import annotations

import math

import numpy as np

from analysis.grid import Counts, Matrix
from analysis.measures.limits import Limits
from analysis.measures.number import Number
from analysis.measures.surface import UNTRAINED, Noise, Surface

FURTHEST = 2.0
"""Where the limits by another choice of cells end: far in the saddles, where they say no more."""

DRAWS = 100
"""Of the noise, each with its choice of cells."""

EXTREME = 0.01
"""Share of the choices whose limits are left out at either end."""

RIDGE = 1e-10
"""Share of the trace that keeps a choice of cells that bears no quadratic from ending in an error."""

XX, XY, YY = 3, 4, 5
"""Columns of the quadratic, the last there are."""


def canonical_rho(surface: Surface) -> Number:
    """Return rho of the basin; the canonical axes stand beside it."""
    surface = surface.placed
    if not (surface.x_ordered and surface.y_ordered):
        return Number(value=None, n=surface.n, reason="both axes must be numbers; choices have no curvature")
    if surface.censored.all():
        return Number(value=None, n=surface.n, reason=UNTRAINED)
    return rho_over(surface, *np.meshgrid(surface.x, surface.y))


def rho_over(surface: Surface, x: Matrix, y: Matrix) -> Number:
    """Return rho of the basin of a surface whose cells lie at some coordinates, ``[y, x]`` each."""
    n, design = surface.n, _design(x, y)
    weights = _weights(design, surface.counted)
    if weights is None:
        return Number(value=None, n=n, reason="the best cells do not lie so that a quadratic could be fitted to them")
    curvature = weights @ surface.mean[surface.near]
    # A surface that is straight along an axis has a curvature of rounding there, above or below 0.
    curvature[np.abs(curvature) <= surface.smallest * np.linalg.norm(weights, axis=1)] = 0.0
    value = _rho(curvature)
    if value is None:
        return Number(value=None, n=n, reason="the fitted quadratic has no bowl: c_xx and c_yy must be above 0")
    details = {"turned_degrees": _turned(curvature), "cells": int(surface.near.sum())}
    noise = surface.noise_near
    if noise is None:
        return Number(value=value, n=n, reason="one replicate: no interval", details=details)
    limits = _inverted(curvature, weights, noise)
    if limits is None:
        reason = "no interval: the noise leaves the curvatures unknown"
        return Number(value=value, n=n, reason=reason, details=details)
    low, high = _of_other_choices(surface, design, noise, limits)
    return Number(value=value, low=low, high=high, n=n, details=details)


def _design(x: Matrix, y: Matrix) -> Matrix:
    """Return the columns of the quadratic over two coordinates, ``[y, x, 6]``."""
    x, y = _scaled(x), _scaled(y)
    design: Matrix = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2)
    return design


def _scaled(axis: Matrix) -> Matrix:
    scaled: Matrix = (axis - axis.mean()) / np.ptp(axis)
    return scaled


def _weights(design: Matrix, counted: Matrix) -> Matrix | None:
    """Return by what the means of the cells that count are multiplied to give the curvatures; None where they do not.

    ``counted`` is by how much each cell counts, ``[y, x]``.
    """
    chosen = counted > 0.0
    root = np.sqrt(counted[chosen])
    rows = design[chosen] * root[:, None]
    if len(rows) < 6 or np.linalg.matrix_rank(rows) < 6:
        return None
    weights: Matrix = np.asarray(np.linalg.pinv(rows)[[XX, XY, YY]] * root, dtype=float)
    return weights


def _rho(curvature: Matrix) -> float | None:
    xx, xy, yy = curvature.tolist()
    return None if xx <= 0.0 or yy <= 0.0 else -xy / (2.0 * math.sqrt(xx * yy))


def _turned(curvature: Matrix) -> float:
    """Return by how many degrees the flattest direction is turned from x, axes measured in their spans."""
    xx, xy, yy = curvature.tolist()
    _, vectors = np.linalg.eigh(np.array([[xx, xy / 2.0], [xy / 2.0, yy]]))
    x, y = vectors[:, 0].tolist()
    return math.degrees(math.atan2(y, x)) % 180.0


def _inverted(curvature: Matrix, weights: Matrix, noise: Noise) -> Limits | None:
    """Return the rhos that the curvatures do not contradict, None where those are not bounded."""
    xx, xy, yy = curvature.tolist()
    covariance = (weights @ weights.T) * noise.error**2 * noise.t**2
    root = math.sqrt(xx * yy)
    # (c_xy + 2 rho root)^2 <= g' C g, with g = (rho sqrt(yy / xx), 1, rho sqrt(xx / yy)): a quadratic in rho.
    slope = np.array([math.sqrt(yy / xx), 0.0, math.sqrt(xx / yy)])
    level = np.array([0.0, 1.0, 0.0])
    a = 4.0 * root**2 - float(slope @ covariance @ slope)
    b = 2.0 * root * xy - float(slope @ covariance @ level)
    c = xy**2 - float(level @ covariance @ level)
    if a <= 0.0:
        return None
    spread = math.sqrt(max(b * b - a * c, 0.0))
    return Limits(-xy / (2.0 * root), (-b - spread) / a, (-b + spread) / a)


def _of_other_choices(surface: Surface, design: Matrix, noise: Noise, limits: Limits) -> tuple[float, float]:
    """Return the limits that span those by the cells that noise might have chosen instead."""
    means = surface.mean.ravel() - surface.mean.mean()
    draws = noise.error * np.random.default_rng(0).standard_normal((DRAWS, means.size))
    count = round(float(surface.counted.sum()))
    lows, highs = np.concatenate(
        [
            _drawn(means[order], draws, count, design.reshape(-1, 6)[order], noise, limits)
            for order in _orders(surface.levels)
        ],
        axis=1,
    )
    return (
        min(limits.low, float(np.quantile(lows, EXTREME))),
        max(limits.high, float(np.quantile(highs, 1.0 - EXTREME))),
    )


def _drawn(means: Matrix, draws: Matrix, count: int, design: Matrix, noise: Noise, limits: Limits) -> Matrix:
    """Return the lower and the upper limit by every draw of the noise, ``[2, draw]``.

    Parameters
    ----------
    means, design
        Of the cells by their rank, ``[cell]`` and ``[cell, 6]``.
    draws
        Of their noise, ``[draw, cell]``.
    count
        How many cells are chosen.
    noise
        Of the means.
    limits
        Where a draw chooses the same cells as the means do, or some that have no bowl.
    """
    ends = np.tile([[limits.low], [limits.high]], len(draws))
    chosen = np.sort(np.argsort(means + draws, axis=1, kind="stable")[:, :count], axis=1)
    chosen = chosen[(chosen != np.arange(count)).any(axis=1)]
    rows = design[chosen]  # [draw, cell, column]
    square = rows.transpose(0, 2, 1) @ rows
    inverse = np.linalg.inv(square + RIDGE * np.trace(square, axis1=1, axis2=2)[:, None, None] * np.eye(6))
    curvatures = (inverse @ (rows.transpose(0, 2, 1) @ means[chosen][:, :, None]))[:, XX:, 0]
    bowls = (curvatures[:, 0] > 0.0) & (curvatures[:, 2] > 0.0)
    (xx, xy, yy), covariances = curvatures[bowls].T, inverse[bowls][:, XX:, XX:]
    root = np.sqrt(xx * yy)
    rho = -xy / (2.0 * root)
    gradient = np.stack([-rho / (2.0 * xx), -1.0 / (2.0 * root), -rho / (2.0 * yy)], axis=1)
    spread = noise.t * noise.error * np.sqrt(np.einsum("di,dij,dj->d", gradient, covariances, gradient))
    ends[:, : len(rho)] = np.clip([rho - spread, rho + spread], -FURTHEST, FURTHEST)
    return ends


def _orders(levels: Counts) -> Counts:
    """Return the cells by rank, ``[order, cell]``: equal ones in every order in which they may be read."""
    cells = np.arange(levels.size).reshape(levels.shape)
    ways = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    read = [turned[::down, ::across].ravel() for turned in (cells, cells.T) for down, across in ways]
    ranked = [order[np.argsort(levels.ravel()[order], kind="stable")] for order in read]
    found: Counts = np.unique(ranked, axis=0)
    return found

"""The canonical correlation of the basin: how far the axes of its bowl are turned against those of the map.

A quadratic ``c + c_x x + c_y y + c_xx x^2 + c_xy x y + c_yy y^2`` is fitted to the best third of the cells (nine at
the least) by least squares, with the axes centred and divided by their spans; ``rho = -c_xy / (2 sqrt(c_xx c_yy))``
does not depend on either. It is 0 where the bowl lies along the axes and goes to 1 or -1 as it becomes a ridge,
beyond which the surface is a saddle. It is undefined where c_xx c_yy <= 0.

The interval inverts the test that ``c_xy + 2 rho sqrt(c_xx c_yy)`` is 0, with the gradient at that rho. That noise
chooses among the cells at the border of the best third adds to it: the variance of rho over 100 draws of the noise
that choose the cells and nothing else. Source: G. E. P. Box and K. B. Wilson, J. R. Stat. Soc. B 13(1), 1951,
doi:10.1111/j.2517-6161.1951.tb00067.x (canonical analysis of a fitted surface).
"""

from __future__ import annotations

import math

import numpy as np

from analysis.grid import Mask, Matrix
from analysis.measures.limits import Limits
from analysis.measures.number import Number
from analysis.measures.surface import Noise, Surface, best_third

DRAWS = 100
"""Choices of cells that are tried."""

XX, XY, YY = 3, 4, 5


def canonical_rho(surface: Surface) -> Number:
    """Return rho of the basin; the canonical axes stand beside it."""
    n = surface.n
    if not (surface.x_ordered and surface.y_ordered):
        return Number(value=None, n=n, reason="both axes must be numbers; choices have no curvature")
    design = _design(surface)
    weights = _weights(design, surface.near)
    if weights is None:
        return Number(value=None, n=n, reason="the best cells do not lie so that a quadratic could be fitted to them")
    curvature = weights @ surface.mean[surface.near]
    value = _rho(curvature)
    if value is None:
        return Number(value=None, n=n, reason="the fitted quadratic has no bowl: c_xx c_yy <= 0")
    details = {"turned_degrees": _turned(curvature), "cells": int(surface.near.sum())}
    noise = surface.noise_near
    if noise is None:
        return Number(value=value, n=n, reason="one replicate: no interval", details=details)
    limits = _inverted(curvature, weights, noise)
    if limits is None:
        reason = "no interval: the noise leaves the curvatures unknown"
        return Number(value=value, n=n, reason=reason, details=details)
    spread = noise.t * _choice(surface, design, noise, value)
    low = value - math.hypot(value - limits.low, spread)
    high = value + math.hypot(limits.high - value, spread)
    return Number(value=value, low=low, high=high, n=n, details=details)


def _design(surface: Surface) -> Matrix:
    """Return the columns of the quadratic, ``[y, x, 6]``."""
    x, y = np.meshgrid(_scaled(surface.x), _scaled(surface.y))
    design: Matrix = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2)
    return design


def _scaled(axis: Matrix) -> Matrix:
    scaled: Matrix = (axis - axis.mean()) / (axis[-1] - axis[0])
    return scaled


def _weights(design: Matrix, chosen: Mask) -> Matrix | None:
    """Return by what the means of the chosen cells are multiplied to give the curvatures; None where they do not."""
    rows = design[chosen]
    if len(rows) < 6 or np.linalg.matrix_rank(rows) < 6:
        return None
    weights: Matrix = np.asarray(np.linalg.pinv(rows)[[XX, XY, YY]], dtype=float)
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


def _choice(surface: Surface, design: Matrix, noise: Noise, value: float) -> float:
    """Return the standard deviation that the choice of cells adds."""
    draws = np.random.default_rng(0).standard_normal((DRAWS, *surface.shape))
    seen: dict[bytes, float | None] = {}
    found = []
    for draw in draws:
        chosen = best_third(surface.mean + noise.error * draw)
        key = chosen.tobytes()
        if key not in seen:
            weights = _weights(design, chosen)
            seen[key] = None if weights is None else _rho(weights @ surface.mean[chosen])
        other = seen[key]
        if other is not None:
            found.append(other - value)
    return math.sqrt(float(np.mean(np.square(found)))) if found else 0.0

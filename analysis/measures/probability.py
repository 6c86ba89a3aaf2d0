"""The probability that the best cell is the best, given the noise.

The share of 4,000 draws of the noise, added to the means, in which it is lowest; the other cells with one per cent or
more stand beside it. Equal cells share what they have together. That is the posterior probability under a flat prior
and normal residuals, and no interval: it describes, and is not calibrated.
"""

from __future__ import annotations

import numpy as np

from analysis.measures.number import Number
from analysis.measures.surface import Surface, place_of

DRAWS = 4_000
LEAST = 0.01
"""Share of the draws from which a cell is named."""


def best_probability(surface: Surface) -> Number:
    """Return the probability of the best cell; one replicate gives none."""
    n, noise = surface.n, surface.noise_near
    if noise is None:
        return Number(value=None, n=n, reason="one replicate says nothing of the noise")
    if noise.error == 0.0 and (surface.mean - surface.mean.min() <= surface.smallest).sum() > 1:
        return Number(value=None, n=n, reason="several cells are equal, and no noise tells them apart")
    generator = np.random.default_rng(0)
    scale = noise.error * np.sqrt(noise.freedom / generator.chisquare(noise.freedom, DRAWS))
    # Cells whose means lie far above the lowest are never drawn lowest; leaving them out saves time.
    near = np.flatnonzero(surface.mean.ravel() - surface.mean.min() <= 12.0 * noise.error + surface.smallest)
    levels = surface.levels.ravel()[near]
    near, levels = near[np.argsort(levels, kind="stable")], np.sort(levels)  # draws belong to ranks, not to places
    drawn = surface.mean.ravel()[near] + scale[:, None] * generator.standard_normal((DRAWS, len(near)))
    each = np.bincount(drawn.argmin(axis=1), minlength=len(near)) / DRAWS
    shares = np.zeros(surface.mean.size)
    shares[near] = (np.bincount(levels, each) / np.maximum(np.bincount(levels), 1))[levels]
    columns, (xs, ys) = surface.shape[1], ([place_of(it) for it in axis.tolist()] for axis in (surface.x, surface.y))
    order = [int(it) for it in np.argsort(-shares, kind="stable") if shares[it] >= LEAST]
    cells = [{"x": xs[it % columns], "y": ys[it // columns], "probability": float(shares[it])} for it in order]
    return Number(value=float(shares.reshape(surface.shape)[surface.best]), n=n, details={"cells": cells})

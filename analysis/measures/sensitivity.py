"""The sensitivity to x: what a value of x that was tried costs on average, beside the best one.

For each y the mean over x of what a cell is worse than the best of its row, then the mean over y. It depends on which
values of x were tried, as every measure of this kind does. Source: M. Wortsman et al., "Small-scale proxies for
large-scale Transformer training instabilities", 2023, arXiv:2309.14322 (learning-rate sensitivity).

The interval spans the t intervals of all cells that may be the lowest of their rows. Where some cells stand at one
value for all seeds, seeds do not do the same to all cells, and the t interval of the seeds counts if it is wider.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.measures.limits import t_value
from analysis.measures.lowest import lowest
from analysis.measures.number import Number
from analysis.measures.surface import Surface, place_of


def x_sensitivity(surface: Surface) -> Number:
    """Return the mean over y of the mean excess over the best x, in units of the value."""
    mean, n = surface.mean, surface.n
    trained = ~surface.censored.all(axis=1)
    mean, rows, columns = mean[trained], int(trained.sum()), surface.shape[1]
    excess = mean.mean(axis=1) - mean.min(axis=1)
    value = float(excess.mean())
    details = {
        "rows": [
            {"at": place_of(at), "sensitivity": cost}
            for at, cost in zip(surface.y[trained].tolist(), excess.tolist(), strict=True)
        ]
    }
    noise, near = surface.noise, surface.noise_near
    if noise is None or near is None:
        return Number(value=value, n=n, reason="one replicate: no interval", details=details)
    # Of each row the lowest cell has the weight 1/columns - 1, the others 1/columns; rows are averaged.
    squares = (columns - 1) / columns**2 + (1.0 / columns - 1.0) ** 2
    spread = noise.t * noise.error * math.sqrt(squares / rows)
    if surface.pinned:
        lowest_of = mean - mean.min(axis=1, keepdims=True) <= surface.smallest  # each of equal ones
        lows = (surface.values * lowest_of[:, :, None]).sum(axis=1) / lowest_of.sum(axis=1)[:, None]  # [y, seed]
        each = (surface.values.mean(axis=1) - lows).mean(axis=0)
        spread = max(spread, t_value(n - 1) * float(each.std(ddof=1)) / math.sqrt(n))
    spread += float(surface.censored[trained].mean()) * surface.offset
    tied = [
        max(mean[row, column] for column in lowest(mean[row], near, rows)) - mean[row].min() for row in range(rows)
    ]
    low = value - float(np.mean(tied)) - spread
    return Number(value=value, low=max(low, 0.0), high=value + spread, n=n, details=details)

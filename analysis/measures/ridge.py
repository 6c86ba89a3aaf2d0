"""The ridge: how the best x moves with y.

The slope is that of a straight line through the best x of the rows (:mod:`analysis.measures.vertex`), by least
squares, each axis on its own scale. Rows whose best x is censored are left out, and counted. The rows' best x are
independent of one another: what they share is what their seeds do to all cells, and that drops out of each. The
interval follows from theirs (:func:`analysis.measures.limits.combined`). Of a row whose best x may lie on either side
of an end, noise may have decided whether it counts: the interval spans the slopes with and without it. Values of 0
have no place on a logarithmic axis, and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from analysis.grid import Mask, Matrix
from analysis.measures.limits import Limits, combined
from analysis.measures.number import Number
from analysis.measures.surface import UNTRAINED, Surface
from analysis.measures.vertex import Vertex, vertices

MOST = 6
"""Rows of which every choice is tried."""


def ridge_slope(surface: Surface) -> Number:
    """Return the slope of the best x against y, in units of x's scale per unit of y's."""
    n, surface = surface.n, surface.placed
    if not (surface.x_ordered and surface.y_ordered):
        return Number(value=None, n=n, reason="both axes must be numbers; between choices nothing lies")
    if surface.censored.all():
        return Number(value=None, n=n, reason=UNTRAINED)
    if surface.shape[1] < 3:
        return Number(value=None, n=n, reason="a parabola needs three values")
    return slope_of(vertices(surface), surface.y, n)


def slope_of(found: Sequence[Vertex], y: Matrix, n: int) -> Number:
    """Return the slope of the best x of some rows, each of which lies at one of ``y``, with ``n`` replicates."""
    details: dict[str, Any] = {
        "best": [
            {"at": float(y[it.row]), "best": it.x, "low": it.low, "high": it.high, "edge": it.edge} for it in found
        ],
        "censored": sum(it.x is None for it in found),
    }
    known = [it for it in found if it.x is not None]
    if len(known) < 2:
        reason = f"two rows must have their best value between those tried, and {len(known)} of {len(found)} have"
        return Number(value=None, n=n, reason=reason, details=details)
    at = y[[it.row for it in known]]
    value = float(_weights(at, np.ones((1, len(known)), dtype=bool))[0] @ np.array([it.x for it in known]))
    if any(it.limits is None for it in found):
        return Number(value=value, n=n, reason="one replicate: no interval", details=details)
    rows = [it for it in found if it.doubtful or it.x is not None]
    weights = _weights(y[[it.row for it in rows]], _choices([it.doubtful for it in rows]))
    terms = [it.limits for it in rows if it.limits is not None]
    limits = Limits(value, value, value).hull(combined(terms, weights, [it.bounded for it in rows]))
    return Number(value=value, low=limits.low, high=limits.high, n=n, details=details)


def ridge_slope_yx(surface: Surface) -> Number:
    """Return the slope of the best y against x."""
    return ridge_slope(surface.transposed())


def _choices(doubtful: list[bool]) -> Mask:
    """Return every choice of rows that noise may have made, ``[choice, row]``, of two at the least."""
    places = np.flatnonzero(doubtful).tolist()
    if len(places) > MOST:  # then each of them alone, and all together
        left_out: list[tuple[int, ...]] = [(), *((it,) for it in places), tuple(places)]
    else:
        left_out = [out for count in range(len(places) + 1) for out in combinations(places, count)]
    chosen = np.ones((len(left_out), len(doubtful)), dtype=bool)
    for choice, out in enumerate(left_out):
        chosen[choice, list(out)] = False
    return np.asarray(chosen[chosen.sum(axis=1) > 1])


def _weights(y: Matrix, chosen: Mask) -> Matrix:
    """Return by what each best x is multiplied in the slope of the least squares, ``[choice, row]``."""
    centred = np.where(chosen, y - (chosen @ y / chosen.sum(axis=1))[:, None], 0.0)
    weights: Matrix = centred / (centred**2).sum(axis=1, keepdims=True)
    return weights

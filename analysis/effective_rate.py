"""The effective learning rate: an axis on which the entanglement of learning rate and p may vanish.

The null model says that a step of Padam is of size lr G^(1 - 2p). If that were all that p does to the learning rate,
rows of a map would be one curve over ``lr_eff = lr G^(1 - 2p)``, but for a shift of each row up or down. The model
``mean = row + curve(log10 lr_eff)`` is fitted to the cell means by least squares, its curve piecewise linear with
knots as far apart as the learning rates that were tried, and where they leave the least. On the axis of lr itself the
same model is the additive one of a two-way analysis of variance, so that what it leaves is the interaction share, and
the two shares say what the axis explains. Both are intervals of the same kind (:mod:`analysis.measures.interaction`),
and the F test of what the model leaves against the replicates says whether the entanglement has vanished.

A curve of straight pieces leaves something of any bent one between its knots, which counts as interaction here. Of an
exact null model whose rows rise exponentially it is up to a half per cent, which many seeds show: an F test that
rejects beside a share of that size says more of the shape of the curve than of p.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.grid import Matrix
from analysis.maps import SensitivityMap
from analysis.measures.interaction import Sums, share_of
from analysis.measures.number import Number
from analysis.measures.surface import Surface
from analysis.null_model import NullModel

SHIFTS = (0.0, 0.25, 0.5, 0.75)
"""Of the knots, in steps: where they happen to lie is not to decide."""

COMMON = 0.5
"""Share of the interaction's degrees of freedom that the model must leave: rows must share some of the axis."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EffectiveRate:
    """What is left of the entanglement on the axis of the effective learning rate.

    Attributes
    ----------
    map
        The map.
    null
        The null model, which has the scale of gradients.
    log10_rates
        ``[y, x]``, log10 of the effective learning rate of every cell.
    share
        What the model leaves of the variation of the cell means.
    before
        The same on the axis of the learning rate: the interaction share.
    """

    map: SensitivityMap
    null: NullModel
    log10_rates: Matrix
    share: Number
    before: Number

    def to_dict(self) -> dict[str, Any]:
        """Return the shares as plain values."""
        return {"interaction_share": self.share.to_dict(), "interaction_share_on_lr": self.before.to_dict()}


def effective_rate(shown: SensitivityMap, null: NullModel) -> EffectiveRate | None:
    """Return what is left of the entanglement of a map of learning rate and p; None where it has no numbers."""
    before = shown.numbers.get("interaction_share")
    surface = Surface.of(shown.grid, log=shown.log)
    if before is None or isinstance(surface, str) or not shown.log[0]:
        return None
    rates = surface.x[None, :] + (1.0 - 2.0 * surface.y[:, None]) * null.log10_scale
    return EffectiveRate(map=shown, null=null, log10_rates=rates, share=common_curve(surface, rates), before=before)


def common_curve(surface: Surface, places: Matrix) -> Number:
    """Return what ``row + curve(place)`` leaves of the variation of the cell means, in [0, 1].

    Parameters
    ----------
    surface
        The values.
    places
        ``[y, x]``, where every cell lies on the axis of the curve.
    """
    fits = [it for it in (_left(surface, places, shift) for shift in SHIFTS) if it is not None]
    if not fits:
        reason = "rows have too little of this axis in common: try learning rates that reach further"
        return Number(value=None, n=surface.n, reason=reason)
    return share_of(surface, min(fits, key=lambda it: it.interaction / it.freedom))


def _left(surface: Surface, places: Matrix, shift: float) -> Sums | None:
    """Return what knots moved by some steps leave; None where rows have too little of the axis in common."""
    rows, columns = surface.shape
    design = np.hstack([np.repeat(np.eye(rows), columns, axis=0), _hats(places, surface.x, shift)])
    rank = int(np.linalg.matrix_rank(design))
    if rows * columns - rank < COMMON * (rows - 1) * (columns - 1):
        return None
    means = surface.mean.ravel()
    fitted = design @ np.linalg.lstsq(design, means, rcond=None)[0]
    left = float(((means - fitted) ** 2).sum())
    total = float(((means - means.mean()) ** 2).sum())
    return Sums(left, max(total - left, 0.0), rows * columns - rank, rank - 1)


def _hats(places: Matrix, apart: Matrix, shift: float) -> Matrix:
    """Return a column for each knot, ``[cell, knot]``: the share that it has of the curve at every cell."""
    step = float(np.median(np.diff(apart)))
    apart = apart + shift * np.append(np.diff(apart), step)
    below = max(int(np.ceil((apart[0] - places.min()) / step - 1e-9)), 0)
    above = max(int(np.ceil((places.max() - apart[-1]) / step - 1e-9)), 0)
    knots = np.concatenate(
        [apart[0] - step * np.arange(below, 0, -1), apart, apart[-1] + step * np.arange(1, above + 1)]
    )
    hats = np.array([np.interp(places.ravel(), knots, unit) for unit in np.eye(len(knots))]).T
    seen: Matrix = hats[:, hats.any(axis=0)]
    return seen

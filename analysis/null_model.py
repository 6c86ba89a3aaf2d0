"""The null model of Padam's ridge: how the best learning rate would move with p, were gradients of one scale.

A step of Padam is lr m / v^p. With gradients of one scale G, m is of size G and v of size G^2, and the step of size
lr G^(1 - 2p); a best step that does not depend on p makes log10 lr*(p) = a + 2p log10 G. The scale is measured: half
of the mean over coordinates of log10 v (zeros left out), in the mean over the epochs and seeds of one reference cell.
What the measured ridge does otherwise is not explained by the scale of gradients alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # findings keep the null model of each arm
    from analysis.findings import ArmFindings

X, Y = "lr", "p"


@dataclass(frozen=True, kw_only=True)
class NullModel:
    """The ridge that a scale of gradients predicts.

    Attributes
    ----------
    log10_scale
        log10 of G.
    reference
        The configuration at which it was measured, the best of the arm; the predicted ridge goes through it.
    seeds
        How many trainings of it there are.
    """

    log10_scale: float
    reference: Mapping[str, float]
    seeds: int

    @property
    def slope(self) -> float:
        """Of log10 of the best learning rate against p."""
        return 2.0 * self.log10_scale

    def at(self, p: float) -> float:
        """Return the predicted best learning rate."""
        moved: float = self.slope * (p - self.reference[Y])
        return float(self.reference[X] * 10.0**moved)

    def to_dict(self) -> dict[str, Any]:
        """Return the model as plain values."""
        return {
            "log10_gradient_scale": self.log10_scale,
            "slope": self.slope,
            "reference": dict(self.reference),
            "seeds": self.seeds,
        }


def null_model(one: ArmFindings) -> NullModel | None:
    """Return the null model of an arm; None where it is no map of Padam's learning rate and p, or kept no v."""
    best, optimizer = one.best, one.arm.optimizer
    if best is None or optimizer is None or optimizer.name != "padam" or one.axes[:2] != (X, Y) or not one.is_grid:
        return None
    trials = one.at(best)
    numbers = trials.loc[trials["state"] == "complete", "number"].tolist()
    curves = one.material.curves(numbers) if numbers else None
    if curves is None or curves.empty or "log10_v" not in curves:
        return None
    values = curves["log10_v"].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    return NullModel(log10_scale=float(values.mean()) / 2.0, reference=best, seeds=len(numbers))

"""The measures: what a map means, as numbers with their uncertainty, a file each and one list of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from analysis.measures.area import basin_area
from analysis.measures.canonical import canonical_rho
from analysis.measures.concordance import rank_concordance
from analysis.measures.interaction import interaction_share
from analysis.measures.number import Number
from analysis.measures.probability import best_probability
from analysis.measures.regret import coordinate_tuning_regret
from analysis.measures.ridge import ridge_slope, ridge_slope_yx
from analysis.measures.sensitivity import x_sensitivity
from analysis.measures.surface import Surface


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A measure.

    Attributes
    ----------
    name
        Its key wherever numbers are written.
    title
        In words.
    of
        Computes it; options by name.
    in_values
        Whether it is in units of the value that was measured.
    calibrated
        Whether its interval has been shown to cover (docs/measures.md); else it describes.
    """

    name: str
    title: str
    of: Callable[..., Number]
    in_values: bool = False
    calibrated: bool = True


MEASURES = (
    Kind(name="interaction_share", title="share of interaction in the variation of the cells", of=interaction_share),
    Kind(name="ridge_slope", title="slope of the best x against y", of=ridge_slope),
    Kind(name="ridge_slope_yx", title="slope of the best y against x", of=ridge_slope_yx),
    Kind(name="canonical_rho", title="canonical correlation of the basin", of=canonical_rho),
    Kind(
        name="coordinate_tuning_regret",
        title="regret of tuning x, then y",
        of=coordinate_tuning_regret,
        in_values=True,
    ),
    Kind(name="x_sensitivity", title="mean excess over the best x", of=x_sensitivity, in_values=True),
    Kind(name="basin_area", title="share of cells nearly as good as the best", of=basin_area),
    Kind(
        name="best_probability",
        title="probability that the best cell truly is",
        of=best_probability,
        calibrated=False,
    ),
    Kind(name="rank_concordance", title="concordance of x over y", of=rank_concordance, calibrated=False),
)
"""Every measure, in the order in which they are told."""


def measured(surface: Surface | str, **options: dict[str, Any]) -> dict[str, Number]:
    """Return every measure of a surface by its name; where there is none, each says why.

    ``options`` are further arguments, by the name of the measure.
    """
    if isinstance(surface, str):
        return {kind.name: Number(value=None, n=0, reason=surface) for kind in MEASURES}
    found = {kind.name: kind.of(surface, **options.get(kind.name, {})) for kind in MEASURES}
    if surface.mixed:
        told = "cell holds" if surface.mixed == 1 else "cells hold"
        caution = (
            f"not calibrated: {surface.mixed} {told} seeds that diverged and seeds that did not; scale censored is"
        )
        found |= {
            it: replace(one, details={**one.details, "caution": caution})
            for it, one in found.items()
            if one.low is not None
        }
    return found

"""The same cells on axes of which one moves with the other: y + power x in the place of y.

So it is where torch's AdamW says weight_decay and Loshchilov and Hutter say lr x weight_decay: in logarithms the map
of the one is that of the other, sheared. Nothing is trained or interpolated anew. Every cell keeps its x and lies at
another y; what was a rectangle of cells is a parallelogram, and the measures are those of its cells:

- The interaction is what a sum of a function of x and one of the new y leaves over, by least squares. On a rectangle
  that is the two-way analysis of variance; here an x has not every y, and degrees of freedom are counted.
- The best y of an x is the same cell, and its slope against x is larger by the power.
- The best x of a new y is looked for along the cells that lie there, three at the least.
- Canonical rho is of the quadratic through the same cells at their new places.

With steps of equal length on both axes, such as factors of two, new places coincide, and there are as many y as that
leaves. Where none do, nothing can be said of the interaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from analysis.grid import Counts, Matrix
from analysis.measures.canonical import rho_over
from analysis.measures.interaction import Sums, share_of
from analysis.measures.number import Number
from analysis.measures.ridge import ridge_slope_yx, slope_of
from analysis.measures.surface import Surface
from analysis.measures.vertex import vertex

SAME = 6
"""Decimal places to which coordinates agree that are one."""


def sheared(surface: Surface, power: int) -> Mapping[str, Number]:
    """Return what a surface of two ordered axes comes to where y + ``power`` x takes the place of y, by measure."""
    x, y = np.meshgrid(surface.x, surface.y)
    moved: Matrix = y + power * x
    return {
        "interaction_share": _share(surface, moved),
        "ridge_slope": _slope(surface, moved),
        "ridge_slope_yx": _turned(ridge_slope_yx(surface), power),
        "canonical_rho": rho_over(surface, x, moved),
    }


def _levels(moved: Matrix) -> tuple[Matrix, Counts]:
    """Return the new places, ascending, and which of them each cell has."""
    places, at = np.unique(moved.round(SAME), return_inverse=True)
    return places, np.asarray(at).reshape(moved.shape)


def _share(surface: Surface, moved: Matrix) -> Number:
    places, at = _levels(moved)
    rows, columns = surface.shape
    cells = np.arange(rows * columns)
    design = np.zeros((rows * columns, columns + len(places)))
    design[cells, cells % columns] = 1.0
    design[cells, columns + at.ravel()] = 1.0
    rank = int(np.linalg.matrix_rank(design))
    if rank == len(cells):
        return Number(value=None, n=surface.n, reason="no place of y is shared by cells of different x")
    means = surface.mean.ravel() - surface.mean.mean()
    left = means - design @ np.linalg.lstsq(design, means, rcond=None)[0]
    interaction = float(left @ left)
    main = max(float(means @ means) - interaction, 0.0)
    return share_of(surface, Sums(interaction, main, len(cells) - rank, rank - 1))


def _slope(surface: Surface, moved: Matrix) -> Number:
    """Return the slope of the best x against the new y."""
    places, at = _levels(moved)
    runs = [np.argwhere(at == place) for place in range(len(places))]
    runs = [run[np.argsort(run[:, 1])] for run in runs if len(np.unique(run[:, 1])) == len(run) > 2]
    if len(runs) < 2:
        reason = "two places of y must have cells of three x, for a parabola each"
        return Number(value=None, n=surface.n, reason=reason)
    near = np.zeros(surface.shape, dtype=bool)
    for run in runs:
        first = min(max(int(surface.mean[tuple(run.T)].argmin()) - 1, 0), len(run) - 3)
        near[tuple(run[first : first + 3].T)] = True
    noise, all_near = surface.noise_of(near), surface.noise_near
    if noise is not None and all_near is not None and all_near.error > noise.error:
        noise = all_near
    found = [
        vertex(
            surface.x[run[:, 1]],
            surface.mean[tuple(run.T)],
            (row, len(runs)),
            noise,
            surface.smallest,
            surface.censored[tuple(run.T)],
        )
        for row, run in enumerate(runs)
    ]
    return slope_of(found, places[[int(at[tuple(run[0])]) for run in runs]], surface.n)


def _turned(slope: Number, power: int) -> Number:
    """Return the slope of the best y against x, where ``power`` times x is added to y."""
    if slope.value is None:
        return slope
    ends = (None if end is None else end + power for end in (slope.low, slope.high))
    best = [
        it | {name: None if it[name] is None else it[name] + power * it["at"] for name in ("best", "low", "high")}
        for it in slope.details.get("best", ())
    ]
    low, high = ends
    return replace(slope, value=slope.value + power, low=low, high=high, details={**slope.details, "best": best})

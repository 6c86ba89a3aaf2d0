"""The interaction share: how much of what a surface varies is not the sum of a function of x and one of y.

With a rows and b columns of cell means m, the sums of squares of a two-way analysis of variance, on cell means, are
``SS_total = sum (m - mean)^2 = SS_rows + SS_columns + SS_interaction``. Noise of variance v (of a mean) adds
``(a - 1)(b - 1) v`` to the last and ``(ab - 1) v`` to the first, which are taken off again; the share is their ratio,
0 at the least. What a seed adds to all cells adds nothing to either.

The interval. In units of v, the interaction's sum and that of the main effects are noncentral chi-squares, whose
limits give those of their ratio: the share at which the limit of ``(1 - share) ours - share theirs`` is 0.
They are wider by what Student's t is wider than the normal, for v is estimated, and by what the cells that decide the
share vary more than others; near no interaction, the upper limit is at least that of the noncentral F.
The lower limit is 0 unless the F test rejects at 2.5 %, with degrees of freedom that are fewer where cells vary
unequally (G. E. P. Box, Ann. Math. Statist. 25(2), 1954, doi:10.1214/aoms/1177728786). A surface whose whole
variation may be noise (F test at 0.1 %) has no share. With one replicate there is no interval; J. W. Tukey's test for
one degree of freedom of non-additivity stands beside the share (Biometrics 5(3), 1949, doi:10.2307/3001938).

Where cells lost every replicate, a bound of each alone is known. The sum of a function of x and one of y is then
fitted as a Tobit model is where noise is small (J. Tobin, Econometrica 26(1), 1958, doi:10.2307/1907382): such a cell
counts at its bound if the sum lies below that, and not at all if it lies above, which contradicts nothing. The share
is the least that the bounds allow; rows and columns in which nothing was trained are left out. The interval also
spans what the bounds may be shifted by against what was trained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, special

from analysis.grid import Mask, Matrix
from analysis.measures.limits import TAIL, Limits, Z, noncentral, noncentral_ratio, t_value
from analysis.measures.number import Number
from analysis.measures.surface import Noise, Surface

FLAT = 1e-3
"""Level at which it must be sure that a surface varies at all."""

STEPS = 50
"""Of the search for the bounds that count; a few are enough."""


@dataclass(frozen=True)
class Sums:
    """Sums of squares of what a model leaves of the variation of the cell means, and of what it explains.

    ``freedom`` and ``rest`` are their degrees of freedom.
    """

    interaction: float
    main: float
    freedom: int
    rest: int


def interaction_share(surface: Surface) -> Number:
    """Return the share of the interaction in the variation of the cell means, in [0, 1]."""
    sums = _sums(surface, 0.0)
    if sums is None:
        reason = "too few cells were trained: no interaction could be told from them"
        return Number(value=None, n=surface.n, reason=reason)
    shifted = [_sums(surface, shift) for shift in (-surface.offset, surface.offset) if shift]
    found = share_of(surface, sums, [it for it in shifted if it is not None])
    details = dict(found.details)
    if surface.lost is not None:
        details["censored"] = int(surface.censored.sum())
    if found.value is not None and surface.noise is None:
        details["tukey_p"] = None if surface.censored.any() else tukey(surface.mean)
    return replace(found, details=details)


def share_of(surface: Surface, sums: Sums, shifted: Sequence[Sums] = ()) -> Number:
    """Return the share that a model of cell means leaves of their variation.

    Parameters
    ----------
    surface
        The values.
    sums
        Those of the model.
    shifted
        Those where bounds lie elsewhere; the interval spans all of them.
    """
    total, n = sums.interaction + sums.main, surface.n
    if math.sqrt(total) <= surface.smallest:
        return Number(value=None, n=n, reason="all cells have the same value")
    raw = sums.interaction / total
    noise = surface.noise
    if noise is None:
        return Number(
            value=raw, n=n, reason="one replicate: no interval; noise is in the share", details={"raw": raw}
        )
    v = _variance(surface, noise)
    if v == 0.0 and not shifted:  # every seed says the same
        return Number(value=raw, low=raw, high=raw, n=n, details={"raw": raw, "f": None, "p": None})
    v = max(v, surface.smallest**2)
    f = sums.interaction / sums.freedom / v
    details = {"raw": raw, "f": f, "p": float(special.fdtrc(sums.freedom, noise.freedom, f))}
    freedom = sums.freedom + sums.rest
    if special.fdtrc(freedom, noise.freedom, total / freedom / v) > FLAT:
        reason = "the surface may be flat: what its cells differ by may all be noise"
        return Number(value=None, n=n, reason=reason, details=details)
    corrected = max(sums.interaction - sums.freedom * v, 0.0), max(sums.main - sums.rest * v, 0.0)
    value = corrected[0] / sum(corrected) if sum(corrected) else 0.0
    fewer = evenness(surface)
    wider = max(noise.t, unevenness(surface)) / Z
    ends = [_limits(it, v, noise, fewer, wider) for it in (sums, *shifted)]
    low, high = min(it[0] for it in ends), max(it[1] for it in ends)
    return Number(value=value, low=min(low, value), high=max(high, value), n=n, details=details)


def _sums(surface: Surface, shift: float) -> Sums | None:
    """Return the sums of squares; ``shift`` moves the bounds of cells that were not trained."""
    if not surface.censored.any():
        rows, columns = surface.shape
        return Sums(*sums_of_squares(surface.mean), (rows - 1) * (columns - 1), rows + columns - 2)
    trained = ~surface.censored
    kept = np.ix_(trained.any(axis=1), trained.any(axis=0))
    trained, mean = trained[kept], surface.mean[kept]
    rows, columns = trained.shape
    if rows < 2 or columns < 2:
        return None
    across, up = np.indices(trained.shape)[::-1]
    design = np.hstack([up.ravel()[:, None] == np.arange(rows), across.ravel()[:, None] == np.arange(columns)])
    values = np.where(trained, mean, mean + shift).ravel()
    bounds, used = ~trained.ravel(), np.ones(values.size, dtype=bool)
    for _ in range(STEPS):
        effects = np.linalg.lstsq(design[used].astype(float), values[used], rcond=None)[0]
        below = design @ effects < values
        if (used == (~bounds | below)).all():
            break
        used = ~bounds | below
    rank = int(np.linalg.matrix_rank(design[used].astype(float)))
    freedom = int(used.sum()) - rank
    if freedom < 1:
        return None
    effects = np.linalg.lstsq(design[used].astype(float), values[used], rcond=None)[0]
    interaction = float(((values[used] - design[used] @ effects) ** 2).sum())
    return Sums(
        interaction, float(((values[used] - values[used].mean()) ** 2).sum()) - interaction, freedom, rank - 1
    )


def _variance(surface: Surface, noise: Noise) -> float:
    """Return the variance of a cell's mean, the average over cells where some have fewer replicates."""
    if surface.lost is None or not surface.lost.any():
        return noise.error**2
    spread = surface.spread[~surface.censored]
    return float(noise.error**2 * spread.mean() / spread.max())


def sums_of_squares(mean: Matrix) -> tuple[float, float]:
    """Return the sums of squares of the interaction, and of both main effects."""
    centred = mean - mean.mean()
    rows, columns = centred.mean(axis=1, keepdims=True), centred.mean(axis=0, keepdims=True)
    main = mean.shape[1] * float((rows**2).sum()) + mean.shape[0] * float((columns**2).sum())
    return float(((centred - rows - columns) ** 2).sum()), main


def _limits(sums: Sums, v: float, noise: Noise, even: float, wider: float) -> tuple[float, float]:
    """Return the limits of the share, from both sums in units of the noise."""
    interaction, freedom = sums.interaction / v, sums.freedom
    ours, others = (
        noncentral(interaction, freedom).widened(wider),
        noncentral(sums.main / v, sums.rest).widened(wider),
    )
    if special.fdtrc(even * freedom, even * noise.freedom, interaction / freedom) > TAIL:
        # A sum below what noise alone comes to is luck, and narrows nothing: without this the limits close on 0.
        least = max(interaction, float(freedom))
        highest = noncentral_ratio(least / freedom, freedom, noise.freedom)
        highest = max(highest, noncentral(least, freedom).widened(wider).high)
        return 0.0, _share(Limits(ours.value, 0.0, highest), others, 1.0)
    return _share(ours, others, -1.0), _share(ours, others, 1.0)


def evenness(surface: Surface) -> float:
    """Return by what degrees of freedom shrink where cells vary unequally: 1 where they do not.

    The mean variance of the cells, squared, by the mean of their squared variances; what chance adds to that is taken
    off, for normal residuals.
    """
    squares = _variances(surface, _whole(surface))
    if not squares.any():
        return 1.0
    chance = 1.0 + 2.0 / (surface.n - 1)
    return min(1.0, chance * float(squares.mean()) ** 2 / float((squares**2).mean()))


def unevenness(surface: Surface) -> float:
    """Return the critical value where cells may vary unequally, in standard errors of a mean; 0 where none is known.

    The variances of the cells, weighted by how much each moves the share, by their mean. The degrees of freedom are
    those of F. E. Satterthwaite (Biometrics Bulletin 2(6), 1946, doi:10.2307/3002019), what chance does to squared
    variances taken off, for normal residuals; they are at most those of cells that vary alike.
    """
    whole = _whole(surface)
    variances = _variances(surface, whole)
    mean = surface.mean - surface.mean.mean()
    across, up = mean.mean(axis=0, keepdims=True), mean.mean(axis=1, keepdims=True)
    main = across + up
    share = float(((mean - main) ** 2).sum() / (mean**2).sum())
    weights = ((mean - main - share * mean) ** 2)[whole]
    if len(variances) < 3 or not (variances.any() and weights.any()):
        return 0.0
    weights /= weights.sum()
    # The seeds' shifts were estimated from all cells, which makes cells look more alike than they are.
    cells, each = len(variances), surface.n - 1
    average = float(variances.mean()) * cells / (cells - 1)
    weighted = float(weights @ (variances - average / cells)) / (1.0 - 2.0 / cells)
    if weighted <= 0.0:
        return 0.0
    chance = (each + 2.0) / each
    freedom = chance * each * weighted**2 / float(((weights * variances) ** 2).sum())
    freedom = min(freedom, each / float((weights**2).sum()))
    return math.sqrt(weighted / average) * t_value(max(freedom, 1.0))


def _whole(surface: Surface) -> Mask:
    """Return which cells lost no replicate."""
    if surface.lost is None:
        return np.ones(surface.shape, dtype=bool)
    return np.asarray(~surface.lost.any(axis=2), dtype=bool)


def _variances(surface: Surface, cells: Mask) -> Matrix:
    """Return the variance of the replicates of each of some cells, what seeds do to all of them taken off."""
    values = surface.values[cells]
    found: Matrix = (values - values.mean(axis=0)).var(axis=1, ddof=1) if len(values) > 1 else np.zeros(len(values))
    return found


def _share(ours: Limits, others: Limits, side: float) -> float:
    """Return the lower (-1) or upper (1) limit of ours / (ours + others)."""

    def excess(share: float) -> float:
        """Return by what the limit of ``(1 - share) ours - share others`` lies above 0."""
        centre = (1.0 - share) * ours.value - share * others.value
        if side < 0:
            spread = math.hypot((1.0 - share) * (ours.value - ours.low), share * (others.high - others.value))
        else:
            spread = math.hypot((1.0 - share) * (ours.high - ours.value), share * (others.value - others.low))
        return centre + side * spread

    if excess(0.0) <= 0.0:
        return 0.0
    return 1.0 if excess(1.0) >= 0.0 else float(optimize.brentq(excess, 0.0, 1.0, xtol=1e-9))


def tukey(mean: Matrix) -> float | None:
    """Return the p-value of Tukey's test of additivity, None where no degree of freedom is left for it."""
    rows, columns = mean.shape
    freedom = (rows - 1) * (columns - 1) - 1
    centred = mean - mean.mean()
    row, column = centred.mean(axis=1), centred.mean(axis=0)
    scale = float((row**2).sum() * (column**2).sum())
    if freedom < 1 or scale <= 0.0:
        return None
    one = float(row @ mean @ column) ** 2 / scale
    rest = max(sums_of_squares(mean)[0] - one, 0.0)
    return float(special.fdtrc(1, freedom, one / (rest / freedom)) if rest else 0.0)

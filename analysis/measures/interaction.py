"""The interaction share: how much of what a surface varies is not the sum of a function of x and one of y.

With a rows and b columns of cell means m, the sums of squares of a two-way analysis of variance, on cell means, are
``SS_total = sum (m - mean)^2 = SS_rows + SS_columns + SS_interaction``. Noise of variance v (of a mean) adds
``(a - 1)(b - 1) v`` to the last and ``(ab - 1) v`` to the first, which are taken off again; the share is their ratio,
0 at the least. What a seed adds to all cells adds nothing to either.

The interval. In units of v, the interaction's sum and that of the main effects are noncentral chi-squares, whose
limits give those of their ratio: the share at which the limit of ``(1 - share) ours - share theirs`` is 0.
They are wider by what Student's t is wider than the normal, for v is estimated; elsewhere its uncertainty cancels in
the ratio, but near no interaction, where the upper limit is that of the noncentral F.
The lower limit is 0 unless the F test rejects at 2.5 %, with degrees of freedom that are fewer where cells vary
unequally (G. E. P. Box, Ann. Math. Statist. 25(2), 1954, doi:10.1214/aoms/1177728786). A surface whose whole
variation may be noise (F test at 0.1 %) has no share. With one replicate there is no interval; J. W. Tukey's test for
one degree of freedom of non-additivity stands beside the share (Biometrics 5(3), 1949, doi:10.2307/3001938).
"""

from __future__ import annotations

import math
from dataclasses import replace

from scipy import optimize, special

from analysis.grid import Matrix
from analysis.measures.limits import TAIL, Limits, Z, noncentral, noncentral_ratio
from analysis.measures.number import Number
from analysis.measures.surface import Noise, Surface

FLAT = 1e-3
"""Level at which it must be sure that a surface varies at all."""


def interaction_share(surface: Surface) -> Number:
    """Return the share of the interaction in the variation of the cell means, in [0, 1]."""
    rows, columns = surface.shape
    found = share_of(surface, *sums_of_squares(surface.mean), (rows - 1) * (columns - 1), rows + columns - 2)
    if found.value is None or surface.noise is not None:
        return found
    return replace(found, details=dict(found.details) | {"tukey_p": tukey(surface.mean)})


def share_of(surface: Surface, interaction: float, main: float, freedom: int, rest: int) -> Number:
    """Return the share that a model of cell means leaves of their variation.

    Parameters
    ----------
    surface
        The values.
    interaction, main
        Sums of squares: what the model leaves of the variation of the cell means, and what it explains.
    freedom, rest
        Their degrees of freedom.
    """
    total, n = interaction + main, surface.n
    if math.sqrt(total) <= surface.smallest:
        return Number(value=None, n=n, reason="all cells have the same value")
    raw = interaction / total
    noise = surface.noise
    if noise is None:
        reason = "one replicate: no interval; noise is in the share"
        return Number(value=raw, n=n, reason=reason, details={"raw": raw})
    v = noise.error**2
    if noise.error == 0.0:  # every seed says the same
        return Number(value=raw, low=raw, high=raw, n=n, details={"raw": raw, "f": None, "p": None})
    f = interaction / freedom / v
    details = {"raw": raw, "f": f, "p": float(special.fdtrc(freedom, noise.freedom, f))}
    if special.fdtrc(freedom + rest, noise.freedom, total / (freedom + rest) / v) > FLAT:
        reason = "the surface may be flat: what its cells differ by may all be noise"
        return Number(value=None, n=n, reason=reason, details=details)
    corrected = max(interaction - freedom * v, 0.0), max(main - rest * v, 0.0)
    value = corrected[0] / sum(corrected) if sum(corrected) else 0.0
    low, high = _limits(interaction / v, main / v, freedom, rest, noise, evenness(surface))
    return Number(value=value, low=min(low, value), high=max(high, value), n=n, details=details)


def sums_of_squares(mean: Matrix) -> tuple[float, float]:
    """Return the sums of squares of the interaction, and of both main effects."""
    centred = mean - mean.mean()
    rows, columns = centred.mean(axis=1, keepdims=True), centred.mean(axis=0, keepdims=True)
    main = mean.shape[1] * float((rows**2).sum()) + mean.shape[0] * float((columns**2).sum())
    return float(((centred - rows - columns) ** 2).sum()), main


def _limits(
    interaction: float, main: float, freedom: int, rest: int, noise: Noise, even: float
) -> tuple[float, float]:
    """Return the limits of the share, from both sums in units of the noise."""
    wider = noise.t / Z
    ours, others = noncentral(interaction, freedom).widened(wider), noncentral(main, rest).widened(wider)
    if special.fdtrc(even * freedom, even * noise.freedom, interaction / freedom) > TAIL:
        highest = max(ours.high, noncentral_ratio(interaction / freedom, freedom, noise.freedom))
        return 0.0, _share(Limits(ours.value, 0.0, highest), others, 1.0)
    return _share(ours, others, -1.0), _share(ours, others, 1.0)


def evenness(surface: Surface) -> float:
    """Return by what degrees of freedom shrink where cells vary unequally: 1 where they do not.

    The mean variance of the cells, squared, by the mean of their squared variances; what chance adds to that is taken
    off, for normal residuals.
    """
    values = surface.values - surface.values.mean(axis=(0, 1))
    squares = values.var(axis=2, ddof=1)
    chance = 1.0 + 2.0 / (surface.n - 1)
    return min(1.0, chance * float(squares.mean()) ** 2 / float((squares**2).mean()))


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

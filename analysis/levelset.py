"""The level set: what is known of the edge of the basin and of its best point, and which run would tell most.

The basin is where the objective is within a tolerance of the best and training does not diverge. Two fields say
what is believed (:mod:`analysis.field`): one of the error of what did not diverge, one of whether training diverges.
Error e is taken as log(1 + (e - best) / tolerance), which tells the inside of the basin well apart and the plateau
around it hardly; its noise is pooled over all replicates, and a point of n runs has an nth of it.

The next run is the one after which least is left undecided, as far as can be foreseen: stepwise uncertainty
reduction, one step ahead, by quadrature (J. Bect, D. Ginsbourger, L. Li, V. Picheny, E. Vazquez, Statistics and
Computing 22, 2012, doi:10.1007/s11222-011-9241-4). A point that was run before is a candidate like any other, so that
replicates go where noise hides the edge. Every third run asks for the best point instead, by the knowledge gradient
(P. Frazier, W. Powell, S. Dayanik, INFORMS J. Computing 21(4), 2009, doi:10.1287/ijoc.1080.0314), or goes on filling
the space where no run can be foreseen to change it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.field import Field
from analysis.grid import Matrix

TENTH = 0.1
"""The tolerance, of what lies between the best point and the median one of the space-filling start."""

FEWEST = 4
"""Points with an error from which a field can be fitted."""

SURE = 2.0
"""Standard errors of a difference of two points below which no tolerance lies."""

GUESSED = 0.3
"""Standard deviation of one run, on the scale of the field, where nothing was repeated."""

SMALLEST = 1e-4
"""Least variance of one run, on the same scale."""

DOUBT = 0.1
"""Variance of whether one run diverges, about what is believed at its point, labels being -1 and 1."""

BLUR = 0.3
"""Half of the width, in labels, in which divergence is undecided although its field is known."""

NODES, WEIGHTS = (it.tolist() for it in np.polynomial.hermite_e.hermegauss(5))

REACH = np.linspace(-8.0, 8.0, 65).tolist()
"""Deviations at which it is asked whether another point would seem the best: too far out for :data:`NODES`."""

TURN = 3
"""Every how many runs one asks for the best point."""

ROUNDING = 1e-12
"""A promise below this is none, on the scale of the field."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What became of the runs at one point.

    Attributes
    ----------
    at
        Where, in the unit cube.
    values
        The objective of each run that is complete; lower is better.
    diverged, pending
        Runs that diverged, and runs without an outcome.
    """

    at: tuple[float, ...]
    values: tuple[float, ...] = ()
    diverged: int = 0
    pending: int = 0

    @property
    def mean(self) -> float:
        """Mean of the complete runs."""
        return math.fsum(self.values) / len(self.values)


@dataclass(frozen=True, kw_only=True, eq=False)
class Belief:
    """What is believed of the basin.

    Attributes
    ----------
    error
        The field of the error of what does not diverge, on its scale.
    divergence
        The field of labels, 1 where all runs diverge and -1 where none does; None where none did.
    best, tolerance
        Lowest mean of a point, and how much above the best the basin reaches.
    noise
        Variance of one run, on the scale of the error.
    worst
        What a diverged run counts at.
    """

    error: Field
    divergence: Field | None
    best: float
    tolerance: float
    noise: float
    worst: float

    @classmethod
    def of(
        cls,
        seen: Sequence[Seen],
        *,
        seeds: int,
        worst: float | None = None,
        tolerance: float | None = None,
        filling: int | None = None,
    ) -> Belief | None:
        """Return what runs say, None where too few have an error.

        Parameters
        ----------
        seen
            By point, in the order in which they were chosen.
        seeds
            Runs that a point may have; two points of so many each are told apart by the tolerance at the least.
        worst
            What a diverged run counts at; the highest value there is where None.
        tolerance
            How much above the best the basin reaches; worked out where None.
        filling
            How many of the first points fill the space evenly, so that their median is that of the space; all of them
            where None.
        """
        found = [it for it in seen if it.values]
        if len(found) < FEWEST:
            return None
        means = np.array([it.mean for it in found])
        best, highest = float(means.min()), max(max(it.values) for it in found)
        worst = highest if worst is None else max(worst, highest)
        if tolerance is None:
            tolerance = _tolerance(seen, seen[:filling], best, worst, seeds)
        counts = np.array([len(it.values) for it in found], dtype=float)
        scaled = np.log1p((means - best) / tolerance)
        noise = _noise([np.log1p(np.maximum(np.array(it.values) - best, 0.0) / tolerance) for it in found])
        variance = GUESSED**2 if noise is None else max(noise, SMALLEST)
        points = np.array([it.at for it in found])
        error = Field.fitted(points, scaled, variance / counts)
        waiting = [it for it in seen if it.pending]
        divergence = _divergence(seen)
        if waiting:
            at, runs = np.array([it.at for it in waiting]), np.array([float(it.pending) for it in waiting])
            error = error.expecting(at, variance / runs)
            divergence = None if divergence is None else divergence.expecting(at, DOUBT / runs)
        return cls(error=error, divergence=divergence, best=best, tolerance=tolerance, noise=variance, worst=worst)

    def diverges(self, at: Matrix) -> Matrix:
        """Return the probability that training diverges at some points."""
        if self.divergence is None:
            return np.zeros(len(at))
        return _probability(self.divergence.mean(at), self.divergence.variance(at))

    def expected(self, at: Matrix) -> Matrix:
        """Return the objective expected at some points, divergence at the worst."""
        lost = self.diverges(at)
        finite = self.best + self.tolerance * np.expm1(np.minimum(self.error.mean(at), self._scaled(self.worst)))
        return (1.0 - lost) * finite + lost * self.worst

    def inside(self, at: Matrix) -> Matrix:
        """Return the probability that some points are in the basin, its best being among them or among the known."""
        mean = self.error.mean(at)
        z = (self._level(mean) - mean) / np.sqrt(self.error.variance(at))
        found: Matrix = (1.0 - self.diverges(at)) * special.ndtr(z)
        return found

    def undecided(self, candidates: Matrix, reference: Matrix) -> Matrix:
        """Return how much of the basin will be left undecided by one run at each candidate.

        That is the mean over the reference points of q (1 - q), q being the probability to be inside.
        """
        mean, level = self.error.mean(reference), self._level(self.error.mean(reference))
        step, left = self._foreseen(candidates, reference)
        lost, calm, wild = self._divergence_foreseen(candidates, reference)
        after = np.zeros(len(candidates))
        for node, weight in zip(NODES, WEIGHTS, strict=True):
            below = special.ndtr((level - mean[:, None] - step * node) / np.sqrt(left))
            q = (1.0 - calm) * below
            after += weight / math.sqrt(2.0 * math.pi) * (q * (1.0 - q)).mean(axis=0)
        q = (1.0 - wild) * special.ndtr((level - mean) / np.sqrt(self.error.variance(reference)))[:, None]
        found: Matrix = (1.0 - lost) * after + lost * (q * (1.0 - q)).mean(axis=0)
        return found

    def promise(self, candidates: Matrix, reference: Matrix) -> Matrix:
        """Return how much lower the best will seem, as far as can be foreseen, after one run at each candidate.

        Summed is what another point gains on the one that is best now, which is exactly 0 where none overtakes it.
        """
        lost, worst = self.diverges(reference), self._scaled(self.worst)
        now = (1.0 - lost) * self.error.mean(reference) + lost * worst
        step, _ = self._foreseen(candidates, reference)
        step *= (1.0 - lost)[:, None]
        best = int(now.argmin())
        behind, faster = (now - now[best])[:, None], step - step[best]
        density = (REACH[1] - REACH[0]) / math.sqrt(2.0 * math.pi)
        gained = np.zeros(len(candidates))
        for node in REACH:
            gained += density * math.exp(-0.5 * node**2) * np.maximum(-(behind + faster * node).min(axis=0), 0.0)
        found: Matrix = (1.0 - self.diverges(candidates)) * gained
        return found

    def _scaled(self, value: float) -> float:
        return math.log1p((value - self.best) / self.tolerance)

    def _level(self, mean: Matrix) -> float:
        """Return where the edge lies, the best being the lowest of what is believed of some points and the known."""
        low = min(float(mean.min()), float(self.error.mean(self.error.points).min()))
        return math.log(math.exp(low) + 1.0)

    def _foreseen(self, candidates: Matrix, reference: Matrix) -> tuple[Matrix, Matrix]:
        """Return how far one run at each candidate moves each reference point, in deviations, and what is left."""
        across = self.error.covariance(reference, candidates)
        step = across / np.sqrt(self.error.variance(candidates) + self.noise)
        left = np.maximum(self.error.variance(reference)[:, None] - step**2, 1e-12)
        return step, left

    def _divergence_foreseen(self, candidates: Matrix, reference: Matrix) -> tuple[Matrix, Matrix, Matrix]:
        """Return the probability that a candidate diverges, and those of the reference if it does not, and if so."""
        if self.divergence is None:
            nothing = np.zeros((len(reference), 1))
            return np.zeros(len(candidates)), nothing, nothing
        field = self.divergence
        mean, there = field.mean(reference)[:, None], field.mean(candidates)
        gain = field.covariance(reference, candidates) / (field.variance(candidates) + DOUBT)
        left = np.maximum(field.variance(reference)[:, None] - gain**2 * (field.variance(candidates) + DOUBT), 1e-12)
        calm, wild = (_probability(mean + gain * (label - there), left) for label in (-1.0, 1.0))
        return self.diverges(candidates), calm, wild


def chosen(belief: Belief, candidates: Matrix, reference: Matrix, turn: int) -> int | None:
    """Return which candidate to run: every third turn for the best point, else for the edge.

    None says that the best is known: no run can be foreseen to change it. The turn is then better spent where nobody
    has been, for a field foresees little of what it has not seen.
    """
    if turn % TURN == TURN - 1:
        promise = belief.promise(candidates, reference)
        return int(promise.argmax()) if promise.max() > ROUNDING else None
    return int(belief.undecided(candidates, reference).argmin())


def _probability(mean: Matrix, variance: Matrix) -> Matrix:
    found: Matrix = special.ndtr(mean / np.sqrt(variance + BLUR**2))
    return found


def _divergence(seen: Sequence[Seen]) -> Field | None:
    found = [it for it in seen if it.values or it.diverged]
    if not any(it.diverged for it in found):
        return None
    runs = np.array([float(len(it.values) + it.diverged) for it in found])
    labels = 2.0 * np.array([it.diverged for it in found]) / runs - 1.0
    return Field.fitted(np.array([it.at for it in found]), labels, DOUBT / runs)


def _noise(replicates: Sequence[Matrix]) -> float | None:
    """Return the variance of one run, pooled over all points; None where nothing was repeated."""
    freedom = sum(len(it) - 1 for it in replicates)
    if freedom == 0:
        return None
    return sum(float(((it - it.mean()) ** 2).sum()) for it in replicates) / freedom


def _tolerance(seen: Sequence[Seen], filling: Sequence[Seen], best: float, worst: float, seeds: int) -> float:
    """Return a tenth of what lies between the best and the median, or what noise alone makes, if that is more."""
    median = float(np.median([it.mean if it.values else worst for it in filling if it.values or it.diverged]))
    noise = _noise([np.array(it.values) for it in seen if it.values and it.mean <= median]) or 0.0
    floor = SURE * math.sqrt(2.0 * noise / seeds)
    return max(TENTH * (median - best), floor, 1e-9 * max(abs(best), 1.0))

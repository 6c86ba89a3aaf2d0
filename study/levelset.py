"""Levelset as a sampler of Optuna: which point to run next, new or again, to know the basin's edge and its best.

Every trial of the Optuna study is one run, and a point that was run before may be proposed again, as often as it has
seeds. What is told of a run that diverged is its constraint ``diverged``, not its value. The arithmetic is that of
:mod:`analysis.levelset`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from scipy.stats import qmc

from analysis.grid import Matrix
from analysis.levelset import Belief, Seen, chosen

DIVERGED = "diverged"
"""The constraint of a run: above 0 where it diverged."""

FILLING = 10
"""Runs for each hyperparameter that fill the space, before anything is concluded from them."""

AGAIN = 4
"""Every how many of these runs repeats a point, so that noise is known."""

CANDIDATES = 256
"""New points, and points of reference, that are looked at."""

LISTED = 4_096
"""Points of a space of few that are listed one by one."""

Point = dict[str, Any]


class LevelsetSampler(BaseSampler):
    """Proposes runs where the edge of the basin, or the identity of its best point, is least certain.

    Parameters
    ----------
    space
        Distributions by name; all trials have these.
    seeds
        Runs that a point may have.
    seed
        Of the space-filling start.
    draw
        Of the new points that are looked at; another one for every proposal.
    worst
        What a run that diverged counts at, where that is known.
    """

    def __init__(
        self, space: Mapping[str, BaseDistribution], *, seeds: int, seed: int, draw: int, worst: float | None = None
    ) -> None:
        self._space = dict(space)
        self._seeds, self._seed, self._draw, self._worst = seeds, seed, draw, worst

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002
        """Return the whole space: its hyperparameters are chosen together."""
        return self._space

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Refuse: nothing is chosen for itself."""
        raise NotImplementedError(f"{param_name} {param_distribution} is none of the space of {study} for {trial}")

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],  # noqa: ARG002
    ) -> Point:
        """Return the point to run next.

        Raises
        ------
        ValueError
            Every point of the space has all its seeds.
        """
        runs: dict[tuple[Any, ...], list[FrozenTrial]] = {}
        for it in study.get_trials(deepcopy=False):
            if it.number != trial.number:
                runs.setdefault(self._key(it.params), []).append(it)
        sign = 1.0 if study.direction is StudyDirection.MINIMIZE else -1.0
        seen = [self._seen(of, sign) for of in runs.values()]
        open_ = [place for place, of in enumerate(runs.values()) if len(of) < self._seeds]
        again = [of[0].params for of in runs.values() if len(of) < self._seeds]
        if not again and len(runs) == self._count():
            raise ValueError(f"every one of {len(runs)} points has all its seeds; nothing is left to propose")
        if trial.number < FILLING * len(self._space):
            if again and trial.number % AGAIN == AGAIN - 1:
                return again[_lowest([seen[place] for place in open_])]
            return self._filling(runs) or again[0]
        worst = None if self._worst is None else sign * self._worst
        filling = FILLING * len(self._space) * (AGAIN - 1) // AGAIN
        belief = Belief.of(seen, seeds=self._seeds, worst=worst, filling=filling)
        new = [it for it in self._points(self._draw) if self._key(it) not in runs][:CANDIDATES]
        candidates, place = [*again, *new], None
        if belief is not None and candidates:
            reference = [*self._points(self._seed)][:CANDIDATES]
            place = chosen(belief, self._coded(candidates), self._coded(reference), trial.number)
        return self._filling(runs) or again[0] if place is None else candidates[place]

    def _seen(self, of: Sequence[FrozenTrial], sign: float) -> Seen:
        diverged = [it for it in of if (it.constraints or {}).get(DIVERGED, 0.0) > 0.0]
        return Seen(
            at=tuple(self._coded([of[0].params])[0]),
            values=tuple(sign * it.values[0] for it in of if it.state == TrialState.COMPLETE and it not in diverged),
            diverged=len(diverged),
            pending=sum(it.state in {TrialState.RUNNING, TrialState.WAITING} for it in of),
        )

    def _filling(self, known: Mapping[tuple[Any, ...], object]) -> Point | None:
        """Return the next point of a sequence that fills the space evenly, None where all points are known."""
        count = self._count()
        if count is not None and len(known) >= count:
            return None
        cube = qmc.Sobol(len(self._space), scramble=True, rng=self._seed).random(LISTED)
        placed = itertools.islice(map(self._at, cube), len(known), None)
        fresh = (it for it in itertools.chain(placed, self._listed()) if self._key(it) not in known)
        return next(fresh, None)

    def _points(self, seed: int) -> Iterator[Point]:
        """Yield points among which to choose: all of them, shuffled, where these are few."""
        count = self._count()
        if count is not None and count <= LISTED:
            every = list(self._listed())
            for place in np.random.default_rng(seed).permutation(count):
                yield every[place]
            return
        yield from map(self._at, qmc.Sobol(len(self._space), scramble=True, rng=seed).random(2 * CANDIDATES))

    def _count(self) -> int | None:
        """Return how many points the space has, None where they cannot be counted."""
        sizes = [_size(it) for it in self._space.values()]
        return None if None in sizes else math.prod(size for size in sizes if size is not None)

    def _listed(self) -> Iterator[Point]:
        """Yield every point, none of a space whose points cannot be counted."""
        if self._count() is not None:
            for cell in itertools.product(*map(_every, self._space.values())):
                yield dict(zip(self._space, cell, strict=True))

    def _at(self, shares: Matrix) -> Point:
        return {
            name: _placed(it, float(share)) for (name, it), share in zip(self._space.items(), shares, strict=True)
        }

    def _key(self, params: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(params[name] for name in self._space)

    def _coded(self, points: Sequence[Mapping[str, Any]]) -> Matrix:
        """Return coordinates in the unit cube: a choice has one for each of its values."""
        rows = [[share for name, it in self._space.items() for share in _shares(it, one[name])] for one in points]
        return np.array(rows, dtype=float)


def _lowest(seen: Sequence[Seen]) -> int:
    """Return the place of the lowest mean, the first one where nothing has an error."""
    return min(range(len(seen)), key=lambda place: seen[place].mean if seen[place].values else math.inf)


def _size(it: BaseDistribution) -> int | None:
    if isinstance(it, CategoricalDistribution):
        return len(it.choices)
    return it.high - it.low + 1 if isinstance(it, IntDistribution) else None


def _every(it: BaseDistribution) -> Sequence[Any]:
    if isinstance(it, CategoricalDistribution):
        return it.choices
    return range(it.low, it.high + 1) if isinstance(it, IntDistribution) else ()


def _placed(it: BaseDistribution, share: float) -> Any:
    """Return the value at a share in [0, 1] of the way, on the scale of the distribution."""
    if isinstance(it, CategoricalDistribution):
        return it.choices[min(int(share * len(it.choices)), len(it.choices) - 1)]
    if isinstance(it, IntDistribution):
        return min(max(round(_between(it.low - 0.5, it.high + 0.5, it.log, share)), it.low), it.high)
    low, high, log = _ends(it)
    return min(max(_between(low, high, log, share), low), high)


def _between(low: float, high: float, log: bool, share: float) -> float:
    return low * (high / low) ** share if log else low + share * (high - low)


def _ends(it: BaseDistribution) -> tuple[float, float, bool]:
    if isinstance(it, FloatDistribution | IntDistribution):
        return it.low, it.high, it.log
    raise TypeError(f"a number must have a low and a high end, got {it}")


def _shares(it: BaseDistribution, value: Any) -> list[float]:
    """Return the coordinates of a value, each in [0, 1]; two choices are as far apart as two ends."""
    if isinstance(it, CategoricalDistribution):
        return [math.sqrt(0.5) * (value == choice) for choice in it.choices]
    low, high, log = _ends(it)
    if low == high:
        return [0.5]
    return [math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)]

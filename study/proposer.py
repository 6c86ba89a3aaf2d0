"""The proposer: Optuna as a library over an in-memory study that is rebuilt from the store.

Nothing of Optuna is kept. Each time a configuration is wanted, what the store holds is replayed into a fresh study:
finished configurations with their mean over seeds (a diverged seed at chance level, so that the sampler learns where
the cliff is), failed ones as FAIL, those in training as RUNNING. A design that chooses by the slot is told every run
by itself, and which of them diverged. A proposal therefore depends on the store alone, and a driver that was killed
loses nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, GPSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from search_spaces.arm import Arm
from search_spaces.configurations import Configuration, identity, rounded
from search_spaces.domains import Choices, Domain, Values, WholeRange
from study.levelset import DIVERGED, LevelsetSampler
from study.store import Outcome

MOST = 100_000
"""Values of a space of few among which such a point is drawn."""

ATTEMPTS = {"tpe": 50, "gp": 3}
"""Proposals that may repeat a known configuration before a point is drawn at random; of `gp` each takes long."""


class Proposer:
    """Chooses configurations for one arm of a study."""

    def __init__(self, arm: Arm) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._arm = arm
        # By name: the order in which a space is written says nothing, and the sampler draws one after the other.
        self._distributions = {name: _distribution(arm.space[name]) for name in sorted(arm.space)}

    def recorded(self, outcomes: Iterable[Outcome]) -> optuna.Study:
        """Return an in-memory Optuna study that holds every filled configuration, or run, as a trial."""
        study = optuna.create_study(direction=self._arm.metric.direction)
        told = self._runs if self._arm.design.by_slot else self._whole
        study.add_trials([it for one in outcomes if one.configuration is not None for it in told(one)])
        return study

    def propose(self, outcomes: Sequence[Outcome], number: int) -> Configuration:
        """Return a configuration for the slot ``number`` of the arm: one that is new to it, or one to be run again.

        Only a design that chooses by the slot proposes one again, and only while it has seeds left. The sampler's
        seed derives from the design's seed and the slot, so that a restart neither repeats nor skips a draw.

        Raises
        ------
        ValueError
            There is nothing left to propose.
        """
        study = self.recorded(outcomes)
        if self._arm.design.by_slot:
            return self._asked(study, number, 0)
        known = {identity(o.configuration) for o in outcomes if o.configuration is not None}
        for attempt in range(ATTEMPTS[self._arm.design.name]):
            configuration = self._asked(study, number, attempt)
            if identity(configuration) not in known:
                return configuration
        return self._unseen(known, number)

    def _asked(self, study: optuna.Study, number: int, attempt: int) -> Configuration:
        """Return what a sampler of its own proposes for a slot."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.sampler = self._sampler(_seed(self._arm.design.seed, number, attempt))
        trial = study.ask(self._distributions)
        return rounded({name: self._value(name, trial.params[name]) for name in self._arm.space})

    def _sampler(self, seed: int) -> BaseSampler:
        design = self._arm.design
        if design.name == "levelset":
            return LevelsetSampler(
                self._distributions,
                seeds=self._arm.seeds,
                seed=design.seed,
                draw=seed,
                worst=self._arm.metric.worst,
            )
        # Told of means over seeds, whose noise is fitted with the rest.
        return GPSampler(seed=seed, warn_independent_sampling=False) if design.name == "gp" else TPESampler(seed=seed)

    def _whole(self, outcome: Outcome) -> Iterator[FrozenTrial]:
        """Yield a configuration as one trial."""
        state = TrialState.RUNNING if outcome.pending else TrialState.FAIL
        if outcome.mean is not None:
            state = TrialState.COMPLETE
        yield self._trial(outcome, state, outcome.mean)

    def _runs(self, outcome: Outcome) -> Iterator[FrozenTrial]:
        """Yield a trial for each run of a configuration; a diverged one counts at the worst, where that is known."""
        for value in outcome.complete:
            yield self._trial(outcome, TrialState.COMPLETE, value)
        for _ in range(outcome.diverged):
            worst = self._arm.metric.worst
            state = TrialState.FAIL if worst is None else TrialState.COMPLETE
            yield self._trial(outcome, state, worst, {DIVERGED: 1.0})
        for state, count in ((TrialState.FAIL, outcome.failed), (TrialState.RUNNING, outcome.pending)):
            for _ in range(count):
                yield self._trial(outcome, state, None)

    def _trial(
        self,
        outcome: Outcome,
        state: TrialState,
        value: float | None,
        constraints: dict[str, float] | None = None,
    ) -> FrozenTrial:
        configuration: Mapping[str, Any] = outcome.configuration or {}
        params = {name: self._parameter(name, configuration[name]) for name in self._distributions}
        return create_trial(
            state=state,
            value=value,
            params=params,
            distributions=self._distributions,
            constraints=constraints,
        )

    def _parameter(self, name: str, value: Any) -> Any:
        domain = self._arm.space[name]
        if isinstance(domain, Values):
            return min(range(len(domain.values)), key=lambda i: abs(domain.values[i] - value))
        return value if isinstance(domain, Choices) else min(max(value, domain.low), domain.high)

    def _value(self, name: str, parameter: Any) -> Any:
        domain = self._arm.space[name]
        return domain.values[parameter] if isinstance(domain, Values) else parameter

    def _unseen(self, known: set[str], number: int) -> Configuration:
        """Return a random configuration that is not known; only a space of few values gets here."""
        generator = np.random.default_rng(_seed(self._arm.design.seed, number, ATTEMPTS[self._arm.design.name]))
        space = {name: self._arm.space[name] for name in sorted(self._arm.space)}
        every = [values for domain in space.values() if (values := domain.every()) is not None]
        if len(every) == len(space):
            cells = (dict(zip(space, cell, strict=True)) for cell in itertools.product(*every))
            left = list(itertools.islice((cell for cell in cells if identity(cell) not in known), MOST))
            return left[int(generator.integers(len(left)))]
        while True:
            configuration = rounded({name: domain.at(generator.random()) for name, domain in space.items()})
            if identity(configuration) not in known:
                return configuration


def _distribution(domain: Domain) -> BaseDistribution:
    """Return Optuna's distribution; chosen numbers become their rank, which keeps their order."""
    if isinstance(domain, Choices):
        return CategoricalDistribution(domain.values)
    if isinstance(domain, Values):
        return IntDistribution(0, len(domain.values) - 1)
    if isinstance(domain, WholeRange):
        return IntDistribution(domain.low, domain.high, log=domain.log)
    return FloatDistribution(domain.low, domain.high, log=domain.log)


def _seed(seed: int, number: int, attempt: int) -> int:
    digest = hashlib.sha256(f"{seed}/{number}/{attempt}".encode()).digest()
    return int.from_bytes(digest[:4], "big")

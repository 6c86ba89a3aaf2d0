"""Building: an imported study of the records that were found elsewhere."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from search_spaces.arms import ARM_NAME, MAX_ARMS
from search_spaces.catalogue import BUILT_IN
from search_spaces.configurations import Configuration, identity, rounded
from search_spaces.declarations import IMPORTED, Metric, Origin, imported
from search_spaces.errors import Fault, SpecificationError
from search_spaces.specification import BASE, Specification
from search_spaces.validation import validate
from study.interchange.curves import REPORTED, Curves, measured, results_of, set_aside
from study.interchange.names import option_names, word
from study.interchange.records import Record, Results, is_finite
from study.interchange.spaces import MOST_CHOICES, Space, space_of
from study.store.imports import ImportedTrial
from study.trials import State

PATH = "task."
"""Where the options of a task of its own stand in a space."""

DECISIVE = (State.COMPLETE, State.DIVERGED)
"""Outcomes that say what a configuration comes to."""

SHOWN = 5
"""Places that a fault names."""

MOST_EPOCHS = 100_000


@dataclass(frozen=True, kw_only=True)
class Built:
    """A study that is ready to be written, and what its user should know."""

    specification: Specification
    trials: Sequence[ImportedTrial]
    notes: Sequence[str]


def built(results: Results, name: str, *, renames: Mapping[str, str] | None = None, whole: bool = False) -> Built:
    """Return the study that results make.

    Trials that have other hyperparameters than others make arms of their own. Repeats of a configuration are its
    seeds 0, 1, 2, ..., unless they have seeds; one that was tried again with its seed, until it had an outcome, has
    so many generations.

    Parameters
    ----------
    results
        As they were found.
    name
        Of the study.
    renames
        What hyperparameters are to be called, by their outside names.
    whole
        Whether to count a complete trial that reported fewer steps than others.

    Raises
    ------
    SpecificationError
        With everything that is wrong with the results.
    """
    metrics = [results.metric, *results.others]
    names, faults = option_names(results.parameters, renames or {}, [it.name for it in metrics] + [REPORTED])
    faults = [*results.faults, *faults, *_choices(results)]
    curves = Curves.of(results.records, results.metric)
    results = results if whole else set_aside(results, curves)
    if curves.budget > MOST_EPOCHS:
        faults.append(
            Fault(path="", message=f"must have at most {MOST_EPOCHS:,} different steps, got {curves.budget:,}")
        )
    arms = _arms(results)
    if not arms:
        message = "no trial has its hyperparameters: there is nothing to import"
        faults.append(Fault(path="", message=message))
    if len(arms) > MAX_ARMS:
        message = f"at most {MAX_ARMS} different sets of hyperparameters can be arms, got {len(arms)}"
        faults.append(Fault(path="", message=f"{message}; name those to import with --params"))
    if faults:
        raise SpecificationError(faults, results.source)
    if curves.statistic is None:
        metrics.append(Metric(REPORTED, summary="reported on the way", direction=results.metric.direction))
    placed = [(it, _arm_of(it, arms)) for it in results.records]
    configured = [
        None if arm is None else rounded({f"{PATH}{names[key]}": it.params[key] for key in sorted(arms[arm])})
        for it, arm in placed
    ]
    seeds, generations, last = _replicated(results, [arm for _, arm in placed], configured)
    spaces = {
        arm: space_of(
            {it: one for it, one in results.parameters.items() if it in keys},
            names,
            [it.params for it, mine in placed if mine == arm],
        )
        for arm, keys in arms.items()
    }
    specification = _specification(results, name, spaces, metrics, curves, _size(placed, configured, seeds))
    space = {arm: set(it.space) for arm, it in specification.arms.items()}
    first = next(iter(spaces))
    trials = []
    for number, ((it, arm), point) in enumerate(zip(placed, configured, strict=True)):
        varied = None if arm is None or point is None else {key: point[key] for key in point if key in space[arm]}
        one = _trial(it, arm or first, varied, curves, results.metric.name)
        trials.append(replace(one, seed=seeds[number], generation=generations[number], superseded=number not in last))
    return Built(
        specification=specification, trials=trials, notes=[*results.notes, *_told(names, arms, seeds, results)]
    )


def _choices(results: Results) -> Iterator[Fault]:
    for name, it in results.parameters.items():
        if it.kind == "choice" and len(it.choices) > MOST_CHOICES:
            yield Fault(
                path=name,
                message=f"must have at most {MOST_CHOICES} different texts to be a choice, got {len(it.choices)}; "
                "leave it out of --params",
            )


def _arms(results: Results) -> dict[str, frozenset[str]]:
    """Return the hyperparameters of each arm: one for each set of them that a trial with an outcome has."""
    decisive = [frozenset(it.params) for it in results.records if it.state in DECISIVE and it.params]
    sets = list(dict.fromkeys(decisive or [frozenset(it.params) for it in results.records if it.params]))
    if len(sets) < 2:
        return dict.fromkeys([BASE] * len(sets), *sets)
    common = frozenset.intersection(*sets)
    found: dict[str, frozenset[str]] = {}
    for it in sets:
        extra = "-".join(word(name) for name in results.parameters if name in it - common) or "plain"
        name, number = extra[:50].rstrip("-_"), 2
        while name in found or not ARM_NAME.fullmatch(name):
            name, number = f"{extra[:50].rstrip('-_')}-{number}", number + 1
        found[name] = it
    return found


def _arm_of(record: Record, arms: Mapping[str, frozenset[str]]) -> str | None:
    """Return the arm whose hyperparameters a trial has, all of them; None where none of them is."""
    return next((name for name, keys in arms.items() if keys == record.params.keys()), None)


def _replicated(
    results: Results, arms: Sequence[str | None], points: Sequence[Configuration | None]
) -> tuple[list[int], list[int], set[int]]:
    """Return seed and generation of each trial, and which are in force.

    Raises
    ------
    SpecificationError
        Two trials with an outcome have one configuration and one seed.
    """
    mine: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    seeds: list[int] = []
    repeats: Counter[tuple[Any, ...]] = Counter()
    for number, (it, arm, point) in enumerate(zip(results.records, arms, points, strict=True)):
        cell = (arm, number if point is None else identity(point))
        seeds.append(repeats[cell] if it.seed is None else it.seed)
        repeats[cell] += 1
        mine[*cell, seeds[-1]].append(number)
    generations, last, faults = [0] * len(seeds), set[int](), []
    for numbers in mine.values():
        decisive = [it for it in numbers if results.records[it].state in DECISIVE]
        if len(decisive) > 1:
            places = ", ".join(results.records[it].place for it in decisive[:SHOWN])
            message = f"{places} have the same hyperparameters and the same seed, {seeds[numbers[0]]}, and an outcome"
            faults.append(Fault(path="", message=f"{message} each; without --seed they count as repeats"))
        order = [it for it in numbers if it not in decisive] + decisive
        for generation, number in enumerate(order):
            generations[number] = generation
        last.add(order[-1])
    if faults:
        raise SpecificationError(faults, results.source)
    return seeds, generations, last


def _size(
    placed: Sequence[tuple[Record, str | None]], points: Sequence[Configuration | None], seeds: Sequence[int]
) -> tuple[int, int]:
    """Return the configurations of the arm that has most of them, and how many different seeds there are."""
    found: dict[str, set[str]] = defaultdict(set)
    for (_, arm), point in zip(placed, points, strict=True):
        if arm is not None and point is not None:
            found[arm].add(identity(point))
    return max(map(len, found.values())), len(set(seeds))


def _specification(
    results: Results,
    name: str,
    spaces: Mapping[str, Space],
    metrics: Sequence[Metric],
    curves: Curves,
    size: tuple[int, int],
) -> Specification:
    origin = Origin(name=results.source, hash=_hash(results))
    by_arm = {
        arm: BUILT_IN.with_entries([("task", imported(origin, it.options, metrics))]) for arm, it in spaces.items()
    }
    documents = {
        arm: {
            "task": {"name": IMPORTED, **it.fixed},
            "epochs": curves.budget,
            "space": {f"{PATH}{key}": domain for key, domain in it.domains.items()},
        }
        for arm, it in spaces.items()
    }
    configurations, seeds = size
    common = {
        "name": name,
        "summary": f"imported from {results.source}"[:1_000],
        "design": {"name": IMPORTED, "configurations": configurations},
        "seeds": seeds,
        "objective": {"statistic": curves.statistic or "final", "metric": results.metric.name},
    }
    whole = common | (documents[BASE] if documents.keys() == {BASE} else {"arms": documents})
    return validate(whole, results.source, by_arm=by_arm)


def _hash(results: Results) -> str:
    """Return 16 hexadecimal digits that tell results from others."""
    plain = [
        [dict(it.params), it.state.value, repr(it.value), it.seed, sorted(map(repr, it.curve.items()))]
        for it in results.records
    ]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _trial(it: Record, arm: str, configuration: Configuration | None, curves: Curves, metric: str) -> ImportedTrial:
    state, reason, reached = it.state, it.reason, curves.reached(it)
    if configuration is None and state is not State.CANCELLED:
        said = f"{state.value}: {reason}" if reason else state.value
        state, reason = State.CANCELLED, f"{said}; it has not all of its hyperparameters"
    complete = state is State.COMPLETE
    epochs = max(reached, 1) if complete else curves.budget
    epochs = max(epochs, reached)
    finite = [it.curve[step] for step in sorted(it.curve) if is_finite(it.curve[step])]
    lost = next((step for step in sorted(it.curve) if not is_finite(it.curve[step])), None)
    at = it.diverged_epoch or (curves.epochs[lost] if lost is not None else max(reached, 1))
    diverged = state is State.DIVERGED
    return ImportedTrial(
        arm=arm,
        configuration=configuration,
        seed=0,
        state=state,
        epochs=epochs,
        epochs_done=epochs if complete else reached,
        reason=None if complete else reason,
        diverged_epoch=at if diverged else None,
        last_finite_loss=finite[-1] if diverged and finite else None,
        started_at=it.started,
        finished_at=it.finished,
        seconds=it.seconds,
        results=results_of(it, curves, epochs, metric) if complete else {},
        curve=measured(it if complete else replace(it, value=None), curves, epochs, metric),
    )


def _told(
    names: Mapping[str, str], arms: Mapping[str, frozenset[str]], seeds: Sequence[int], results: Results
) -> Iterator[str]:
    """Yield what became of names and repeats."""
    renamed = [f"{outside} is called {name}" for outside, name in names.items() if outside != name]
    if renamed:
        yield f"{', '.join(renamed)} here; --rename OLD=NEW calls them otherwise"
    if len(arms) > 1:
        told = "; ".join(f"{name}: {', '.join(sorted(keys))}" for name, keys in arms.items())
        yield f"trials have different hyperparameters, and each set of them is an arm ({told})"
    if any(seeds) and all(it.seed is None for it in results.records):
        yield "configurations that were tried more than once have their trials as seeds 0, 1, 2, ..., in their order"

"""Replicates of a study, read from the store: what comparisons and claims are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.replicates import Cell, Curve, Replicate, Replicates
from analysis.settings import settings_of
from search_spaces.arm import Arm
from study.trials import State

if TYPE_CHECKING:
    from study.store import Store, Study

CURVES = ("test_error", "test_error5", "validation_error", "train_loss", "log10_v")
"""Columns of the epochs that are read."""

PENDING = (State.WAITING.value, State.RUNNING.value)
COUNTED = (State.COMPLETE.value, State.DIVERGED.value)


def replicates(store: Store, study: Study) -> Replicates:
    """Return a study setting by setting: trials in force that are complete or diverged, and how many are to come.

    The store is read again for the curves of each setting, so it must stay open for as long as these are asked for.
    """
    from analysis.measure import Measure  # noqa: PLC0415 - pandas

    arms = study.specification.arms
    measures = {name: Measure.of(arm) for name, arm in arms.items()}
    cells = [cell for name, arm in arms.items() for cell in _cells(store, study, name, measures[name].column)]

    def load(numbers: Sequence[int]) -> Mapping[int, Mapping[str, Curve]]:
        found: dict[int, dict[str, list[float]]] = {}
        known = [name for name in CURVES if name in _epochs(store, study)]
        for row in store.queries.curves(study.id, columns=("number", *known), numbers=numbers):
            curves = found.setdefault(row["number"], {})
            for name in known:
                if row[name] is not None:
                    curves.setdefault(name, []).append(row[name])
        return found

    return Replicates(study=study.name, measure=next(iter(measures.values())).label, cells=tuple(cells), load=load)


def _epochs(store: Store, study: Study) -> frozenset[str]:
    """Return the columns that the epochs of a study hold."""
    from study.store.queries import curve_columns  # noqa: PLC0415

    return frozenset(curve_columns(store.queries.columns(study.id)))


def _cells(store: Store, study: Study, name: str, column: str) -> Iterator[Cell]:
    """Yield the cells of an arm, in the order in which their configurations were made."""
    arm = study.specification.arms[name]
    paths = tuple(arm.space)
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    columns = ("number", "arm", "seed", "state", "superseded", column, *paths)
    rows = store.queries.trials(study.id, columns=columns, as_given=paths)
    for row in rows:
        counts = row["arm"] == name and not row["superseded"] and study.specification.has_seed(row["seed"])
        if counts and all(row[path] is not None for path in paths):
            found.setdefault(tuple(row[path] for path in paths), []).append(row)
    worst = _worst(arm)
    lost = worst.get(arm.metric.name, float("nan"))
    for values, trials in found.items():
        yield Cell(
            arm=name,
            settings=settings_of(arm, dict(zip(paths, values, strict=True))),
            replicates=tuple(_replicate(row, column, lost) for row in trials if row["state"] in COUNTED),
            worst=worst,
            pending=sum(row["state"] in PENDING for row in trials),
        )


def _replicate(row: Mapping[str, Any], column: str, lost: float) -> Replicate:
    diverged = row["state"] == State.DIVERGED.value
    return Replicate(
        number=row["number"], seed=row["seed"], value=lost if diverged else row[column], diverged=diverged
    )


def _worst(arm: Arm) -> dict[str, float]:
    """Return what a diverged training counts at, by metric; of the five best classes, what guessing five comes to."""
    worst = {it.name: it.worst for it in arm.metrics if it.worst is not None}
    if arm.dataset is not None:
        worst["test_error5"] = 100.0 * max(0.0, 1 - 5 / arm.dataset.classes)
    return worst

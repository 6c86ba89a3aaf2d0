"""The material of a report: everything it is made of, each row read once, and nothing that needs the store."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from analysis.axes import axis_of
from analysis.measure import SPLITS, Measure
from analysis.provenance import Provenance
from analysis.statistics import STATISTICS
from analysis.tables import inert
from search_spaces.arm import Arm
from search_spaces.declarations import Metric
from search_spaces.errors import escaped
from search_spaces.specification import Specification

Row = Mapping[str, Any]

STATES = ("complete", "diverged", "failed", "cancelled", "running", "waiting")
"""Every state of a trial."""

CHUNK = 50_000
"""Rows that are held as Python objects at a time."""


class Source(Protocol):
    """A study whose rows are read as a stream: a million trials fit into memory as columns, and not as rows."""

    @property
    def specification(self) -> Specification:
        """The study's."""

    @property
    def hash(self) -> str:
        """Of the specification."""

    @property
    def code_version(self) -> str:
        """Of the code that the study began with."""

    def trials(self) -> Iterable[Row]:
        """Yield every trial with every column that applies, superseded generations included.

        Choices are as the specification has them, whatever characters they hold.
        """

    def curves(self, numbers: Sequence[int]) -> Iterable[Row]:
        """Yield the epochs of the deciding attempts of some trials in force."""

    def attempts(self) -> Iterable[Row]:
        """Yield every attempt with its provenance."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """Everything a report is made of.

    Attributes
    ----------
    specification, hash, code_version
        As of the source.
    trials
        By arm, one row a trial, superseded generations included: number, seed, state, epoch of divergence, what the
        arm's space varies (choices as their places), results.
    fresh
        The same of the fresh seeds, which took no part in the choice of a winner and are in no other number.
    curves
        Returns one row an epoch of the deciding attempts of some trials, by their numbers.
    provenance
        Where, with what and for how long the trials were trained.
    """

    specification: Specification
    hash: str
    code_version: str
    trials: Mapping[str, pd.DataFrame]
    fresh: Mapping[str, pd.DataFrame]
    curves: Callable[[Sequence[int]], pd.DataFrame]
    provenance: Provenance

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process may have of it: all but what reads the store."""
        return {name: value for name, value in vars(self).items() if name != "curves"}

    @classmethod
    def of(cls, source: Source, table: Path | None = None) -> Material:
        """Return the material of a study.

        Parameters
        ----------
        source
            The study.
        table
            A CSV file that is given every column of every trial on the way, so that it and the report agree although
            a study goes on meanwhile.
        """
        rows = source.trials() if table is None else _kept(source.trials(), table)
        specification = source.specification
        everything = _columns(rows, specification)
        own = {name: it["seed"].map(specification.has_seed).astype(bool) for name, it in everything.items()}
        return cls(
            specification=specification,
            hash=source.hash,
            code_version=source.code_version,
            trials={name: it[own[name]].reset_index(drop=True) for name, it in everything.items()},
            fresh={name: it[~own[name]].reset_index(drop=True) for name, it in everything.items()},
            curves=lambda numbers: pd.DataFrame(list(source.curves(numbers))),
            provenance=Provenance.of(source.attempts()),
        )

    def measures(self, name: str, statistic: str | None = None) -> list[Measure]:
        """Return what the report shows of an arm: its objective, then its other splits."""
        arm = self.specification.arms[name]
        found = [Measure.of(arm, statistic=statistic, metric=metric) for metric in _shown(arm)]
        return [one if one.declared else replace(one, metric=self._judged(one)) for one in found]

    def _judged(self, measure: Measure) -> Metric:
        """Return a metric with the worst complete value of the study as its worst."""
        values = np.concatenate(
            [it.loc[~it["superseded"], measure.column].to_numpy(dtype=float) for it in self.trials.values()]
        )
        values = values[np.isfinite(values)]
        worst = max(values, key=lambda value: measure.sign * value, default=None)
        return replace(measure.metric, worst=None if worst is None else float(worst))


def matching(trials: pd.DataFrame, values: Mapping[str, float]) -> pd.DataFrame:
    """Return the trials whose hyperparameters have some values."""
    for name, value in values.items():
        trials = trials[trials[name] == value]
    return trials


def _shown(arm: Arm) -> list[Metric]:
    """Return the objective's metric, and where that is an error on a split, the errors on the others there are."""
    if arm.metric.name not in SPLITS:
        return [arm.metric]
    others = [it for it in arm.metrics if it.name == "test_error" or (it.name in SPLITS and arm.task.validation)]
    return [arm.metric, *(it for it in others if it.name != arm.metric.name)]


def _kept(rows: Iterable[Row], path: Path) -> Iterator[Row]:
    """Write rows into a CSV file as they pass."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for index, row in enumerate(rows):
            if not index:
                writer.writerow(row.keys())
            writer.writerow([inert(escaped(it) if isinstance(it, str) else it) for it in row.values()])
            yield row


def _columns(rows: Iterable[Row], specification: Specification) -> dict[str, pd.DataFrame]:
    """Return the columns that a report needs of each arm, a few bytes a number."""
    types = {name: _types(arm) for name, arm in specification.arms.items()}
    coded = {
        name: {path: axis_of(domain).coded for path, domain in arm.space.items()}
        for name, arm in specification.arms.items()
    }
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in types}
    held: dict[str, list[tuple[Any, ...]]] = {name: [] for name in types}

    def keep(name: str) -> None:
        """Turn the rows that are held of an arm into columns."""
        part = pd.DataFrame(held[name], columns=list(types[name]))
        for path, code in coded[name].items():
            part[path] = part[path].map(code)
        parts[name].append(part.astype(types[name]))
        held[name].clear()

    for row in rows:
        name = row["arm"]
        if name in held:  # else it came while the rows were read
            held[name].append(tuple(map(row.__getitem__, types[name])))
            if len(held[name]) == CHUNK // len(held):
                keep(name)
    for name, rest in held.items():
        if rest or not parts[name]:
            keep(name)
    return {name: pd.concat(found, ignore_index=True) for name, found in parts.items()}


def _types(arm: Arm) -> dict[str, Any]:
    """Return the columns of an arm, and of what type they are kept."""
    measures = [Measure.of(arm, statistic=statistic, metric=it) for it in _shown(arm) for statistic in STATISTICS]
    results = dict.fromkeys(name for one in measures for name in (one.column, *one.finals))
    return {
        "number": "int64",
        "seed": "int64",
        "state": pd.CategoricalDtype(list(STATES)),
        "diverged_epoch": "float64",
        "superseded": "bool",
        **dict.fromkeys((*arm.space, *results), "float64"),
    }

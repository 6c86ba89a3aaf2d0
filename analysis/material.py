"""The material of a report: everything it is made of, each row read once, and nothing that needs the store."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from analysis.axes import axis_of
from analysis.measure import Measure
from analysis.provenance import Provenance
from analysis.statistics import STATISTICS
from analysis.tables import inert
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
        """Yield every trial with every column, superseded generations included."""

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
        One row a trial, superseded generations included: number, seed, state, what the space varies (choices as
        their places), errors in percent, train loss.
    curves
        Returns one row an epoch of the deciding attempts of some trials, by their numbers.
    provenance
        Where, with what and for how long the trials were trained.
    """

    specification: Specification
    hash: str
    code_version: str
    trials: pd.DataFrame
    curves: Callable[[Sequence[int]], pd.DataFrame]
    provenance: Provenance

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
        return cls(
            specification=source.specification,
            hash=source.hash,
            code_version=source.code_version,
            trials=_columns(rows, source.specification),
            curves=lambda numbers: pd.DataFrame(list(source.curves(numbers))),
            provenance=Provenance.of(source.attempts()),
        )

    @cached_property
    def in_force(self) -> pd.DataFrame:
        """The trials that no later generation superseded."""
        return self.trials[~self.trials["superseded"]]

    def measures(self, statistic: str | None = None) -> list[Measure]:
        """Return what the report shows: the split of the objective, then the other one where there is one."""
        specification = self.specification
        splits = sorted(_splits(specification), key=lambda split: split != specification.objective.split)
        return [Measure.of(specification, statistic=statistic, split=split) for split in splits]


def _splits(specification: Specification) -> list[str]:
    """Return the splits: every study has test images, validation images where some were held out."""
    return ["test", *(["validation"] if specification.task.validation else [])]


def _kept(rows: Iterable[Row], path: Path) -> Iterator[Row]:
    """Write rows into a CSV file as they pass."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for index, row in enumerate(rows):
            if not index:
                writer.writerow(row.keys())
            writer.writerow([inert(value) for value in row.values()])
            yield row


def _columns(rows: Iterable[Row], specification: Specification) -> pd.DataFrame:
    """Return the columns that a report needs, a few bytes a number."""
    errors = [f"{split}_error_{statistic}" for split in _splits(specification) for statistic in STATISTICS]
    types: dict[str, Any] = {
        "number": "int64",
        "seed": "int64",
        "state": pd.CategoricalDtype(list(STATES)),
        "superseded": "bool",
        **dict.fromkeys((*specification.space, *errors, "train_loss_final"), "float64"),
    }
    coded = {name: axis_of(domain).coded for name, domain in specification.space.items()}
    rows, parts = iter(rows), [pd.DataFrame(columns=list(types)).astype(types)]
    while chunk := [tuple(map(row.__getitem__, types)) for row in islice(rows, CHUNK)]:
        part = pd.DataFrame(chunk, columns=list(types))
        for name, code in coded.items():
            part[name] = part[name].map(code)
        parts.append(part.astype(types))
    return pd.concat(parts[1:] or parts, ignore_index=True)

"""The material of a report: everything it is made of, and nothing that needs the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.measure import Measure
from search_spaces.specification import Specification


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything a report is made of.

    Attributes
    ----------
    specification
        The study's.
    hash, code_version
        Of the specification, and of the code the study began with.
    trials
        Every trial, superseded generations included.
    curves
        Epochs of the deciding attempts.
    attempts
        Every attempt with its provenance.
    """

    specification: Specification
    hash: str
    code_version: str
    trials: Sequence[Mapping[str, Any]]
    curves: Sequence[Mapping[str, Any]]
    attempts: Sequence[Mapping[str, Any]]

    @cached_property
    def in_force(self) -> pd.DataFrame:
        """The trials that no later generation superseded."""
        table = pd.DataFrame(self.trials)
        return table[~table["superseded"].astype(bool)]

    def measures(self, statistic: str | None = None) -> list[Measure]:
        """Return what the report shows: the split of the objective, then the other one where there is one.

        Every study has a test split; a validation split it has where images were held out.
        """
        specification = self.specification
        splits = ["test", *(["validation"] if specification.task.validation else [])]
        splits.sort(key=lambda split: split != specification.objective.split)
        return [Measure.of(specification, statistic=statistic, split=split) for split in splits]

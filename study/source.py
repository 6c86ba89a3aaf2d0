"""The source of a report: one study of a store, read as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from search_spaces.specification import Specification
from study.store import Store
from study.store.columns import Columns
from study.store.studies import Study


@dataclass(frozen=True)
class StudySource:
    """What :class:`analysis.material.Source` asks for, of one study.

    Attributes
    ----------
    store
        Open for as long as rows are read.
    study
        The study.
    """

    store: Store
    study: Study

    @cached_property
    def specification(self) -> Specification:
        """The study's."""
        return self.study.specification

    @property
    def hash(self) -> str:
        """Of the specification."""
        return self.study.hash

    @property
    def code_version(self) -> str:
        """Of the code that the study began with."""
        return self.study.code_version

    def trials(self) -> Iterator[Mapping[str, Any]]:
        """Yield every trial with every column that applies, choices as the specification has them."""
        known = Columns.of(self.specification)
        return self.store.queries.trials(self.study.id, columns=known.applying, as_given=known.varied)

    def curves(self, numbers: Sequence[int]) -> Iterator[Mapping[str, Any]]:
        """Yield the epochs of the deciding attempts of some trials in force."""
        return self.store.queries.curves(self.study.id, numbers=numbers)

    def attempts(self) -> Iterator[Mapping[str, Any]]:
        """Yield every attempt with its provenance."""
        return self.store.queries.attempts(self.study.id)

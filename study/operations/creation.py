"""Creation: the study of a specification, made now or continued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces.arms import twins
from search_spaces.errors import SpecificationError
from search_spaces.specification import Specification

if TYPE_CHECKING:
    from study.store import Store, Study


@dataclass(frozen=True, kw_only=True)
class Created:
    """A study that was made, or was there.

    Attributes
    ----------
    study
        As the store knows it.
    specification
        What was asked for.
    new
        Whether it was made now.
    code_version
        Of this code; the study has that of the code it began with.
    """

    study: Study
    specification: Specification
    new: bool
    code_version: str

    @property
    def warnings(self) -> list[str]:
        """What its user should know, one sentence each; told once, when it is made."""
        return list(self.specification.warnings()) if self.new else []

    @property
    def is_other_code(self) -> bool:
        """Whether the study began with other code than this."""
        return self.study.code_version != self.code_version

    def to_dict(self) -> dict[str, Any]:
        """Return name, whether it is new, and the counts of what was asked for."""
        return {
            "name": self.study.name,
            "new": self.new,
            "configurations": self.specification.configurations,
            "seeds": self.specification.seeds,
            "trials": self.specification.trials,
            "warnings": self.warnings,
        }


def create(store: Store, specification: Specification, plugins: Sequence[str] = ()) -> Created:
    """Make a study, or continue the one of that name.

    Parameters
    ----------
    store
        Where.
    specification
        What is to be trained.
    plugins
        The hashes of the plug-ins it names, which are part of its code version.

    Raises
    ------
    StudyMismatchError
        A study of that name has another specification; the differences are listed.
    SpecificationError
        Two arms of a new study train the same; nothing was written.
    """
    from workers.provenance import code_version  # noqa: PLC0415

    code = code_version(*plugins)
    study, new = store.studies.create(specification, code)
    return Created(study=study, specification=specification, new=new, code_version=code)


def refuse_twins(specification: Specification, source: str, location: str) -> None:
    """Refuse arms that train the same before a store is made for them; in one that is there, they may differ."""
    from study.store.location import parse_location  # noqa: PLC0415

    equal = [fault for fault, _, _ in twins(specification.arms)]
    url = parse_location(location)
    if equal and url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise SpecificationError(equal, source)

"""A declaration: something a specification can name, with its options and where its implementation lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from search_spaces.options import Number, Option


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """Something a specification can name.

    Attributes
    ----------
    name
        Under which a specification finds it.
    summary
        One line for people.
    implementation
        ``module:attribute`` of what builds it; nothing here imports it.
    source
        The paper, or the code that it follows.
    options
        What a specification can set, by name.
    """

    name: str
    summary: str
    implementation: str
    source: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def numbers(self) -> dict[str, Number]:
        """The options that are numbers."""
        return {name: option for name, option in self.options.items() if isinstance(option, Number)}

    def to_dict(self) -> dict[str, Any]:
        """Return the declaration as plain values."""
        return {
            "name": self.name,
            "summary": self.summary,
            "source": self.source,
            "options": {name: option.to_dict() for name, option in self.options.items()},
        }


D = TypeVar("D", bound=Declaration)


def by_name(*declarations: D) -> dict[str, D]:
    """Return declarations by their names."""
    return {declaration.name: declaration for declaration in declarations}

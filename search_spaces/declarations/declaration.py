"""A declaration: something a specification can name, with its options and where its implementation lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from search_spaces.options import Number, Option, options_from_dict


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The plug-in that something comes from.

    Attributes
    ----------
    name
        A file as its user named it, or what is installed.
    hash
        Of its sources, 16 hexadecimal digits: two are the same exactly when these are.
    """

    name: str
    hash: str

    def to_dict(self) -> dict[str, str]:
        """Return it as plain values."""
        return {"name": self.name, "hash": self.hash}


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
    origin
        The plug-in that brought it, None of what comes with Basin.
    """

    name: str
    summary: str
    implementation: str
    source: str = ""
    options: Mapping[str, Option] = field(default_factory=dict, hash=False)
    origin: Origin | None = None

    @property
    def numbers(self) -> dict[str, Number]:
        """The options that are numbers."""
        return {name: option for name, option in self.options.items() if isinstance(option, Number)}

    def to_dict(self) -> dict[str, Any]:
        """Return the declaration as plain values."""
        plain: dict[str, Any] = {
            "name": self.name,
            "summary": self.summary,
            "source": self.source,
            "options": {name: option.to_dict() for name, option in self.options.items()},
        }
        if self.origin is not None:  # what comes with Basin need not be read back
            plain |= {"implementation": self.implementation, "plugin": self.origin.to_dict()}
        return plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the declaration of a plug-in that :meth:`to_dict` wrote.

        Raises
        ------
        AttributeError, KeyError, TypeError, ValueError
            The values are of no such declaration.
        """
        return cls(**cls._fields(values))

    @classmethod
    def _fields(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a declaration from plain values."""
        named = {name: str(values[name]) for name in ("name", "summary", "source", "implementation")}
        origin = Origin(name=str(values["plugin"]["name"]), hash=str(values["plugin"]["hash"]))
        return {**named, "options": options_from_dict(values["options"]), "origin": origin}


D = TypeVar("D", bound=Declaration)


def by_name(*declarations: D) -> dict[str, D]:
    """Return declarations by their names."""
    return {declaration.name: declaration for declaration in declarations}

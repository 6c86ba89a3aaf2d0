"""The plug-in as it travels, and as it is once it was loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from search_spaces.declarations import Declaration


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """A plug-in in plain values: its source, or the module that another machine must have installed too.

    Attributes
    ----------
    name
        A file as its user named it, or what is installed; for people.
    hash
        Of its sources, 16 hexadecimal digits.
    source
        The text of a file, None of what is installed.
    module
        What is installed, None of a file.
    """

    name: str
    hash: str
    source: str | None = None
    module: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the plug-in as plain values."""
        return {"name": self.name, "hash": self.hash, "source": self.source, "module": self.module}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Plugin:
        """Return the plug-in that :meth:`to_dict` wrote."""
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that a plug-in declares, and what implements it."""

    kind: str
    declaration: Declaration
    function: Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A plug-in that was loaded, and what it declares."""

    plugin: Plugin
    entries: tuple[Entry, ...] = field(default_factory=tuple)

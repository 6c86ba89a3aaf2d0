"""The collection: all plug-ins that a command was given, and what can be named with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

from search_spaces.catalogue import BUILT_IN, Catalogue
from search_spaces.declarations import Declaration
from search_spaces.errors import PluginError
from search_spaces.plugins.loading import import_installed, installed_hash, load, read_file
from search_spaces.plugins.plugin import Loaded, Plugin

GROUP = "basin.plugins"
"""Entry points under which an installed package says which of its modules is a plug-in."""


@dataclass(frozen=True)
class Plugins:
    """Plug-ins that were loaded.

    Raises
    ------
    PluginError
        Two declare the same, or one what comes with Basin.
    """

    loaded: tuple[Loaded, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that clash."""
        seen: dict[tuple[str, str], Plugin] = {}
        for one in self.loaded:
            for entry in one.entries:
                kind, name = entry.kind, entry.declaration.name
                what = f"{ {'dataset': 'data set'}.get(kind, kind) } {name}"
                if name in BUILT_IN[kind]:
                    raise PluginError(f"{what} of plug-in {one.plugin.name} must have another name: Basin's has it")
                other = seen.setdefault((kind, name), one.plugin)
                if other.hash != one.plugin.hash:
                    raise PluginError(
                        f"{what} is declared by plug-in {other.name} and by plug-in {one.plugin.name}; leave one out"
                    )

    @cached_property
    def catalogue(self) -> Catalogue:
        """What a specification can name."""
        return BUILT_IN.with_entries((it.kind, it.declaration) for one in self.loaded for it in one.entries)

    @property
    def travelling(self) -> tuple[Plugin, ...]:
        """The plug-ins as they are handed to workers."""
        return tuple(one.plugin for one in self.loaded)

    @property
    def hashes(self) -> tuple[str, ...]:
        """What is part of the code version of what is trained with them."""
        return tuple(one.plugin.hash for one in self.loaded)

    def only(self, declared: Iterable[Declaration]) -> Plugins:
        """Return those that declare something of what is given."""
        wanted = {it.origin.hash for it in declared if it.origin is not None}
        return Plugins(tuple(one for one in self.loaded if one.plugin.hash in wanted))

    def declared(self, kind: str, name: str) -> Declaration | None:
        """Return what a plug-in declares under a name, None where none does."""
        found = self.catalogue[kind].get(name)
        return None if found is None or found.origin is None else found


def collect(files: Sequence[str] = ()) -> Plugins:
    """Return the plug-ins that are installed and those in some files, loaded.

    Raises
    ------
    PluginError
        One cannot be loaded, or names clash.
    """
    plugins = [*_installed(), *map(read_file, files)]
    once = {plugin.hash: plugin for plugin in reversed(plugins)}  # under the first of its names
    return Plugins(tuple(load(it) for it in reversed(once.values())))


def _installed() -> Iterable[Plugin]:
    """Yield what is installed, each package once."""
    known = set()
    for point in sorted(entry_points(group=GROUP), key=lambda it: (it.value, it.name)):
        name = _told(point)
        home = import_installed(name, point.module)
        if home not in known:
            known.add(home)
            yield Plugin(name=name, hash=installed_hash(home), module=point.module)


def _told(point: EntryPoint) -> str:
    """Return what an entry point comes from, for people."""
    return point.name if point.dist is None else f"{point.dist.name} {point.dist.version}"

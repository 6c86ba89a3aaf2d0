"""The plug-ins of a command: those that are installed, and those whose files its user names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from search_spaces.declarations import Declaration
from search_spaces.errors import printable
from search_spaces.plugins import Plugins, collect
from study.errors import UsageError
from study.settings import setting

if TYPE_CHECKING:
    from study.store import Study

HOW = "name its file with --plugin, in BASIN_PLUGINS or as `plugins` in basin.toml, or install the package it is in"
"""What to do where a plug-in is missing."""


def plugged(files: Sequence[str] | None, place: str = "--plugin") -> Plugins:
    """Return the plug-ins of a command, loaded.

    Parameters
    ----------
    files
        What the option says; the environment, and then the settings file, say where it says nothing.
    place
        What errors call the option.

    Raises
    ------
    PluginError
        One cannot be loaded, or names clash.
    """
    return collect(setting("plugins", files or None, place=place))


def require(study: Study, plugins: Plugins) -> None:
    """See to it that a stored study can be trained.

    Raises
    ------
    UsageError
        A plug-in that it was made with is missing; the text names it, and says how to. Or its results were imported.
    """
    study.refuse_if_imported("trained")
    require_all(f"study {study.name}", study.specification.plugged().items(), plugins)


def require_all(what: str, declared: Iterable[tuple[tuple[str, str], Declaration]], plugins: Plugins) -> None:
    """See to it that there is a plug-in for each of some declarations of plug-ins, by kind and name."""
    missing: dict[str, list[str]] = {}
    for (kind, name), it in declared:
        if plugins.declared(kind, name) is None and it.origin is not None:
            what_is_missing = f"{'data set' if kind == 'dataset' else kind} {printable(name)}"
            missing.setdefault(printable(it.origin.name, 200), []).append(what_is_missing)
    if missing:
        listed = " and ".join(f"{', '.join(names)} of plug-in {origin}" for origin, names in missing.items())
        raise UsageError(f"{what} is trained with {listed}, which is not here: {HOW}")

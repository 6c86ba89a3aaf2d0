"""Paths: the names under which a study varies an option, and is asked for it.

An option of the optimizer has its own name, such as ``lr``; every other one has the dotted path of where it stands in
a specification, such as ``task.batch_size`` or ``schedules.p.gamma``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search_spaces.domains import DOMAIN_KEYS
from search_spaces.options import Name, Option, WholeNumbers
from search_spaces.sections import Section


def variable(
    task: Section | None,
    network: Section | None,
    optimizer: Section | None,
    schedules: Mapping[str, Section | None],
) -> dict[str, Option]:
    """Return every option that a study of these sections may vary, by its path.

    Lists, and the names of implementations, do not vary.
    """
    places = {"": optimizer, "task.": task, "task.network.": network}
    places |= {f"schedules.{name}.": it for name, it in schedules.items()}
    return {
        f"{prefix}{name}": option
        for prefix, section in places.items()
        if section is not None
        for name, option in section.declaration.options.items()
        if not isinstance(option, Name | WholeNumbers)
    }


def canonical(name: str, known: Mapping[str, Option]) -> str:
    """Return the path that a name stands for, the name itself where it stands for none.

    ``optimizer.lr`` is ``lr``, ``schedule.gamma`` is ``schedules.lr.gamma``, and a bare name is the option of
    whatever has it where only one does.
    """
    for long, short in (("optimizer.", ""), ("schedule.", "schedules.lr.")):
        if name.startswith(long):
            path = short + name.removeprefix(long)
            return path if path in known else name
    ends = [path for path in known if path.rpartition(".")[2] == name]
    return ends[0] if name not in known and len(ends) == 1 else name


SECTIONS = ("optimizer", "task", "schedule", "schedules")
"""First parts of dotted paths; no option has one of these names."""


def flattened(space: Mapping[Any, Any]) -> tuple[dict[Any, Any], list[str]]:
    """Return a space whose paths are written as one key each, and the keys that cannot be.

    A path may be written as mappings within mappings too; a key that says nothing, or one that is there twice, cannot
    be kept.
    """
    flat: dict[Any, Any] = {}
    lost: list[str] = []
    for name, domain in space.items():
        nested = isinstance(domain, dict) and not DOMAIN_KEYS & domain.keys()
        if nested and str(name).split(".", maxsplit=1)[0] in SECTIONS:
            inner, deeper = flattened({f"{name}.{key}": it for key, it in domain.items()})
            lost += deeper if domain else [str(name)]
        else:
            inner = {name: domain}
        lost += [str(key) for key in inner if key in flat]
        flat |= inner
    return flat, lost


def split(path: str) -> tuple[str, str]:
    """Return the section and the option of a path, such as ``("schedules.p", "gamma")``."""
    place, _, option = path.rpartition(".")
    return place or "optimizer", option

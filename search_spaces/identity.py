"""Identity: what tells one study from another, as the text that its hash is of, in every release the same."""

from __future__ import annotations

import json
from typing import Any

from search_spaces.arm import Arm
from search_spaces.declarations import CLASSIFICATION
from search_spaces.defaults import first_default
from search_spaces.options import Name
from search_spaces.sections import Section

IDENTITY_VERSION = 2
"""Version 1 was not stored, only its hash; since version 2 the text is."""

FORM: dict[str, dict[str, Any]] = {
    "task": dict.fromkeys(("dataset", "network", "batch_size", "augmentation", "subset", "validation")),
    "optimizer": {
        **dict.fromkeys(("name", "variant", "decay", "betas", "lr", "p", "beta1", "beta2", "eps", "weight_decay")),
        "momentum": None,
        "amsgrad": True,
        "decay_on": "all",
    },
    "schedule": {"name": "constant", "milestones": [], "gamma": 0.1},
}
"""What release 0.1.0 wrote into each section, and what stood there where the named thing had no such option."""

NAMED: dict[str, Any] = {"name": None}
"""What is written of a task that it did not know."""


def form_of(arm: Arm) -> dict[str, Any]:
    """Return an arm in the form of release 0.1.0, and what it did not know where that acts.

    Every option that release knew is written out, whether or not the optimizer or the schedule has it.
    """
    document = arm.resolved()
    for kind, named in (("network", arm.network), ("dataset", arm.data)):
        if named is not None:
            acting = _acting(named, kind, document["task"][kind])
            document["task"][kind] = {"name": named.name} | acting if acting else named.name
    sections = {"task": arm.task, "optimizer": arm.optimizer, "schedule": arm.schedule}
    for kind, section in sections.items():
        if section is None:
            continue
        form = NAMED if kind == "task" and section.name != CLASSIFICATION else FORM[kind]
        later = {name: it for name, it in _acting(section, kind, document[kind]).items() if name not in form}
        document[kind] = {name: document[kind].get(name, default) for name, default in form.items()} | later
    for name, written in document.get("schedules", {}).items():
        section = arm.schedules[name]
        document["schedules"][name] = {"name": section.name} | _acting(section, "schedule", written)
    return document


def _acting(section: Section, kind: str, written: Any) -> dict[str, Any]:
    """Return the options of a section that act otherwise than they first did, as they are written.

    Of a plug-in these are all: its defaults are its user's to change.
    """
    declaration = section.declaration
    return {
        name: written[name]
        for name, option in declaration.options.items()
        if not isinstance(option, Name)
        and (
            declaration.origin is not None
            or written[name] != plain(first_default(kind, section.name, name, option.default))
        )
    }


def canonical(document: dict[str, Any]) -> str:
    """Return a document as canonical JSON."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def differences(stored: dict[str, Any], given: dict[str, Any], prefix: str = "") -> list[str]:
    """Return one line for each place where two resolved specifications differ."""
    lines: list[str] = []
    for key in sorted(stored.keys() | given.keys()):
        path = f"{prefix}{key}"
        old, new = stored.get(key), given.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and old.get("name") == new.get("name"):
            lines += differences(old, new, f"{path}.")
        elif old != new:
            lines.append(f"{path}: stored {json.dumps(_named(old))}, given {json.dumps(_named(new))}")
    return lines


def _named(value: Any) -> Any:
    """Return the name of what is named, where its options say nothing: something else is named on the other side."""
    return value["name"] if isinstance(value, dict) and "name" in value else value


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return list(value) if isinstance(value, tuple) else value

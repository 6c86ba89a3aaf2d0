"""Merging: an arm is written as what it changes of the document above it, and read as the document that comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search_spaces.documents import Document
from search_spaces.paths import flattened
from search_spaces.sections import DECLARED, PAIR

OVERRIDDEN = ("task", "optimizer", "schedule", "schedules", "epochs", "space")
"""What an arm may change; all else is common to the arms of a study."""


NAMED = ("network", "dataset")
"""What a task names, alone or with its options."""


def merged(above: Document, arm: Document, alike: Mapping[Any, Any]) -> Document:
    """Return the document of an arm.

    Sections merge by key; one whose name changes starts anew, and so do a network, a data set and a schedule. A
    domain of the space is taken whole. Null takes a name out of the space, or a schedule away.

    Parameters
    ----------
    above
        The document without its arms.
    arm
        What the arm changes of it.
    alike
        Names of the space that mean the same as another, by what is written: ``optimizer.lr`` means ``lr``.
    """
    document = dict(above)
    for key in OVERRIDDEN:
        if key not in arm or key in {"schedule", "schedules"}:
            continue
        if key == "epochs":
            document[key] = arm[key]
        elif key == "space":
            document[key] = _space(above.get(key, {}), arm[key], alike)
        else:
            document[key] = _section(key, above.get(key), arm[key])
    if "schedule" in arm or "schedules" in arm:
        document = {key: it for key, it in document.items() if key not in {"schedule", "schedules"}}
        document |= _schedules(above, arm)
    return document


def _section(kind: str, above: Any, arm: Any) -> Any:
    """Merge one section of a kind."""
    if kind in NAMED:
        above, arm = ({"name": it} if isinstance(it, str) else it for it in (above, arm))
    if not isinstance(above, dict) or not isinstance(arm, dict):
        return arm
    before = above.get("name", DECLARED[kind])
    if arm.get("name", before) != before:
        return arm
    if kind == "optimizer":
        above = _without_its_other_form(above, arm)
    for name in NAMED if kind == "task" else ():
        if name in arm:
            arm = arm | {name: _section(name, above.get(name), arm[name])}
    return above | arm


def _without_its_other_form(above: Document, arm: Document) -> Document:
    """Return a section without what the arm writes in the other form, `betas` or its halves."""
    betas = above.get("betas")
    if "betas" in arm:
        return {key: it for key, it in above.items() if key not in PAIR}
    if any(half in arm for half in PAIR) and isinstance(betas, list) and len(betas) == len(PAIR):
        return {key: it for key, it in above.items() if key != "betas"} | dict(zip(PAIR, betas, strict=True))
    return above


def _schedules(above: Document, arm: Document) -> Document:
    """Merge schedules one by one; that of lr stays in the form in which it is written last."""
    whole, parts = above.get("schedules", {}), arm.get("schedules", {})
    if not isinstance(whole, dict) or not isinstance(parts, dict):
        return {key: arm[key] for key in ("schedule", "schedules") if key in arm}
    twice = ("schedule" in arm and "lr" in parts) or ("schedule" in above and "lr" in whole)
    if twice:  # a fault, which is told of what comes out
        return {"schedule": (above | arm)["schedule"], "schedules": whole | parts}
    short = "schedule" in arm or ("lr" not in parts and "schedule" in above)
    before = whole | ({"lr": above["schedule"]} if "schedule" in above else {})
    change = parts | ({"lr": arm["schedule"]} if "schedule" in arm else {})
    after = before | {name: _section("schedule", before.get(name), it) for name, it in change.items()}
    after = {name: it for name, it in after.items() if not (it is None and name in change)}
    found: Document = {}
    if short and "lr" in after:
        found["schedule"] = after.pop("lr")
    return found | ({"schedules": after} if after else {})


def _space(above: Any, arm: Any, alike: Mapping[Any, Any]) -> Any:
    """Merge a space: what is above comes first, unless the arm names all of it, in an order of its own."""
    if not isinstance(above, dict) or not isinstance(arm, dict):
        return arm
    (before, lost), (mine, twice) = flattened(above), flattened(arm)
    theirs = {alike.get(name, name): (name, it) for name, it in before.items()}
    own = {alike.get(name, name): (name, it) for name, it in mine.items()}
    if lost or twice or len(own) < len(mine):  # a fault, which is told of what comes out
        return above | arm
    order = own if theirs.keys() <= own.keys() else theirs | own
    return {name: it for name, it in order.values() if it is not None}

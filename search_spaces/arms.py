"""Arms: read one by one, each as the document that it is merged to, and judged against one another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from search_spaces.arm import MAX_TRIALS, Arm
from search_spaces.catalogue import Catalogue
from search_spaces.documents import Document, nearest
from search_spaces.errors import Fault, printable, shown
from search_spaces.identity import canonical as canonical_text
from search_spaces.merging import OVERRIDDEN, merged
from search_spaces.options import Option
from search_spaces.paths import canonical, flattened
from search_spaces.reading import COMMON, KEYS, read_arm, read_sections, read_space, variable_of
from search_spaces.specification import BASE

ARM_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
"""Without the dot, which parts paths."""

MAX_ARMS = 64


def read_arms(
    document: Document, catalogue: Catalogue, by_arm: Mapping[str, Catalogue]
) -> tuple[list[Fault], dict[str, Arm]]:
    """Return the faults of what is trained, and what of it has none, by name.

    ``by_arm`` is what an arm is read with that was stored with declarations of its own.
    """
    if "arms" not in document:
        faults, arm = read_arm(document, by_arm.get(BASE, catalogue))
        return faults, {} if arm is None else {BASE: arm}
    above, arms = {key: it for key, it in document.items() if key != "arms"}, document["arms"]
    if not isinstance(arms, dict) or not 0 < len(arms) <= MAX_ARMS:
        rule = f"must be a mapping of 1 to {MAX_ARMS} names to what each changes of the document"
        got = f"{len(arms)} of them" if isinstance(arms, dict) else shown(arms)
        return [Fault(path="arms", message=f"{rule}, got {got}; leave it out where there are none")], {}
    arms = {name: {} if arm is None else arm for name, arm in arms.items()}
    faults = [fault for name, arm in arms.items() for fault in _formed(name, arm)]
    sound = {name: arm for name, arm in arms.items() if isinstance(name, str) and isinstance(arm, dict)}
    read = {
        name: read_arm(_merged(above, arm, it), it)
        for name, arm, it in ((name, arm, by_arm.get(name, catalogue)) for name, arm in sound.items())
    }
    told = [{(it.path, it.message) for it in found} for found, _ in read.values()]
    everywhere = set.intersection(*told) if told else set()
    for name, (found, _) in read.items():
        faults += [
            _placed(it, name, (above, sound[name]), shared=(it.path, it.message) in everywhere) for it in found
        ]
    faults += [fault for name, arm in sound.items() for fault in _taken_out(name, above, arm, catalogue)]
    runs = {name: arm for name, (_, arm) in read.items() if arm is not None}
    if not faults:
        faults += [*_above(above, runs, catalogue), *_together(runs)]
    return faults, runs


def _placed(fault: Fault, name: str, documents: tuple[Document, Document], *, shared: bool) -> Fault:
    """Return a fault of an arm's document at the place where it was written, above or in the arm."""
    above, arm = documents
    key, _, rest = fault.path.partition(".")
    written = key in arm or (key.startswith("schedule") and bool({"schedule", "schedules"} & arm.keys()))
    if shared and not written:
        return fault
    if key in COMMON:
        return replace(fault, message=f"{fault.message} (in arm {printable(name)})")
    path = f"arms.{printable(name)}.{fault.path}"
    if rest and key in {"space", "schedules"} and rest in _names(above, key) and rest not in _names(arm, key):
        return replace(fault, path=path, message=f"{fault.message}; `{key}: {{{rest}: null}}` there leaves it out")
    return replace(fault, path=path)


def _names(document: Document, key: str) -> list[str]:
    """Return what a space varies, or what schedules move, as it is written."""
    written = document.get(key)
    if not isinstance(written, dict):
        return []
    return [str(name) for name in (flattened(written)[0] if key == "space" else written)]


def _taken_out(name: str, above: Document, arm: Document, catalogue: Catalogue) -> Iterable[Fault]:
    """Check that what an arm takes out with null stands above it."""
    mine, theirs = (read_sections(it, catalogue)[1] for it in (merged(above, arm, {}), above))
    known = variable_of(mine) | variable_of(theirs)
    written = arm.get("space")
    space = flattened(written)[0] if isinstance(written, dict) else {}
    there = {canonical(it, known): it for it in _names(above, "space")}
    for one, value in space.items():
        if value is None and canonical(str(one), known) not in there:
            yield _not_there(f"arms.{printable(name)}.space", one, there)
    schedules = arm.get("schedules")
    moved = ["lr", *_names(above, "schedules")]
    for one, value in schedules.items() if isinstance(schedules, dict) else ():
        if value is None and one not in moved:
            yield _not_there(f"arms.{printable(name)}.schedules", one, moved)


def _not_there(path: str, name: object, there: Iterable[str]) -> Fault:
    return Fault(
        path=f"{path}.{printable(str(name))}", message=f"is not above, and null takes it out; {nearest(name, there)}"
    )


def _above(above: Document, arms: Mapping[str, Arm], catalogue: Catalogue) -> Iterable[Fault]:
    """Check what stands above the arms, although each of them may have its own instead."""
    known = {path: option for arm in arms.values() for path, option in arm.variable.items()}
    found, sections = read_sections(above, catalogue)
    known |= variable_of(sections)
    if isinstance(above.get("space"), dict):
        found += read_space(flattened(above["space"])[0], known, complete=True)[0]
    elif "space" in above:
        found.append(Fault(path="space", message=f"must be a mapping of keys to values, got {shown(above['space'])}"))
    yield from (fault for fault in found if fault.message != "is required")


def twins(arms: Mapping[str, Arm]) -> Iterator[tuple[Fault, str, str]]:
    """Yield each arm that trains the same as one before it: the fault, and both names."""
    seen: dict[str, str] = {}
    for name, arm in arms.items():
        first = seen.setdefault(canonical_text(arm.resolved()), name)
        if first != name:
            message = f"trains the same as arm {first}; one of them is enough"
            yield Fault(path=f"arms.{name}", message=message), name, first


def _together(arms: Mapping[str, Arm]) -> Iterable[Fault]:
    """Check what no single arm can see."""
    names = list(arms)
    # What a default makes equal may differ in a study that was stored with another one.
    yield from (fault for fault, one, other in twins(arms) if arms[one].written == arms[other].written)
    kinds: dict[str, type[Option]] = {}
    for name, arm in arms.items():
        for path in arm.space:
            kind = type(arm.variable[path])
            if kinds.setdefault(path, kind) is not kind:
                message = "is of another kind than in the arms before; one name has one kind in a study"
                yield Fault(path=f"arms.{name}.space.{path}", message=message)
    first = arms[names[0]]
    for name, arm in arms.items():
        one, other = ((it.metric.name, it.metric.unit, it.metric.direction) for it in (first, arm))
        if one != other:
            rule = f"must be what every arm measures: {names[0]} is judged by {one[0]}, {name} by {other[0]}"
            yield Fault(path="objective.metric", message=rule)
    trials = sum(arm.trials for arm in arms.values())
    if trials > MAX_TRIALS:
        yield Fault(path="arms", message=f"must give at most {MAX_TRIALS:,} trials, got {trials:,}")


def _formed(name: Any, arm: Any) -> Iterable[Fault]:
    """Check name and keys of an arm."""
    path = f"arms.{printable(str(name))}"
    if not isinstance(name, str) or not ARM_NAME.fullmatch(name):
        rule = "must be named by 1 to 64 of a-z 0-9 _ - beginning with a letter or digit"
        yield Fault(path=path, message=f"{rule}, got {shown(name)}")
    if not isinstance(arm, dict):
        rule = "must be a mapping of what it changes, {} where that is nothing"
        yield Fault(path=path, message=f"{rule}, got {shown(arm)}")
        return
    for key in arm:
        if key not in OVERRIDDEN:
            common = f"is common to all arms; write it above, an arm changes {', '.join(OVERRIDDEN)}"
            common = "an arm has no arms" if key == "arms" else common
            message = common if key in KEYS else f"unknown key; {nearest(key, OVERRIDDEN)}"
            yield Fault(path=f"{path}.{printable(str(key))}", message=message)


def _merged(above: Document, arm: Document, catalogue: Catalogue) -> Document:
    """Return the document of an arm; names of its space that mean the same are found by its own options."""
    document = merged(above, arm, {})
    if not all(isinstance(it.get("space"), dict) for it in (above, arm)):
        return document
    known = variable_of(read_sections(document, catalogue)[1])
    names = [*flattened(above["space"])[0], *flattened(arm["space"])[0]]
    return merged(above, arm, {name: canonical(str(name), known) for name in names})

"""From a document to a specification: all faults together, each with its path, the rule and what was got."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from search_spaces.arm import MAX_TRIALS, Arm, named_metric
from search_spaces.defaults import FIRST
from search_spaces.documents import Document, assign, is_file, nearest, parse_document, read_document
from search_spaces.errors import Fault, SpecificationError, printable, shown
from search_spaces.identity import canonical as canonical_text
from search_spaces.merging import OVERRIDDEN, merged
from search_spaces.options import Option
from search_spaces.paths import canonical, flattened, variable
from search_spaces.presets import preset_document, preset_names
from search_spaces.reading import FIELDS, read_declared, read_plain, read_schedules, read_space, read_task
from search_spaces.rules import crossed
from search_spaces.sections import DECLARED, PAIR
from search_spaces.specification import BASE, Specification

KEYS = (*(name for name in FIELDS if name != "network"), "schedule", "arms")
"""Keys of a document; ``schedule`` is short for ``schedules.lr``."""

COMMON = ("name", "summary", "design", "seeds", "objective", "resources")
"""Keys that are common to the arms of a study."""

ARM_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
"""Without the dot, which parts paths."""

MAX_ARMS = 64


def load(spec: str, assignments: Sequence[str] = ()) -> Specification:
    """Return the specification in a YAML file or of a preset, after ``KEY=VALUE`` assignments.

    Raises
    ------
    SpecificationError
        With every fault found; nothing was written.
    """
    path = Path(spec)
    source = f"preset {spec}" if spec in preset_names() else shown(spec, 200)
    if spec in preset_names():
        document = preset_document(spec)
    elif not is_file(path) and path.suffix not in {".yaml", ".yml", ".json"}:
        fault = f"no file and no preset of the name {shown(spec)}; {nearest(spec, preset_names())}"
        raise SpecificationError([Fault(path="", message=fault)])
    else:
        document = read_document(path)
    faults: list[Fault] = []
    for assignment in assignments:
        try:
            assign(document, assignment)
        except SpecificationError as error:
            faults += [replace(fault, source=error.source) for fault in error.faults]
    try:
        specification = validate(document, source)
    except SpecificationError as error:
        faults += [replace(fault, source=_origin(fault.path, source, assignments)) for fault in error.faults]
    if faults:
        raise SpecificationError(faults, source)
    return specification


def _origin(path: str, source: str, assignments: Sequence[str]) -> str:
    """Return what wrote the value at a path: the last assignment to it or to what holds it, else the document."""
    assigned = [(one.partition("=")[0].strip(), f"--set {printable(one)}") for one in assignments]
    wrote = [name for key, name in assigned if _is_within(path, key)]
    if wrote:
        return wrote[-1]
    # What holds an assigned value is of both.
    shared = [name for key, name in assigned if _is_within(key, path)]
    return f"{source} with {', '.join(shared)}" if shared else source


def _is_within(path: str, top: str) -> bool:
    return path == top or path.startswith((f"{top}.", f"{top}["))


def loads(text: str) -> Specification:
    """Return the specification written in a YAML text."""
    return validate(parse_document(text))


def restored(document: Document, source: str) -> Specification:
    """Return the specification of a document as a store keeps it: every option written, those of its release.

    An option that is not there, or null, is as that release did (:mod:`search_spaces.defaults`).

    Raises
    ------
    SpecificationError
        The document was written by a later release, or changed by other hands.
    """
    document = _as_first(document)
    arms = document.get("arms")
    if isinstance(arms, dict):
        whole = {name: _as_first(arm) if isinstance(arm, dict) else arm for name, arm in arms.items()}
        document = document | {"arms": whole}
    return validate(document, source)


def _as_first(document: Document) -> Document:
    """Return a document with the first defaults where its sections are silent."""
    for kind in ("task", "optimizer", "schedule"):
        written = document.get(kind)
        if isinstance(written, dict):
            said = {key: it for key, it in written.items() if it is not None}
            first = FIRST[kind].get(str(said.get("name", DECLARED[kind])), {})
            short = PAIR if "betas" in said else ()
            document = document | {kind: {key: it for key, it in first.items() if key not in short} | said}
    task, schedules = document.get("task"), document.get("schedules")
    if isinstance(task, dict):
        network = task.get("network")
        written = {"name": network} if isinstance(network, str) else network
        first = FIRST["network"].get(str(written.get("name")), {}) if isinstance(written, dict) else {}
        if first and isinstance(written, dict):
            document = document | {"task": task | {"network": first | written}}
    if isinstance(schedules, dict):
        filled = {
            name: FIRST["schedule"].get(str(it.get("name")), {}) | it if isinstance(it, dict) else it
            for name, it in schedules.items()
        }
        document = document | {"schedules": filled}
    return document


def validate(document: Document, source: str = "the study specification") -> Specification:
    """Return the specification a document stands for.

    Each section is checked on its own and then against the others, so that one fault hides no other.

    Raises
    ------
    SpecificationError
        With every fault found.
    """
    faults, arms = _arms(document)
    found, sections = _sections({key: it for key, it in document.items() if key in COMMON})
    faults += [fault for fault in found if fault.path.split(".")[0] in COMMON]
    if faults:
        raise SpecificationError(list(dict.fromkeys(faults)), source)
    common = {key: sections[key] for key in COMMON} | {"objective": next(iter(arms.values())).objective}
    return Specification(arms=arms, **common)


def _arms(document: Document) -> tuple[list[Fault], dict[str, Arm]]:
    """Return the faults of what is trained, and what of it has none, by name."""
    if "arms" not in document:
        faults, arm = _arm(document)
        return faults, {} if arm is None else {BASE: arm}
    above, arms = {key: it for key, it in document.items() if key != "arms"}, document["arms"]
    if not isinstance(arms, dict) or not 0 < len(arms) <= MAX_ARMS:
        rule = f"must be a mapping of 1 to {MAX_ARMS} names to what each changes of the document"
        got = f"{len(arms)} of them" if isinstance(arms, dict) else shown(arms)
        return [Fault(path="arms", message=f"{rule}, got {got}; leave it out where there are none")], {}
    arms = {name: {} if arm is None else arm for name, arm in arms.items()}
    faults = [fault for name, arm in arms.items() for fault in _formed(name, arm)]
    sound = {name: arm for name, arm in arms.items() if isinstance(name, str) and isinstance(arm, dict)}
    read = {name: _arm(_merged(above, arm)) for name, arm in sound.items()}
    told = [{(it.path, it.message) for it in found} for found, _ in read.values()]
    everywhere = set.intersection(*told) if told else set()
    for name, (found, _) in read.items():
        faults += [
            _placed(it, name, (above, sound[name]), shared=(it.path, it.message) in everywhere) for it in found
        ]
    faults += [fault for name, arm in sound.items() for fault in _taken_out(name, above, arm)]
    runs = {name: arm for name, (_, arm) in read.items() if arm is not None}
    if not faults:
        faults += [*_above(above, runs), *_together(runs)]
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


def _taken_out(name: str, above: Document, arm: Document) -> Iterable[Fault]:
    """Check that what an arm takes out with null stands above it."""
    known = _variable(_sections(merged(above, arm, {}))[1]) | _variable(_sections(above)[1])
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


def _above(above: Document, arms: Mapping[str, Arm]) -> Iterable[Fault]:
    """Check what stands above the arms, although each of them may have its own instead."""
    known = {path: option for arm in arms.values() for path, option in arm.variable.items()}
    found, sections = _sections(above)
    known |= _variable(sections)
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


def _merged(above: Document, arm: Document) -> Document:
    """Return the document of an arm; names of its space that mean the same are found by its own options."""
    document = merged(above, arm, {})
    if not all(isinstance(it.get("space"), dict) for it in (above, arm)):
        return document
    known = _variable(_sections(document)[1])
    names = [*flattened(above["space"])[0], *flattened(arm["space"])[0]]
    return merged(above, arm, {name: canonical(str(name), known) for name in names})


def _arm(document: Document) -> tuple[list[Fault], Arm | None]:
    """Return the faults of a document without arms, and the arm it stands for where it has none."""
    lost: list[str] = []
    if isinstance(document.get("space"), dict):
        flat, lost = flattened(document["space"])
        document = document | {"space": flat}
    faults = [
        Fault(path=f"space.{printable(key)}", message="must say what varies, once; it is empty, or there twice")
        for key in lost
    ]
    faults += [
        Fault(path=printable(str(key)), message=f"unknown key; {nearest(key, KEYS)}")
        for key in document
        if key not in KEYS
    ]
    found, sections = _sections(document)
    faults += found
    if "space" in document:
        complete = sections.get("optimizer") is not None
        found, sections["space"] = read_space(document["space"], _variable(sections), complete=complete)
        faults += found
    faults += crossed(sections, document)
    if faults:
        return faults, None
    arm = Arm(**{name: sections[name] for name in Arm.model_fields})
    return [], arm.model_copy(update={"objective": named_metric(arm.objective, arm.measured)})


def _sections(document: Document) -> tuple[list[Fault], dict[str, Any]]:
    """Return the faults of all sections but the space, and as much of each as holds."""
    faults: list[Fault] = []
    sections: dict[str, Any] = {}
    for name, field in FIELDS.items():
        if name == "schedules":
            found, sections[name] = read_schedules(document)
        elif name == "network" or (name == "space" and name in document):
            continue  # it stands in the task, or can be read when all else has been
        elif name == "task" and name in document:
            found, sections[name], sections["network"] = read_task(document[name])
        elif name in DECLARED and name in document:
            found, sections[name] = read_declared(name, document[name])
        elif name in document:
            found, sections[name] = read_plain(name, document[name])
        elif field.is_required():
            found = [Fault(path=name, message="is required")]
        else:
            found, sections[name] = [], field.get_default(call_default_factory=True)
        faults += found
    return faults, sections


def _variable(sections: Mapping[str, Any]) -> dict[str, Option]:
    """Return what may vary, by path."""
    return variable(
        sections.get("task"), sections.get("network"), sections.get("optimizer"), sections.get("schedules", {})
    )

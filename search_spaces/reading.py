"""Reading: each section of a document on its own, so that one fault hides no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from search_spaces.arm import Arm, named_metric
from search_spaces.catalogue import Catalogue
from search_spaces.documents import Document, closest, nearest
from search_spaces.domains import Domain, domain_of, is_number, range_fault
from search_spaces.errors import Fault, printable, shown
from search_spaces.options import Name, Option
from search_spaces.paths import canonical, flattened, variable
from search_spaces.rules import crossed, is_complete, named
from search_spaces.sections import DECLARED, PAIR, Section, model_of, unspoken
from search_spaces.specification import Specification

SHOWN_VALUES = 6
"""Values of a list that a fault shows."""

FIELDS = {"name": Specification.model_fields["name"], **Arm.model_fields, **Specification.model_fields}
del FIELDS["arms"]
"""The sections of a document without arms."""

KEYS = (*(name for name in FIELDS if name not in {"network", "data"}), "schedule", "arms")
"""Keys of a document; ``schedule`` is short for ``schedules.lr``."""

COMMON = ("name", "summary", "design", "seeds", "objective", "resources")
"""Keys that are common to the arms of a study."""

M = TypeVar("M", bound=BaseModel)
_STRICT = ConfigDict(strict=True)

_RULES = {
    "missing": "is required",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "finite_number": "must be finite",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "tuple_type": "must be a list",
}


def read_schedules(
    document: Document, catalogue: Catalogue, *, moving: bool = True
) -> tuple[list[Fault], dict[str, Section | None]]:
    """Return the faults of all schedules, and each by the name of what it moves; ``schedule`` is that of lr.

    Only where there is something called lr, which is ``moving`` then, it has a schedule if none is written.
    """
    written = document.get("schedules", {})
    if not isinstance(written, dict):
        return [Fault(path="schedules", message=f"must be a mapping of keys to values, got {shown(written)}")], {}
    if "schedule" in document and "lr" in written:
        return [Fault(path="schedule", message="stands beside schedules.lr; write one or the other")], {}
    sections: dict[str, Section | None] = {"lr": _silent("schedule", catalogue)} if moving else {}
    faults = []
    raw = {f"schedules.{printable(str(name))}": (name, it) for name, it in written.items()}
    if "schedule" in document:
        raw["schedule"] = ("lr", document["schedule"])
    for path, (name, one) in raw.items():
        found, sections[name] = read_declared("schedule", one, catalogue, path)
        faults += found
    return faults, sections


def _silent(kind: str, catalogue: Catalogue) -> Section:
    """Return the section of a kind that says nothing."""
    name = DECLARED[kind]
    return model_of(kind, catalogue[kind][name])(name=name)


def read_declared(kind: str, raw: Any, catalogue: Catalogue, path: str = "") -> tuple[list[Fault], Section | None]:
    """Return the faults of a section that names something declared, and as much of it as holds."""
    path = path or kind
    if not isinstance(raw, dict):
        return [Fault(path=path, message=f"must be a mapping of keys to values, got {shown(raw)}")], None
    name = raw.get("name", DECLARED[kind])
    if name == "":
        return [Fault(path=f"{path}.name", message="is required")], None
    if not isinstance(name, str):
        return [Fault(path=f"{path}.name", message=f"must be text, got {shown(name)}")], None
    if name not in catalogue[kind]:
        return list(named(f"{path}.name", name, catalogue[kind])), None
    model = model_of(kind, catalogue[kind][name])
    raw = unspoken(kind, name, raw, catalogue)
    faults: list[Fault] = []
    try:
        section = model.model_validate(raw)
    except ValidationError as error:
        faults += _translated(error, path, model, (kind, catalogue.options(kind)))
        section = _partial(model, raw, error)
    if getattr(section, "betas", None) is not None:
        if any(raw.get(half) is not None for half in PAIR):
            message = f"stands beside {PAIR[0]} or {PAIR[1]}; write one or the other"
            faults.append(Fault(path=f"{path}.betas", message=message))
        section = section.model_copy(update=dict(zip(PAIR, section.betas, strict=True)) | {"betas": None})
    wrong = _outside(section)
    faults += [
        Fault(path=f"{path}.{'betas' if 'betas' in raw and name in PAIR else name}", message=fault)
        for name, fault in wrong.items()
    ]
    return faults, section.model_copy(update=dict.fromkeys(wrong))


def read_task(raw: Any, catalogue: Catalogue) -> tuple[list[Fault], Section | None, Section | None, Section | None]:
    """Return the faults of a task, the task, its network and its data set: names, or mappings of name and options."""
    named_by_it = {}
    found: list[Fault] = []
    for kind in ("network", "dataset"):
        raw, faults, named_by_it[kind] = _read_named(kind, raw, catalogue)
        found += faults
    faults, task = read_declared("task", raw, catalogue)
    return faults + found, task, named_by_it["network"], named_by_it["dataset"]


def _read_named(kind: str, raw: Any, catalogue: Catalogue) -> tuple[Any, list[Fault], Section | None]:
    """Return a task with the mere name of what it names of a kind, the faults of that, and that."""
    written = raw.get(kind) if isinstance(raw, dict) else None
    name = raw.get("name", DECLARED["task"]) if isinstance(raw, dict) else None
    declared, entries = catalogue["task"].get(name) if isinstance(name, str) else None, catalogue[kind]
    if declared is not None and not isinstance(declared.options.get(kind), Name):
        return raw, [], None
    if not isinstance(written, dict):
        known = entries.get(written) if isinstance(written, str) else None
        return raw, [], None if known is None else model_of(kind, known)(name=known.name)
    found, section = read_declared(kind, written, catalogue, f"task.{kind}")
    # A name that is wrong has its fault already.
    return raw | {kind: section.name if section is not None else next(iter(entries))}, found, section


def _outside(section: Section) -> dict[str, str]:
    """Return the numbers of a section that lie outside their ranges, each with the rule it breaks."""
    values = {name: getattr(section, name, None) for name in section.declaration.numbers}
    faults = {
        name: None if value is None else range_fault(name, section.declaration.numbers[name], value)
        for name, value in values.items()
    }
    return {name: fault for name, fault in faults.items() if fault is not None}


def read_plain(name: str, raw: Any) -> tuple[list[Fault], Any]:
    """Return the faults of one section or value, and the value: whole, or as much of it as holds, or None."""
    field = FIELDS[name]
    annotation: Any = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        try:
            return [], annotation.model_validate(raw)
        except ValidationError as error:
            partial = _partial(annotation, raw, error) if isinstance(raw, dict) else None
            return list(_translated(error, name, annotation)), partial
    adapter = TypeAdapter(Annotated[(annotation, *field.metadata)] if field.metadata else annotation, config=_STRICT)
    try:
        return [], adapter.validate_python(raw)
    except ValidationError as error:
        return list(_translated(error, name)), None


def read_space(
    raw: Any, known: Mapping[str, Option], *, complete: bool
) -> tuple[list[Fault], dict[str, Domain] | None]:
    """Return the faults of a space, and its domains by path; None where one is none.

    Parameters
    ----------
    raw
        As written.
    known
        What may vary, by path.
    complete
        Whether that is all; else a name that is not known is taken for a real number.
    """
    if not isinstance(raw, dict):
        return [Fault(path="space", message=f"must be a mapping of keys to values, got {shown(raw)}")], None
    faults: list[Fault] = []
    space: dict[str, Domain] = {}
    for name, domain in raw.items():
        path = f"space.{printable(str(name))}"
        if not isinstance(domain, dict):
            rule = "must be a mapping of keys to values"
            faults.append(Fault(path=path, message=f"{rule}, got {shown(domain)}{_meant(domain)}"))
            continue
        place = canonical(str(name), known)
        if place in space:
            faults.append(Fault(path=path, message=f"is {place}, which the space varies already"))
        if complete and place not in known:
            faults.append(Fault(path=path, message=f"is nothing that can be varied here; {nearest(name, known)}"))
            continue
        model = domain_of(known.get(place), domain)
        try:
            space[place] = model.model_validate(domain)
        except ValidationError as error:
            faults += _translated(error, path, model)
    return faults, None if faults else space


def _partial(model: type[M], raw: Mapping[str, Any], error: ValidationError) -> M:
    """Return as much of a section as holds."""
    bad = {item["loc"][0] for item in error.errors() if item["loc"]}
    sound = {key: value for key, value in raw.items() if key not in bad and isinstance(key, str)}
    partial = model.model_construct(**sound)
    # What is wrong already is unknown below, and no rule judges it again.
    partial.__dict__.update({key: None for key in bad if key in model.model_fields})
    return partial


def _translated(
    error: ValidationError,
    section: str,
    model: type[BaseModel] | None = None,
    of: tuple[str, set[str]] = ("", set()),
) -> Iterable[Fault]:
    """Turn pydantic's account of a section into faults with Basin's paths and words.

    ``of`` is the kind of a section that names something declared, and the options of every entry of that kind.
    """
    kind, options = of
    items = error.errors(include_url=False)
    for item in items:
        if item["type"] == "too_short" and any(len(o["loc"]) > len(item["loc"]) for o in items):
            continue  # its members were refused one by one
        path = section + "".join(
            f"[{part}]" if isinstance(part, int) else f".{printable(str(part))}" for part in item["loc"]
        )
        got = shown(item["input"])
        broken = item["type"]
        if broken == "extra_forbidden":
            key, known = item["loc"][-1], list(model.model_fields if model is not None else ())
            elsewhere = key in options
            unknown = f"is no option of {error.title.removeprefix(f'{kind}-')}" if elsewhere else "unknown key"
            meant = None if elsewhere else closest(key, [*known, *options])
            rule = f"did you mean {meant!r}?" if meant is not None else nearest(key, known)
            yield Fault(path=path, message=f"{unknown}; {rule}")
        elif broken in {"too_short", "too_long"}:
            bound = item.get("ctx", {})
            short = broken == "too_short"
            limit = f"at least {bound.get('min_length')}" if short else f"at most {bound.get('max_length')}"
            yield Fault(path=path, message=f"must have {limit} entries, got {bound.get('actual_length')}")
        elif broken == "missing":
            yield Fault(path=path, message="is required")
        elif broken == "value_error":
            yield Fault(path=path, message=str(item.get("ctx", {}).get("error", item["msg"])))
        elif broken == "literal_error":
            expected = str(item.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
            noun = path.rsplit(".", 1)[-1]
            yield Fault(path=path, message=f"unknown {noun} {got}; {nearest(item['input'], expected)}")
        else:
            must = _RULES.get(broken) or item["msg"].replace("Input should be", "must be")
            yield Fault(path=path, message=f"{must}, got {got}")


def _meant(raw: Any) -> str:
    """Return a clause that writes a bare list or number of the space as the domain it was meant for."""
    values = raw if isinstance(raw, list) else [raw]
    if not values or not all(is_number(value) for value in values):
        return ""
    several = ", ".join(shown(value, 24) for value in values[:SHOWN_VALUES]) + ", …" * (len(values) > SHOWN_VALUES)
    written = f"; write {{values: [{several}]}}"
    return written if isinstance(raw, list) else f"{written}, or fix it under `optimizer`"


def read_arm(document: Document, catalogue: Catalogue) -> tuple[list[Fault], Arm | None]:
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
    found, sections = read_sections(document, catalogue)
    faults += found
    if "space" in document:
        complete = is_complete(sections)
        found, sections["space"] = read_space(document["space"], variable_of(sections), complete=complete)
        faults += found
    faults += crossed(sections, document, catalogue)
    if faults:
        return faults, None
    arm = Arm(**{name: sections[name] for name in Arm.model_fields})
    return [], arm.model_copy(update={"objective": named_metric(arm.objective, arm.measured)})


def read_sections(document: Document, catalogue: Catalogue) -> tuple[list[Fault], dict[str, Any]]:
    """Return the faults of all sections but the space, and as much of each as holds."""
    faults: list[Fault] = []
    sections: dict[str, Any] = {}
    for name, field in FIELDS.items():
        if name in {"network", "data"} or (name == "space" and name in document):
            continue  # it stands in the task, or can be read when all else has been
        if name in {"optimizer", "schedules"}:
            found, sections[name] = _read_moving(name, document, sections, catalogue)
        elif name == "task" and name in document:
            found, sections[name], sections["network"], sections["data"] = read_task(document[name], catalogue)
        elif name in document:
            found, sections[name] = read_plain(name, document[name])
        elif field.is_required():
            found = [Fault(path=name, message="is required")]
        else:
            found, sections[name] = [], field.get_default(call_default_factory=True)
        faults += found
    return faults, sections


def _read_moving(
    name: str, document: Document, sections: Mapping[str, Any], catalogue: Catalogue
) -> tuple[list[Fault], Any]:
    """Return the faults of the optimizer or of the schedules, and what there is of it; nothing beside an own loop."""
    task: Section | None = sections.get("task")
    optimizer: Section | None = sections.get("optimizer")
    if task is not None and not task.declaration.optimized:  # type: ignore[attr-defined]
        written = [key for key in dict.fromkeys((name, name.removesuffix("s"))) if key in document]
        rule = f"is not for {task.name}, which trains in a loop of its own: {{}} moves nothing there; leave it out"
        message = rule.format("a schedule" if name == "schedules" else "an optimizer")
        return [Fault(path=key, message=message) for key in written], None if name == "optimizer" else {}
    if name == "schedules":
        moving = optimizer is None or "lr" in optimizer.declaration.options
        return read_schedules(document, catalogue, moving=moving)
    if name in document:
        return read_declared(name, document[name], catalogue)
    return [], _silent(name, catalogue)


def variable_of(sections: Mapping[str, Any]) -> dict[str, Option]:
    """Return what may vary, by path."""
    return variable(
        sections.get("task"), sections.get("network"), sections.get("optimizer"), sections.get("schedules", {})
    )

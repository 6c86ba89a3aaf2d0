"""From a document to a specification: all faults together, each with its path, the rule and what was got."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from search_spaces.declarations import DATASETS, KINDS
from search_spaces.documents import Document, assign, closest, is_file, nearest, parse_document, read_document
from search_spaces.domains import Range, Values, significant
from search_spaces.errors import Fault, SpecificationError, printable, shown
from search_spaces.options import Name, Number
from search_spaces.presets import preset_document, preset_names
from search_spaces.sections import PAIR, Section, model_of, unspoken
from search_spaces.specification import MAX_TRIALS, NAME, Design, Objective, Specification

SHOWN_VALUES = 6
"""Values of a list that a fault shows."""

_FIELDS = Specification.model_fields
KEYS = (*_FIELDS, "schedule")
"""Keys of a document; ``schedule`` is short for ``schedules.lr``."""

DECLARED = {"task": "classification", "optimizer": "padam", "schedule": "constant"}
"""Sections that name something declared, and what they name where they do not say."""

SCHEDULED = ("lr", "p")
"""What a schedule may move."""

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

    Release 0.1.0 had no ``task.remainder`` and trained as ``keep`` does.

    Raises
    ------
    SpecificationError
        The document was written by a later release, or changed by other hands.
    """
    task = document.get("task")
    if isinstance(task, dict):
        document = document | {"task": {"remainder": "keep"} | task}
    return validate(document, source)


def validate(document: Document, source: str = "the study specification") -> Specification:
    """Return the specification a document stands for.

    Each section is checked on its own and then against the others, so that one fault hides no other.

    Raises
    ------
    SpecificationError
        With every fault found.
    """
    faults = [
        Fault(path=printable(str(key)), message=f"unknown key; {nearest(key, KEYS)}")
        for key in document
        if key not in KEYS
    ]
    sections: dict[str, Any] = {}
    for name, field in _FIELDS.items():
        if name == "schedules":
            found, sections[name] = _schedules(document)
            faults += found
        elif name in document:
            found, sections[name] = (
                _declared(name, document[name]) if name in DECLARED else _checked(name, document[name])
            )
            faults += found
        elif field.is_required():
            faults.append(Fault(path=name, message="is required"))
        else:
            sections[name] = field.get_default(call_default_factory=True)
    faults += _crossed(sections, document)
    if faults:
        raise SpecificationError(list(dict.fromkeys(faults)), source)
    return Specification(**sections)


def _schedules(document: Document) -> tuple[list[Fault], dict[str, Section | None]]:
    """Return the faults of all schedules, and each by the name of what it moves; ``schedule`` is that of lr."""
    written = document.get("schedules", {})
    if not isinstance(written, dict):
        return [Fault(path="schedules", message=f"must be a mapping of keys to values, got {shown(written)}")], {}
    if "schedule" in document and "lr" in written:
        return [Fault(path="schedule", message="stands beside schedules.lr; write one or the other")], {}
    sections: dict[str, Section | None] = dict(_FIELDS["schedules"].get_default(call_default_factory=True))
    faults = []
    raw = {f"schedules.{printable(str(name))}": (name, it) for name, it in written.items()}
    if "schedule" in document:
        raw["schedule"] = ("lr", document["schedule"])
    for path, (name, one) in raw.items():
        found, sections[name] = _declared("schedule", one, path)
        faults += found
    return faults, sections


def _declared(kind: str, raw: Any, path: str = "") -> tuple[list[Fault], Section | None]:
    """Return the faults of a section that names something declared, and as much of it as holds."""
    path = path or kind
    if not isinstance(raw, dict):
        return [Fault(path=path, message=f"must be a mapping of keys to values, got {shown(raw)}")], None
    name = raw.get("name", DECLARED[kind])
    if not isinstance(name, str):
        return [Fault(path=f"{path}.name", message=f"must be text, got {shown(name)}")], None
    if name not in KINDS[kind]:
        return list(_named(f"{path}.name", name, KINDS[kind])), None
    model = model_of(kind, name)
    raw = unspoken(kind, name, raw)
    faults: list[Fault] = []
    try:
        section = model.model_validate(raw)
    except ValidationError as error:
        faults += _translated(error, path, lambda _: model.model_fields, kind)
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


def _outside(section: Section) -> dict[str, str]:
    """Return the numbers of a section that lie outside their ranges, each with the rule it breaks."""
    values = {name: getattr(section, name, None) for name in section.declaration.numbers}
    faults = {
        name: None if value is None else _range_fault(name, section.declaration.numbers[name], value)
        for name, value in values.items()
    }
    return {name: fault for name, fault in faults.items() if fault is not None}


def _options(kind: str) -> set[str]:
    """Return the options of every entry of a kind."""
    return {option for entry in KINDS.get(kind, {}).values() for option in entry.options}


def _checked(name: str, raw: Any) -> tuple[list[Fault], Any]:
    """Return the faults of one section and its value: whole, or as much of it as holds, or None."""
    field = _FIELDS[name]
    annotation: Any = field.annotation

    def keys(location: tuple[int | str, ...]) -> Iterable[str]:
        if name == "space":
            return (Values if "values" in location[1:2] else Range).model_fields
        return tuple(annotation.model_fields)

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        try:
            return [], annotation.model_validate(raw)
        except ValidationError as error:
            partial = _partial(annotation, raw, error) if isinstance(raw, dict) else None
            return list(_translated(error, name, keys)), partial
    adapter = TypeAdapter(Annotated[(annotation, *field.metadata)] if field.metadata else annotation, config=_STRICT)
    try:
        return [], adapter.validate_python(raw)
    except ValidationError as error:
        return list(_translated(error, name, keys)), None


def _partial(model: type[M], raw: Mapping[str, Any], error: ValidationError) -> M:
    """Return as much of a section as holds."""
    bad = {item["loc"][0] for item in error.errors() if item["loc"]}
    sound = {key: value for key, value in raw.items() if key not in bad and isinstance(key, str)}
    partial = model.model_construct(**sound)
    # What is wrong already is unknown below, and no rule judges it again.
    partial.__dict__.update({key: None for key in bad if key in model.model_fields})
    return partial


def _translated(
    error: ValidationError, section: str, keys: Callable[[tuple[int | str, ...]], Iterable[str]], kind: str = ""
) -> Iterable[Fault]:
    """Turn pydantic's account of a section into faults with Basin's paths and words."""
    items = error.errors(include_url=False)
    for item in items:
        if item["type"] == "too_short" and any(len(o["loc"]) > len(item["loc"]) for o in items):
            continue  # its members were refused one by one
        location = [part for part in item["loc"] if part not in {"values", "range"} or section != "space"]
        if section == "space" and item["loc"][1:2] == ("values",):
            location = [item["loc"][0], *item["loc"][2:]]
        path = section + "".join(
            f"[{part}]" if isinstance(part, int) else f".{printable(str(part))}" for part in location
        )
        got = shown(item["input"])
        rule = item["type"]
        if rule == "extra_forbidden":
            key, known = item["loc"][-1], list(keys(item["loc"]))
            elsewhere = key in _options(kind)
            unknown = f"is no option of {error.title.removeprefix(f'{kind}-')}" if elsewhere else "unknown key"
            meant = None if elsewhere else closest(key, [*known, *_options(kind)])
            rule = f"did you mean {meant!r}?" if meant is not None else nearest(key, known)
            yield Fault(path=path, message=f"{unknown}; {rule}")
        elif rule in {"too_short", "too_long"}:
            bound = item.get("ctx", {})
            limit = (
                f"at least {bound.get('min_length')}" if rule == "too_short" else f"at most {bound.get('max_length')}"
            )
            yield Fault(path=path, message=f"must have {limit} entries, got {bound.get('actual_length')}")
        elif rule == "missing":
            yield Fault(path=path, message="is required")
        elif rule == "value_error":
            yield Fault(path=path, message=str(item.get("ctx", {}).get("error", item["msg"])))
        elif rule == "literal_error":
            expected = str(item.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
            yield Fault(
                path=path, message=f"unknown {path.rsplit('.', 1)[-1]} {got}; {nearest(item['input'], expected)}"
            )
        else:
            must = _RULES.get(rule) or item["msg"].replace("Input should be", "must be")
            meant = _meant(item["input"]) if section == "space" and len(location) == 1 else ""
            yield Fault(path=path, message=f"{must}, got {got}{meant}")


def _meant(raw: Any) -> str:
    """Return a clause that writes a bare list or number of the space as the domain it was meant for."""
    values = raw if isinstance(raw, list) else [raw]
    if not values or not all(_is_number(value) for value in values):
        return ""
    several = ", ".join(shown(value, 24) for value in values[:SHOWN_VALUES]) + ", …" * (len(values) > SHOWN_VALUES)
    written = f"; write {{values: [{several}]}}"
    return written if isinstance(raw, list) else f"{written}, or fix it under `optimizer`"


def _crossed(sections: Mapping[str, Any], document: Document) -> Iterable[Fault]:
    """Check what no single section can see: names against the catalog, values against each other."""
    name = sections.get("name")
    if isinstance(name, str) and not NAME.fullmatch(name):
        yield Fault(
            path="name",
            message=f"must be 1 to 64 of a-z 0-9 . _ - beginning with a letter or digit, got {shown(name)}",
        )
    task: Section | None = sections.get("task")
    if task is not None:
        for key, option in task.declaration.options.items():
            if isinstance(option, Name):
                yield from _named(f"task.{key}", getattr(task, key, None), KINDS[option.kind])
        yield from _sized(task)
    optimizer: Section | None = sections.get("optimizer")
    for name, schedule in sections.get("schedules", {}).items():
        path = "schedule" if name == "lr" and "schedule" in document else f"schedules.{printable(str(name))}"
        if name not in SCHEDULED or (optimizer is not None and name not in optimizer.declaration.options):
            movable = [it for it in SCHEDULED if optimizer is None or it in optimizer.declaration.options]
            yield Fault(path=path, message=f"is nothing that a schedule moves; {nearest(name, movable)}")
        elif schedule is not None:
            yield from _scheduled(path, schedule, sections.get("epochs"))
            if name == "p" and (gamma := schedule.options.get("gamma")) is not None and gamma > 1:
                yield Fault(path=f"{path}.gamma", message=f"must be at most 1, or p leaves its range, got {gamma:g}")
    objective: Objective | None = sections.get("objective")
    if objective is not None and task is not None and objective.split == "validation" and not task.validation:
        yield Fault(
            path="objective.split",
            message="validation needs training images held out; set task.validation to their number",
        )
    yield from _spanned(document.get("space"), optimizer)
    space: dict[str, Values | Range] | None = sections.get("space")
    if space is not None:
        yield from _designed(space, sections, document.get("design") or {})


def _named(path: str, name: str | None, known: Mapping[str, object]) -> Iterable[Fault]:
    if name is not None and name not in known:
        yield Fault(
            path=path, message=f"unknown {path.rsplit('.', maxsplit=1)[-1]} {shown(name)}; {nearest(name, known)}"
        )


def _sized(task: Section) -> Iterable[Fault]:
    info = DATASETS.get(getattr(task, "dataset", ""))
    if info is None:
        return
    if task.subset is not None and task.subset > info.train:
        yield Fault(
            path="task.subset", message=f"must be at most the {info.train} training images, got {task.subset}"
        )
        return
    images = task.subset or info.train
    held_out: int | None = task.validation
    if held_out is not None and held_out >= images:
        yield Fault(
            path="task.validation",
            message=f"must leave training images: fewer than {images}, got {task.validation}",
        )
        return
    left = images - (held_out or 0)
    size: int | None = task.batch_size
    # Under `keep` they are one batch, whatever its size was to be.
    if task.remainder == "join" and size is not None and size > left:
        yield Fault(
            path="task.batch_size",
            message=f"must be at most the number of training images, {left}, got {size}; "
            "`remainder: keep` would make one batch of them all",
        )


def _scheduled(path: str, schedule: Section, epochs: Any) -> Iterable[Fault]:
    marks = schedule.options.get("milestones")
    if isinstance(marks, tuple):
        if not marks or any(m < 1 for m in marks) or any(a >= b for a, b in itertools.pairwise(marks)):
            yield Fault(
                path=f"{path}.milestones",
                message=f"must be ascending epochs from 1 on, such as [50, 100, 150], got {list(marks)}",
            )
        elif isinstance(epochs, int) and marks[-1] >= epochs:
            yield Fault(path=f"{path}.milestones", message=f"must lie before epoch {epochs}, got {marks[-1]}")


def _spanned(raw: Any, optimizer: Section | None) -> Iterable[Fault]:
    """Check the names and numbers of a space as they were written, whatever else is wrong with it."""
    if not isinstance(raw, dict):
        return
    if not raw:
        yield Fault(path="space", message="must vary at least one hyperparameter, got none")
    for name, domain in raw.items():
        path = f"space.{printable(str(name))}"
        known = _anybody() if optimizer is None else optimizer.declaration.numbers
        if name not in known:
            of = f" of {optimizer.declaration.name}" if optimizer is not None else ""
            yield Fault(path=path, message=f"is no hyperparameter{of}; {nearest(name, known)}")
        elif isinstance(domain, dict):
            values = domain.get("values")
            numbers = [(f"{path}.{bound}", domain[bound]) for bound in ("low", "high") if bound in domain]
            numbers += [(f"{path}.values[{i}]", v) for i, v in enumerate(values)] if isinstance(values, list) else []
            numbers = [(where, value) for where, value in numbers if _is_number(value)]
            for where, value in numbers:
                fault = _range_fault(name, known[name], value)
                if fault:
                    yield Fault(path=where, message=fault)
            low, high = domain.get("low"), domain.get("high")
            if low is not None and high is not None and _is_number(low) and _is_number(high) and low >= high:
                yield Fault(path=path, message=f"low < high must hold, got low={low:g}, high={high:g}")


def _anybody() -> dict[str, Number]:
    """Return the numbers of all optimizers."""
    return {name: option for entry in KINDS["optimizer"].values() for name, option in entry.numbers.items()}


def _range_fault(name: str, option: Number, value: float) -> str | None:
    """Return the fault of a value, as written or at the 12 digits it is kept with."""
    fault = option.fault(name, value)
    return fault if fault or isinstance(value, int) else option.fault(name, significant(value))


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number that a float can hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _designed(
    space: Mapping[str, Values | Range], sections: Mapping[str, Any], written: Mapping[str, Any]
) -> Iterable[Fault]:
    design = sections.get("design")
    if design is None or design.name is None:
        return
    if design.name == "grid":
        faults = list(_cut(space, design.configurations))
        yield from faults
        count = None if faults else math.prod(len(domain.grid()) for domain in space.values())
    else:
        count = design.configurations
        yield from _chosen(space, design, written)
    seeds = sections.get("seeds")
    if count is not None and isinstance(seeds, int) and count * seeds > MAX_TRIALS:
        yield Fault(path="space", message=f"must give at most {MAX_TRIALS:,} trials, got {count * seeds:,}")


def _cut(space: Mapping[str, Values | Range], configurations: int | None) -> Iterable[Fault]:
    """Check a grid."""
    if configurations is not None:
        yield Fault(path="design.configurations", message="is counted by the space of a grid; leave it out")
    for name, domain in space.items():
        if isinstance(domain, Range) and domain.points is None:
            yield Fault(path=f"space.{name}.points", message="is required in a grid; or give `values`")


def _chosen(space: Mapping[str, Values | Range], design: Design, written: Mapping[str, Any]) -> Iterable[Fault]:
    """Check a design that takes a number of configurations."""
    count = design.configurations
    if count is None:
        if "configurations" not in written:
            message = f"is required by design {design.name}, such as 50"
            yield Fault(path="design.configurations", message=message)
    elif all(isinstance(domain, Values) for domain in space.values()):
        cells = math.prod(len(domain.grid()) for domain in space.values())
        if count > cells:
            message = f"must be at most the {cells} distinct points of the space, got {count}"
            yield Fault(path="design.configurations", message=message)

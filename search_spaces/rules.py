"""Rules: what no single section of a document can see."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from search_spaces.arm import MAX_TRIALS, Design, Objective, metric_of
from search_spaces.catalogue import Catalogue
from search_spaces.declarations import CLASSIFICATION, IMPORTED, Dataset, Network, Task, is_imported
from search_spaces.documents import Document, nearest
from search_spaces.domains import Choices, Domain, Range, Values, is_number, range_fault
from search_spaces.errors import Fault, printable, shown
from search_spaces.movement import moved
from search_spaces.options import Choice, Name, Number, Option, Value
from search_spaces.paths import canonical, split, variable
from search_spaces.sections import Section
from search_spaces.specification import NAME


def is_complete(sections: Mapping[str, Any]) -> bool:
    """Tell whether all is known that may vary: an optimizer, or a task that takes none."""
    task: Section | None = sections.get("task")
    own = task is not None and not task.declaration.optimized  # type: ignore[attr-defined]
    return own or sections.get("optimizer") is not None


def crossed(sections: Mapping[str, Any], document: Document, catalogue: Catalogue) -> Iterable[Fault]:
    """Check what no single section can see: names against what is declared, values against each other."""
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
                yield from named(f"task.{key}", getattr(task, key, None), catalogue[option.kind])
        data: Section | None = sections.get("data")
        if task.declaration.name == CLASSIFICATION and data is not None:
            info: Dataset = data.declaration.with_options(data.options)  # type: ignore[attr-defined]
            yield from sized(task, info, sections.get("space") or {})
            yield from _fitting(sections.get("network"), info)
    optimizer: Section | None = sections.get("optimizer")
    yield from moved(sections, document)
    if sections.get("objective") is not None and task is not None:
        written = document.get("objective")
        yield from _judged(
            sections["objective"],
            task,
            sections.get("space") or {},
            written if isinstance(written, dict) else {},
        )
    known = variable(task, sections.get("network"), optimizer, sections.get("schedules", {}))
    anybody = {} if is_complete(sections) else _anybody(catalogue)
    yield from _spanned(document.get("space"), known, anybody)
    space: dict[str, Domain] | None = sections.get("space")
    if space is not None:
        yield from _designed(space, sections, document.get("design") or {})


MODELLED = {"gp": 500, "levelset": 2_000}
"""Points that the models of designs take: each proposal takes seconds from there on."""


def _judged(
    objective: Objective, task: Section, space: Mapping[str, Domain], written: Mapping[str, Any]
) -> Iterable[Fault]:
    """Check an objective against what its task measures."""
    declared: Task = task.declaration  # type: ignore[assignment]
    if None in (objective.split, objective.statistic):
        return  # what it says is wrong already
    if "split" in written and declared.name != CLASSIFICATION:
        names = ", ".join(declared.judged)
        yield Fault(path="objective.split", message=f"{declared.name} has no splits; `metric` is one of {names}")
        return
    if "split" in written and "metric" in written:
        yield Fault(path="objective.metric", message="stands beside split; write one or the other")
        return
    if objective.metric is not None and objective.metric not in declared.judged:
        trace = declared.metric(objective.metric) is not None
        says = "keeps, and does not judge," if trace else "does not measure"
        rule = f"{declared.name} {says} {shown(objective.metric)}; {nearest(objective.metric, declared.judged)}"
        yield Fault(path="objective.metric", message=rule)
        return
    held_out = space.get("task.validation")
    on_validation = declared.name == CLASSIFICATION and metric_of(objective, declared).name == "validation_error"
    if on_validation and not (held_out.low if isinstance(held_out, Values | Range) else task.validation):
        yield Fault(
            path="objective.metric" if objective.metric is not None else "objective.split",
            message="validation needs training images held out; set task.validation to their number",
        )
    if metric_of(objective, declared).direction == "maximize" and objective.statistic == "min":
        message = f"must not be min: {metric_of(objective, declared).name} is to be maximised, and min is its worst"
        yield Fault(path="objective.statistic", message=message)


def named(path: str, name: str | None, known: Mapping[str, object]) -> Iterable[Fault]:
    """Yield the fault of a name that is not known."""
    if name is not None and name not in known:
        yield Fault(
            path=path, message=f"unknown {path.rsplit('.', maxsplit=1)[-1]} {shown(name)}; {nearest(name, known)}"
        )


def _fitting(network: Section | None, data: Dataset) -> Iterable[Fault]:
    """Check a network against the images that it is to take."""
    declared: Network | None = None if network is None else network.declaration  # type: ignore[assignment]
    if declared is not None:
        for fault in declared.faults(data.shape):
            yield Fault(path="task.network", message=f"{declared.name} must have {fault} of {data.name}")


def _sized(task: Section, info: Dataset) -> Iterable[Fault]:
    if info.train is None:
        return  # which is known when it is loaded
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


def _spanned(raw: Any, known: Mapping[str, Option], anybody: Mapping[str, Option]) -> Iterable[Fault]:
    """Check the names and values of a space as they were written, whatever else is wrong with it.

    Where the optimizer is not known, an option of ``anybody`` will do.
    """
    if not isinstance(raw, dict):
        return
    if not raw:
        yield Fault(path="space", message="must vary at least one hyperparameter, got none")
    known = {**known, **anybody}
    for name, domain in raw.items():
        path = f"space.{printable(str(name))}"
        option = known.get(canonical(str(name), known))
        if option is None:
            if anybody:
                yield Fault(path=path, message=f"is no hyperparameter; {nearest(name, known)}")
        elif isinstance(domain, dict) and isinstance(option, Number):
            yield from _numbered(path, str(name), option, domain)
        elif isinstance(domain, dict) and isinstance(option, Choice) and isinstance(domain.get("values"), list):
            for at, value in enumerate(domain["values"]):
                if isinstance(value, str) and value not in option.choices:
                    rule = nearest(value, option.choices)
                    yield Fault(path=f"{path}.values[{at}]", message=f"unknown {name} {shown(value)}; {rule}")


def _numbered(path: str, name: str, option: Number, domain: Mapping[str, Any]) -> Iterable[Fault]:
    """Check the numbers of a domain."""
    values = domain.get("values")
    numbers = [(f"{path}.{bound}", domain[bound]) for bound in ("low", "high") if bound in domain]
    numbers += [(f"{path}.values[{i}]", v) for i, v in enumerate(values)] if isinstance(values, list) else []
    for where, value in numbers:
        fault = range_fault(name, option, value) if is_number(value) else None
        if fault:
            yield Fault(path=where, message=fault)
    low, high = domain.get("low"), domain.get("high")
    if low is not None and high is not None and is_number(low) and is_number(high) and low >= high:
        yield Fault(path=path, message=f"low < high must hold, got low={low:g}, high={high:g}")


def sized(task: Section, info: Dataset, space: Mapping[str, Domain]) -> Iterable[Fault]:
    """Check the sizes of a task at every combination of the ends of what a space varies of it."""
    varied = {path: domain for path, domain in space.items() if split(path)[0] == "task"}
    told = set()
    for ends in itertools.product(*map(_ends, varied.values())):
        values = {split(path)[1]: end for path, end in zip(varied, ends, strict=True)}
        for fault in _sized(task.model_copy(update=values), info):
            if fault.path not in told:
                told.add(fault.path)
                yield replace(fault, path=f"space.{fault.path}") if fault.path in space else fault


def _ends(domain: Domain) -> Iterable[Value]:
    """Return the values of a domain between which all others lie."""
    return domain.values if isinstance(domain, Choices) else dict.fromkeys((domain.low, domain.high))


def _anybody(catalogue: Catalogue) -> dict[str, Option]:
    """Return the options of all optimizers."""
    return {name: option for entry in catalogue["optimizer"].values() for name, option in entry.options.items()}


def _designed(
    space: Mapping[str, Domain], sections: Mapping[str, Any], written: Mapping[str, Any]
) -> Iterable[Fault]:
    design = sections.get("design")
    if design is None or design.name is None:
        return
    if design.name == IMPORTED:
        task: Section | None = sections.get("task")
        if task is not None and not is_imported(task.declaration):  # type: ignore[arg-type]
            message = "is said of results that `basin import` took in; write grid, random, sobol or tpe"
            yield Fault(path="design.name", message=message)
        return
    if design.name == "grid":
        faults = list(_cut(space, design.configurations))
        yield from faults
        count = None if faults else math.prod(len(domain.grid()) for domain in space.values())
    else:
        count = design.configurations
        yield from _chosen(space, design, written)
    seeds = sections.get("seeds")
    if count is None or not isinstance(seeds, int):
        return
    if count * seeds > MAX_TRIALS:
        yield Fault(path="space", message=f"must give at most {MAX_TRIALS:,} trials, got {count * seeds:,}")
    elif (most := MODELLED.get(design.name)) is not None and (
        asked := count * (seeds if design.by_slot else 1)
    ) > most:
        what = "trials of an arm" if design.by_slot else "configurations"
        message = (
            f"must give at most {most:,} {what} with design {design.name}, whose model takes no more, got {asked:,}"
        )
        yield Fault(path="design.configurations", message=message)


def _cut(space: Mapping[str, Domain], configurations: int | None) -> Iterable[Fault]:
    """Check a grid."""
    if configurations is not None:
        yield Fault(path="design.configurations", message="is counted by the space of a grid; leave it out")
    for name, domain in space.items():
        if isinstance(domain, Range) and domain.points is None:
            yield Fault(path=f"space.{name}.points", message="is required in a grid; or give `values`")


def _chosen(space: Mapping[str, Domain], design: Design, written: Mapping[str, Any]) -> Iterable[Fault]:
    """Check a design that takes a number of configurations."""
    count = design.configurations
    if count is None:
        if "configurations" not in written:
            message = f"is required by design {design.name}, such as 50"
            yield Fault(path="design.configurations", message=message)
    else:
        every = [domain.every() for domain in space.values()]
        cells = math.inf if None in every else math.prod(len(values or ()) for values in every)
        if count > cells:
            message = f"must be at most the {cells} distinct points of the space, got {count}"
            yield Fault(path="design.configurations", message=message)

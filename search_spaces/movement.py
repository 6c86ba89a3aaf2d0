"""Movement: what schedules may move, how far, and what they owe to each other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any

from search_spaces.documents import Document, nearest
from search_spaces.domains import Domain, Range, Values
from search_spaces.errors import Fault, printable
from search_spaces.options import Number
from search_spaces.sections import Section, moves

FOLLOWING = {"compensated": ("lr", "p")}
"""Schedules that make up for what another one does: what they are of, and what the other moves."""


def moved(sections: Mapping[str, Any], document: Document) -> Iterable[Fault]:
    """Check the schedules of a document."""
    schedules: Mapping[str, Section | None] = sections.get("schedules", {})
    optimizer: Section | None = sections.get("optimizer")
    numbers = None if optimizer is None else optimizer.declaration.numbers
    for name, schedule in schedules.items():
        path = "schedule" if name == "lr" and "schedule" in document else f"schedules.{printable(str(name))}"
        if numbers is not None and name not in numbers:
            hint = nearest(name, numbers) if numbers else "this optimizer has nothing that one moves"
            yield Fault(path=path, message=f"is nothing that a schedule moves; {hint}")
        elif schedule is not None:
            space = sections.get("space") or {}
            yield from _in_time(path, schedule, sections.get("epochs"))
            yield from _warmed_in_time(path, name, schedule, sections.get("epochs"), space)
            yield from _following(path, name, schedule, schedules, numbers)
            if numbers is not None:
                yield from _in_range(path, name, numbers[name], schedule, space)


def _in_time(path: str, schedule: Section, epochs: Any) -> Iterable[Fault]:
    """Check epochs against those of the training."""
    marks = schedule.options.get("milestones")
    if isinstance(marks, tuple):
        needed = schedule.name not in FOLLOWING
        if (needed and not marks) or any(m < 1 for m in marks) or any(a >= b for a, b in itertools.pairwise(marks)):
            yield Fault(
                path=f"{path}.milestones",
                message=f"must be ascending epochs from 1 on, such as [50, 100, 150], got {list(marks)}",
            )
        elif marks and isinstance(epochs, int) and marks[-1] >= epochs:
            yield Fault(path=f"{path}.milestones", message=f"must lie before epoch {epochs}, got {marks[-1]}")


def _warmed_in_time(
    path: str, name: str, schedule: Section, epochs: Any, space: Mapping[str, Domain]
) -> Iterable[Fault]:
    """Check the longest warm-up against the training."""
    longest, varied = _largest(f"schedules.{name}.warmup", schedule, space)
    if longest is not None and isinstance(epochs, int) and longest > epochs:
        where = f"space.schedules.{name}.warmup" if varied else f"{path}.warmup"
        yield Fault(path=where, message=f"must be at most the {epochs} epochs, got {longest:g}")


def _largest(path: str, schedule: Section, space: Mapping[str, Domain]) -> tuple[float | None, bool]:
    """Return the largest value of an option of a schedule, and whether the space varies it."""
    domain = space.get(path)
    found = domain.high if isinstance(domain, Values | Range) else schedule.options.get(path.rpartition(".")[2])
    return (float(found) if isinstance(found, int | float) else None), domain is not None


def _following(
    path: str,
    name: str,
    schedule: Section,
    schedules: Mapping[str, Section | None],
    numbers: Mapping[str, Number] | None,
) -> Iterable[Fault]:
    """Check that a schedule that makes up for another has it."""
    if schedule.name not in FOLLOWING:
        return
    own, other = FOLLOWING[schedule.name]
    if name != own:
        yield Fault(path=f"{path}.name", message=f"must be a schedule of {own}, got {schedule.name} of {name}")
    elif numbers is not None and other not in numbers:
        yield Fault(path=f"{path}.name", message=f"makes up for a {other} that moves, and this optimizer has none")
    elif (followed := schedules.get(other)) is None or not moves(followed):
        yield Fault(
            path=f"{path}.name",
            message=f"needs a schedule that moves {other}, such as `schedules: {{{other}: {{name: step, every: 50, "
            "gamma: 0.5}}}`",
        )


def _in_range(
    path: str, name: str, option: Number, schedule: Section, space: Mapping[str, Domain]
) -> Iterable[Fault]:
    """Check the largest factor by which an option is multiplied that has an upper end."""
    gamma, varied = _largest(f"schedules.{name}.gamma", schedule, space)
    if gamma is not None and gamma > 1 and math.isfinite(option.high):
        where = f"space.schedules.{name}.gamma" if varied else f"{path}.gamma"
        yield Fault(path=where, message=f"must be at most 1, or {name} leaves its range, got {gamma:g}")

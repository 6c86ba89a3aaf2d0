"""Spaces: what varied elsewhere as options and domains, and what did not as values that are fixed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from search_spaces.domains import NARROWEST, significant
from search_spaces.options import Choice, Number, Option, Switch
from study.interchange.records import Parameter

FULL = 0.5
"""A grid of which at least this share of the cells is there is told as one, holes and all."""

MOST_CHOICES = 100
"""Texts that a choice may have."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """What an arm's results were found over.

    Attributes
    ----------
    options
        Declarations, by name; the summary of each is what it is called elsewhere.
    domains
        Of those that varied, as a specification has them.
    fixed
        Values of those that did not.
    """

    options: Mapping[str, Option] = field(default_factory=dict)
    domains: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)


def space_of(
    parameters: Mapping[str, Parameter], names: Mapping[str, str], points: Sequence[Mapping[str, Any]]
) -> Space:
    """Return the space in which points lie.

    Numbers are listed where the points are a grid, or most of one, or where they were chosen from a list; else their
    range is told: the one that they were drawn from, wide enough for each of them.

    Parameters
    ----------
    parameters
        Each by its outside name.
    names
        What it is called here.
    points
        Values of every one of them, by outside name.
    """
    seen = {it: list(dict.fromkeys(_kept(point[it]) for point in points)) for it in parameters}
    count = len({tuple(_kept(point[it]) for it in parameters) for point in points})
    grid = _is_grid(parameters, seen, count)
    options: dict[str, Option] = {}
    domains: dict[str, dict[str, Any]] = {}
    fixed: dict[str, Any] = {}
    for outside, it in parameters.items():
        name, values = names[outside], seen[outside]
        options[name] = _option(outside, it, values)
        if len(values) == 1:
            fixed[name] = values[0]
        else:
            domains[name] = _domain(it, values, grid=grid)
    if not domains:  # a study varies something, if only what has one value
        name, value = next(iter(fixed.items()))
        domains[name] = {"values": [fixed.pop(name) if value is None else value]}
        fixed.pop(name, None)
    return Space(options=options, domains=domains, fixed=fixed)


def _kept(value: Any) -> Any:
    return significant(value) if isinstance(value, float) else value


def _is_grid(parameters: Mapping[str, Parameter], seen: Mapping[str, Sequence[Any]], count: int) -> bool:
    """Tell whether points are cells of a grid that is at least half full, with repeats along each of its numbers."""
    varied = [it for it in parameters if len(seen[it]) > 1]
    if len(varied) < 2:
        return all(parameters[it].low is None for it in varied)
    return math.prod(len(seen[it]) for it in varied) * FULL <= count


def _option(outside: str, it: Parameter, values: Sequence[Any]) -> Option:
    if it.kind == "switch":
        return Switch(bool(values[0]), summary=outside)
    if it.kind == "choice":
        choices = list(dict.fromkeys((*it.choices, *values)))
        # The default comes first of a choice that does not vary, and nothing else asks for it.
        return Choice(dict.fromkeys(choices, ""), summary=outside)
    return Number(values[0], summary=outside, integer=it.kind == "whole", log=_is_log(it, values))


def _is_log(it: Parameter, values: Sequence[float]) -> bool:
    """Tell whether numbers are better seen on a logarithmic scale, by the rule of listed ones where nobody said."""
    positive = min(values) > 0 and (it.low is None or it.low > 0)
    return positive and (max(values) > 20 * min(values) if it.log is None else it.log)


def _domain(it: Parameter, values: Sequence[Any], *, grid: bool) -> dict[str, Any]:
    if it.kind == "choice":
        return {"values": list(dict.fromkeys((*it.choices, *values)))}
    if it.kind == "switch":
        return {"values": [value for value in (False, True) if value in values]}
    low = min(values if it.low is None else (*values, it.low))
    high = max(values if it.high is None else (*values, it.high))
    narrow = high - low < NARROWEST * max(abs(low), abs(high))
    if grid or it.choices or narrow:
        return {"values": sorted(values)}
    return {"low": low, "high": high, "log": _is_log(it, values)}

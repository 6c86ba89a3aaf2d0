"""Checks: what a plug-in must keep to when it declares something."""

from __future__ import annotations

import inspect
import keyword
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter
from typing import Any

from search_spaces.declarations import Metric
from search_spaces.errors import shown
from search_spaces.options import Choice, Number, Switch
from search_spaces.plugins.names import ATTRIBUTES, EPOCH, NAME, PLACES, REAL, STATISTICS, TRIAL, WORD, WORDS

MAX_OPTIONS = 100


def name_faults(name: Any) -> Iterator[str]:
    """Yield what is wrong with the name of what is declared."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield f"its name must be 1 to 64 of a-z 0-9 . _ - beginning with a letter or digit, got {shown(name)}"


def option_faults(kind: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the options of what is declared."""
    if len(options) > MAX_OPTIONS:
        yield f"it must have at most {MAX_OPTIONS} options, got {len(options)}"
    for name, option in options.items():
        if not WORD.fullmatch(name) or keyword.iskeyword(name):
            yield f"option {shown(name)} must be a word of a-z 0-9 _ beginning with a letter"
        elif name in TRIAL:
            yield f"option {name} must have another name: {name} is a column of every trial"
        elif name in PLACES | WORDS | ATTRIBUTES or name.startswith("model_"):
            yield f"option {name} must have another name: {name} means something else in a specification or a query"
        if not isinstance(option, Number | Choice | Switch):
            rule = "must be a basin.Number, a basin.Choice or a basin.Switch"
            yield f"option {name} {rule}, got {shown(option)}"
        else:
            if kind == "optimizer" and name in REAL and (not isinstance(option, Number) or option.integer):
                yield f"option {name} must be a number that need not be whole, as it is of every other optimizer"
            yield from (f"option {name}: {fault}" for fault in _value_faults(name, option))


def _value_faults(name: str, option: Any) -> Iterator[str]:
    if isinstance(option, Choice):
        choices: Any = option.choices
        texts = isinstance(choices, Mapping) and all(isinstance(it, str) and it for it in choices)
        if not texts or not choices:
            yield f"choices must be names, the first one the default, got {shown(option.choices)}"
    elif isinstance(option, Switch):
        default: Any = option.default
        if not isinstance(default, bool):
            yield f"the default must be True or False, got {shown(option.default)}"
    elif isinstance(option, Number):
        if not all(_is_number(it) or it in {-math.inf, math.inf} for it in (option.low, option.high)):
            yield f"low and high must be numbers, got {shown(option.low)} and {shown(option.high)}"
        elif not option.low < option.high:
            yield f"low < high must hold, got low={option.low:g}, high={option.high:g}"
        elif option.default is None:
            return
        elif not _is_number(option.default) or (option.integer and not isinstance(option.default, int)):
            whole = "a whole number" if option.integer else "a number"
            yield f"the default must be {whole}, got {shown(option.default)}"
        else:
            fault = option.fault(name, option.default)
            yield from () if fault is None else (f"the default, {fault}",)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def metric_faults(metrics: Any, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the metrics of a task."""
    if not isinstance(metrics, Sequence) or not metrics or not all(isinstance(it, Metric) for it in metrics):
        yield f"metrics must be a list of basin.Metric, the objective first, got {shown(metrics)}"
        return
    names = [it.name for it in metrics]
    columns = {f"{name}_{statistic}" for name in names for statistic in STATISTICS}
    if metrics[0].trace:
        yield f"the first metric, {metrics[0].name}, is the objective, and must be no trace"
    for metric in metrics:
        name = metric.name
        if not isinstance(name, str) or not WORD.fullmatch(name):
            yield f"metric {shown(name)} must be a word of a-z 0-9 _ beginning with a letter"
        elif name in EPOCH | TRIAL | WORDS or not TRIAL.isdisjoint(f"{name}_{it}" for it in STATISTICS):
            yield f"metric {name} must have another name: {name} is a column of every trial or epoch"
        elif name in options or names.count(name) > 1 or name in columns:
            yield f"metric {name} must have another name: an option or a metric has this one already"
        if metric.direction not in {"minimize", "maximize"}:
            yield f"metric {name}: direction must be minimize or maximize, got {shown(metric.direction)}"
        if metric.worst is not None and not _is_number(metric.worst):
            yield f"metric {name}: worst must be a finite number, got {shown(metric.worst)}"
    for name in columns & options.keys():
        yield f"option {name} must have another name: it is a column of what the task measures"


def call_faults(function: Any, positional: tuple[str, ...], options: Mapping[str, Any]) -> Iterator[str]:
    """Yield why a function cannot be called as it will be: some arguments by place, each option by its name.

    Parameters
    ----------
    function
        What is decorated.
    positional
        What it is given by place.
    options
        What it is given by name.
    """
    if not callable(function):
        yield f"it must be a function or a class, got {shown(function)}"
        return
    parameters = list(_parameters(function))
    taken = [it for it in parameters if it.kind in {Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD}]
    anything = any(it.kind is Parameter.VAR_POSITIONAL for it in parameters)
    form = f"({', '.join((*positional, *(('*', *options) if options else ())))})"
    if len(taken) < len(positional) and not anything:
        yield f"it is called as {form}, and must take {', '.join(positional[len(taken) :])} by place"
        return
    first, named = taken[: len(positional)], taken[len(positional) :]
    named += [it for it in parameters if it.kind is Parameter.KEYWORD_ONLY]
    names = {it.name for it in named if it.kind is not Parameter.POSITIONAL_ONLY}
    if not any(it.kind is Parameter.VAR_KEYWORD for it in parameters):
        missing = [name for name in options if name not in names]
        if missing:
            yield f"it declares {', '.join(missing)}, and must take that by name; it is called as {form}"
    twice = [it.name for it in first if it.name in options and it.kind is not Parameter.POSITIONAL_ONLY]
    if twice:
        yield f"its argument {', '.join(twice)} has the name of an option; it is called as {form}"
    more = [it.name for it in named if it.default is Parameter.empty and it.name not in options]
    if more:
        yield f"it must not ask for more than it declares, got {', '.join(more)}; it is called as {form}"


def _parameters(function: Callable[..., Any]) -> Iterator[Parameter]:
    """Yield the parameters of a function; of one that does not tell them, that it takes anything."""
    try:
        yield from inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        yield Parameter("arguments", Parameter.VAR_POSITIONAL)
        yield Parameter("options", Parameter.VAR_KEYWORD)

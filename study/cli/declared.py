"""``basin optimizers``, ``networks``, ``datasets``, ``schedules`` and ``tasks``: what a specification can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import typer

from search_spaces.declarations import SCHEDULES, Declaration, Metric, Task
from search_spaces.options import Choice, Name, Number, Option, Switch
from study.cli.options import JsonOption, PluginOption
from study.cli.output import print_json, print_table

METRIC = ("metric", "unit", "direction", "worst", "")
"""What the listing of tasks says of a metric."""


def listing(noun: str, kind: str, facts: tuple[str, ...] = ()) -> Callable[..., None]:
    """Return the command that lists the declarations of a kind, those of plug-ins included.

    Parameters
    ----------
    noun
        What they are, in the plural.
    kind
        Which.
    facts
        Further keys of a declaration that stand in the table.
    """

    def command(plugin: PluginOption = None, json: JsonOption = False) -> None:
        from study.plugins import plugged  # noqa: PLC0415

        _print(plugged(plugin).catalogue[kind], facts, json=json)

    command.__doc__ = f"List the {noun} that a specification can name."
    return command


def schedules(json: JsonOption = False) -> None:
    """List the schedules that a specification can name."""
    _print(SCHEDULES, (), json=json)


optimizers = listing("optimizers", "optimizer")
networks = listing("networks", "network", ("parameters", "least"))
datasets = listing("data sets", "dataset", ("classes", "train", "test"))
tasks = listing("tasks", "task")


def _print(declared: Mapping[str, Declaration], facts: tuple[str, ...], *, json: bool) -> None:
    """Print declarations: a table of all, and then the options of each."""
    rows = [declaration.to_dict() for declaration in declared.values()]
    if json:
        print_json(rows)
        return
    print_table(rows, ("name", *facts, "summary"))
    for declaration in declared.values():
        origin = "" if declaration.origin is None else f"plug-in {declaration.origin.name} {declaration.origin.hash}"
        source = declaration.source or origin
        if declaration.options or source:
            typer.echo(f"\n{declaration.name}" + (f" ({source})" if source else ""))
        if declaration.options:
            options = [
                {
                    "option": f"  {name}",
                    "values": _values(option),
                    "default": _default(option),
                    "": option.summary,
                }
                for name, option in declaration.options.items()
            ]
            print_table(options, ("option", "values", "default", ""))
        if isinstance(declaration, Task):
            print_table(list(map(_metric, declaration.metrics)), METRIC)


def _metric(metric: Metric) -> dict[str, Any]:
    """Return the row of a metric; no direction of a trace is better."""
    direction = "trace" if metric.trace else metric.direction
    return metric.to_dict() | {"metric": f"  {metric.name}", "direction": direction, "": metric.summary}


def _values(option: Option) -> str:
    if isinstance(option, Number):
        return f"{option.interval}{' whole' if option.integer else ''}"
    if isinstance(option, Choice):
        return ", ".join(option.choices)
    if isinstance(option, Name):
        return f"a name of `basin {option.kind}s`"
    return "true, false" if isinstance(option, Switch) else "a list of whole numbers"


def _default(option: Option) -> str:
    default = option.default
    if default is None:
        return "required" if isinstance(option, Name) else "-"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return str(list(default))
    return default if isinstance(default, str) else f"{default:g}"

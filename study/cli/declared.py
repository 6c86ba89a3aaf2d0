"""``basin optimizers``, ``networks``, ``datasets``, ``schedules`` and ``tasks``: what a specification can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import typer

from search_spaces.declarations import DATASETS, NETWORKS, OPTIMIZERS, SCHEDULES, TASKS, Declaration, Task
from search_spaces.options import Choice, Name, Number, Option, Switch
from study.cli.options import JsonOption
from study.cli.output import print_json, print_table

METRIC = ("metric", "unit", "direction", "worst", "")
"""What the listing of tasks says of a metric."""


def listing(noun: str, declared: Mapping[str, Declaration], facts: tuple[str, ...] = ()) -> Callable[..., None]:
    """Return the command that lists the declarations of a kind.

    Parameters
    ----------
    noun
        What they are, in the plural.
    declared
        By name.
    facts
        Further keys of a declaration that stand in the table.
    """

    def command(json: JsonOption = False) -> None:
        rows = [declaration.to_dict() for declaration in declared.values()]
        if json:
            print_json(rows)
            return
        print_table(rows, ("name", *facts, "summary"))
        for declaration in declared.values():
            if declaration.options or declaration.source:
                typer.echo(f"\n{declaration.name}" + (f" ({declaration.source})" if declaration.source else ""))
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
                metrics = [it.to_dict() | {"metric": f"  {it.name}", "": it.summary} for it in declaration.metrics]
                print_table(metrics, METRIC)

    command.__doc__ = f"List the {noun} that a specification can name."
    return command


optimizers = listing("optimizers", OPTIMIZERS)
networks = listing("networks", NETWORKS, ("parameters",))
datasets = listing("data sets", DATASETS, ("classes", "train", "test"))
schedules = listing("schedules", SCHEDULES)
tasks = listing("tasks", TASKS)


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

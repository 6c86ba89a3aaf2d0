"""``basin db``: the schema and the soundness of a store."""

from __future__ import annotations

import sys

import typer

from search_spaces.exits import Exit
from study.cli.options import JsonOption, StoreOption
from study.cli.output import print_json
from study.operations.opening import opened
from study.words import cell

db = typer.Typer(help="The schema and the soundness of a store.", no_args_is_help=True)


@db.command()
def upgrade(store: StoreOption = None, json: JsonOption = False) -> None:
    """Bring the schema to this release's.

    Run it once, with no driver running; copy the store first.
    """
    with opened(store, check_schema=False) as it:
        before, after = it.upgrade()
        where = it.shown
    if json:
        print_json({"before": before, "after": after})
    elif before == after:
        typer.echo(f"the schema of {where} is {after} already")
    else:
        typer.echo(f"the schema of {where} went from {before or 'nothing'} to {after}")


@db.command()
def check(store: StoreOption = None, json: JsonOption = False) -> None:
    """Say what is inconsistent in a store.

    Leaves with 1 where something is.
    """
    with opened(store) as it:
        found = it.findings()
        where = it.shown
    if json:
        print_json({"store": where, "findings": found})
    elif found:
        for line in found:
            typer.echo(cell(line))
    else:
        typer.echo(f"nothing is inconsistent in {where}")
    if found:
        sys.exit(Exit.FAILED)

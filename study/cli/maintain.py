"""Commands that mend and clear away: ``cancel``, ``reap`` and ``delete``."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from study.cli.options import JsonOption, StoreOption, StudyArgument, opened
from study.cli.output import how_to_take_back, print_json
from study.errors import UsageError

if TYPE_CHECKING:
    from study.store.studies import Size


def cancel(study: StudyArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """Take every trial that has no outcome off a study.

    Drivers stop training them within a quarter of a lease. What was finished stays; `basin retry` undoes it.
    """
    with opened(store) as it:
        count = it.studies.cancel(it.studies.get(study))
    if json:
        print_json({"name": study, "cancelled": count})
    else:
        typer.echo(f"cancelled {count} trials of study {study}; what was finished stays")
        if count:
            typer.echo(how_to_take_back(study))


def reap(store: StoreOption = None, json: JsonOption = False) -> None:
    """Put trials whose lease ran out back in the queue.

    Drivers do so too; this is for when none runs.
    """
    with opened(store) as it:
        count = it.leases.reap()
    if json:
        print_json({"reaped": count})
    else:
        typer.echo(f"took back {count} expired leases")


def delete(
    study: StudyArgument,
    store: StoreOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonOption = False,
) -> None:
    """Take a study out of the store, for good.

    Its trials, attempts and epochs go with it. A study in training must be cancelled first.
    """
    with opened(store) as it:
        found = it.studies.get(study)
        if not yes:
            _confirm(study, it.studies.size(found))
        size = it.studies.delete(found)
    if json:
        print_json({"name": study, "deleted": asdict(size)})
    else:
        typer.echo(f"deleted study {study}: {_counted(size)}")


def _confirm(study: str, size: Size) -> None:
    """Ask whether a study is to go; leave with 1 where it is not."""
    if not sys.stdin.isatty():
        raise UsageError(f"study {study} has {_counted(size)}; add --yes to delete it, for nobody here can be asked")
    if not typer.confirm(f"study {study} has {_counted(size)}; delete it?", err=True):
        typer.echo("nothing was deleted", err=True)
        sys.exit(1)


def _counted(size: Size) -> str:
    return ", ".join(f"{count} {name}" for name, count in asdict(size).items())

"""Commands that mend and clear away: ``cancel``, ``reap`` and ``delete``."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from search_spaces.exits import Exit
from study.cli.options import JsonOption, StoreOption, StudyArgument
from study.cli.output import print_json
from study.errors import UsageError
from study.operations import cancellation, deletion, reaping
from study.operations.opening import opened
from study.words import how_to_take_back

if TYPE_CHECKING:
    from study.store.studies import Size


def cancel(study: StudyArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """Take every trial that has no outcome off a study.

    Drivers stop training them within a quarter of a lease. What was finished stays; `basin retry` undoes it.
    """
    with opened(store) as it:
        done = cancellation.cancel(it, study)
    if json:
        print_json(done.to_dict())
    else:
        typer.echo(f"cancelled {done.cancelled} trials of study {study}; what was finished stays")
        if done.cancelled:
            typer.echo(how_to_take_back(study))


def reap(store: StoreOption = None, json: JsonOption = False) -> None:
    """Put trials whose lease ran out back in the queue.

    Drivers do so too; this is for when none runs.
    """
    with opened(store) as it:
        done = reaping.reap(it)
    if json:
        print_json(done.to_dict())
    else:
        typer.echo(f"took back {done.reaped} expired leases")


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
        if not yes:
            _confirm(study, deletion.size(it, study))
        done = deletion.delete(it, study)
    if json:
        print_json(done.to_dict())
    else:
        typer.echo(f"deleted study {study}: {_counted(done.size)}")


def _confirm(study: str, size: Size) -> None:
    """Ask whether a study is to go; leave where it is not."""
    if not sys.stdin.isatty():
        raise UsageError(f"study {study} has {_counted(size)}; add --yes to delete it, for nobody here can be asked")
    if not typer.confirm(f"study {study} has {_counted(size)}; delete it?", err=True):
        typer.echo("nothing was deleted", err=True)
        sys.exit(Exit.FAILED)


def _counted(size: Size) -> str:
    return ", ".join(f"{count} {name}" for name, count in asdict(size).items())

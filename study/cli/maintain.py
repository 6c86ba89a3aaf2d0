"""Commands that mend: ``cancel`` and ``reap``."""

from __future__ import annotations

import typer

from study.cli.options import JsonOption, StoreOption, StudyArgument, opened
from study.cli.output import print_json


def cancel(study: StudyArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """Take every trial that has no outcome off a study; drivers stop training them within a quarter of a lease."""
    with opened(store) as it:
        count = it.studies.cancel(it.studies.get(study))
    if json:
        print_json({"name": study, "cancelled": count})
    else:
        typer.echo(f"cancelled {count} trials of study {study}; what was finished stays")


def reap(store: StoreOption = None, json: JsonOption = False) -> None:
    """Put trials whose lease ran out back in the queue. Drivers do so too; this is for when none runs."""
    with opened(store) as it:
        count = it.leases.reap()
    if json:
        print_json({"reaped": count})
    else:
        typer.echo(f"took back {count} expired leases")

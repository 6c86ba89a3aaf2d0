"""Commands that change N: ``extend`` and ``retry``."""

from __future__ import annotations

from typing import Annotated

import typer

from search_spaces.validation import load
from study.cli.options import JsonOption, SpecArgument, StoreOption, StudyArgument, WhereOption, opened
from study.cli.output import print_json
from study.errors import UsageError


def extend(
    study: StudyArgument,
    spec: SpecArgument,
    store: StoreOption = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change the specification, such as seeds=5."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Add values, seeds, configurations or a wider range to a study; `basin run` then trains what is missing."""
    with opened(store) as it:
        found = it.studies.get(study)
        added = it.growth.extend(found, load(spec, [*(assignments or ()), f'name="{found.name}"']))
        total = it.studies.counts(added.study.id).total
    if json:
        print_json(
            {"name": study, "added": {"configurations": added.configurations, "trials": added.trials}, "total": total}
        )
        return
    typer.echo(
        f"study {study}: {added.trials} trials added ({added.configurations} new configurations), {total} in all"
    )
    if added.trials:
        typer.echo(f"next: basin run {spec}, with the same --set, trains what is missing")


def retry(
    study: StudyArgument,
    store: StoreOption = None,
    failed: Annotated[bool, typer.Option("--failed", help="Trials that failed.")] = False,
    diverged: Annotated[bool, typer.Option("--diverged", help="Trials that diverged.")] = False,
    where: WhereOption = None,
    json: JsonOption = False,
) -> None:
    """Make new generations of finished trials; the old ones stay, superseded and counted.

    Each option adds trials to be retried; --where narrows --failed and --diverged where they are given too.
    """
    if not (failed or diverged or where):
        raise UsageError("retry must be told which trials: --failed, --diverged or --where EXPR")
    with opened(store) as it:
        found = it.studies.get(study)
        states = [name for name, chosen in (("failed", failed), ("diverged", diverged)) if chosen]
        count = it.growth.retry(found, states=states, where=where)
    if json:
        print_json({"name": study, "retried": count})
    else:
        typer.echo(f"study {study}: {count} trials get a new generation; `basin run` trains them")

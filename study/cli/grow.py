"""Commands that change N: ``extend`` and ``retry``."""

from __future__ import annotations

from typing import Annotated

import typer

from search_spaces.validation import document_at, drafted
from study.cli.options import JsonOption, PluginOption, SpecArgument, StoreOption, StudyArgument, WhereOption
from study.cli.output import print_json
from study.operations import extension, retrial, specifying
from study.operations.opening import opened


def extend(
    study: StudyArgument,
    spec: SpecArgument,
    store: StoreOption = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change the specification, such as seeds=5."),
    ] = None,
    plugin: PluginOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added, and write nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Add values, seeds, configurations or arms to a study.

    SPEC is the study's own with more in it, or with wider ranges. `basin run` then trains what is missing.
    """
    from study.plugins import plugged, require  # noqa: PLC0415

    plugins = plugged(plugin)
    with opened(store) as it:
        found = it.studies.get(study)  # before the specification is read: without the study it does not matter
        require(found, plugins)
        draft = drafted(*document_at(spec), [*(assignments or ()), f'name="{found.name}"'])
        given = specifying.specified(draft, plugins, store)
        added = extension.extend(it, found.name, given, dry_run=dry_run)
    if json:
        print_json(added.to_dict())
        return
    verb = "would be added" if dry_run else "added"
    typer.echo(
        f"study {study}: {added.trials} trials {verb} ({added.configurations} new configurations), "
        f"{added.total} in all"
    )
    if dry_run:
        typer.echo("nothing was written")
    elif added.trials:
        typer.echo(f"next: basin run {spec}, with the same --set, trains what is missing")


def retry(
    study: StudyArgument,
    store: StoreOption = None,
    failed: Annotated[bool, typer.Option("--failed", help="Trials that failed.")] = False,
    diverged: Annotated[bool, typer.Option("--diverged", help="Trials that diverged.")] = False,
    where: WhereOption = None,
    json: JsonOption = False,
) -> None:
    """Queue finished trials again, as new generations.

    The old ones stay, superseded and counted; `basin run` trains the new ones.

    Each option adds trials to be retried; --where narrows --failed and --diverged where they are given too.
    """
    selection = retrial.Selection(failed=failed, diverged=diverged, where=where)
    with opened(store) as it:
        done = retrial.retry(it, study, selection)
    if json:
        print_json(done.to_dict())
    else:
        typer.echo(f"study {study}: {done.retried} trials get a new generation; `basin run` trains them")

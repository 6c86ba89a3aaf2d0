"""Commands that change N: ``extend`` and ``retry``."""

from __future__ import annotations

from typing import Annotated

import typer

from search_spaces.validation import document_at, drafted
from study.cli.completion import complete_spec
from study.cli.options import JsonOption, PluginOption, StoreOption, StudyArgument, WhereOption
from study.cli.output import print_json
from study.errors import UsageError
from study.operations import extension, retrial, specifying
from study.operations.opening import opened


def extend(
    study: StudyArgument,
    spec: Annotated[
        str | None,
        typer.Argument(metavar="SPEC", help="The study's own with more in it.", autocompletion=complete_spec),
    ] = None,
    store: StoreOption = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change the specification, such as seeds=5."),
    ] = None,
    winner: Annotated[
        int | None,
        typer.Option(
            "--winner",
            metavar="N",
            help="Instead of SPEC: N seeds that took no part in the choice, for the best of each arm.",
        ),
    ] = None,
    plugin: PluginOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added, and write nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Add to a study, or check its winner on fresh seeds.

    SPEC is the study's own with more values, seeds, configurations or arms in it, or with wider ranges. `basin run`
    then trains what is missing.

    The best of many is best partly by luck; on fresh seeds, which nothing else counts, the report says how much.
    """
    if winner is not None:
        if spec is not None or assignments:
            raise UsageError("--winner adds seeds to what is there, and takes no SPEC and no --set; leave them out")
        with opened(store) as it:
            added = extension.check_winner(it, study, winner, dry_run=dry_run)
    else:
        if spec is None:
            raise typer.BadParameter("Missing argument 'SPEC'; or --winner N for fresh seeds of the best")
        added = _widened(study, spec, store, assignments or [], plugin, dry_run=dry_run)
    if json:
        print_json(added.to_dict())
        return
    verb = "would be added" if dry_run else "added"
    what = f"{added.configurations} new configurations" if winner is None else "fresh seeds for the best"
    typer.echo(f"study {study}: {added.trials} trials {verb} ({what}), {added.total} in all")
    if dry_run:
        typer.echo("nothing was written")
    elif added.trials:
        given = "the study's own specification" if spec is None else spec
        typer.echo(f"next: basin run {given}, with the same --set, trains what is missing")


def _widened(
    study: str, spec: str, store: str | None, assignments: list[str], plugin: list[str] | None, *, dry_run: bool
) -> extension.Extended:
    from study.plugins import plugged, require  # noqa: PLC0415

    plugins = plugged(plugin)
    with opened(store) as it:
        found = it.studies.get(study)  # before the specification is read: without the study it does not matter
        require(found, plugins)
        draft = drafted(*document_at(spec), [*assignments, f'name="{found.name}"'])
        given = specifying.specified(draft, plugins, store)
        return extension.extend(it, found.name, given, dry_run=dry_run)


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

"""``basin export``: a study for others."""

from __future__ import annotations

from typing import Annotated

import typer

from study.cli.options import JsonOption, StoreOption, StudyArgument
from study.cli.output import print_json
from study.operations.opening import opened


def export(
    study: StudyArgument,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT,FORMAT",
            help="optuna (a database that optuna-dashboard opens), csv, parquet; several with commas.",
        ),
    ],
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="Folder of the files STUDY.optuna.db, STUDY.csv, ...")
    ] = ".",
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="An Optuna database to write into, such as one on PostgreSQL."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write in the place of files, or of studies there, of the same names.")
    ] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Write a study for others to read.

    Optuna is given one trial a configuration, the mean over its seeds, each of which its user attributes have.
    """
    from study.operations.exporting import Export, export  # noqa: PLC0415

    wanted = Export.of(to, out=out, url=url, force=force)
    with opened(store) as it:
        done = export(it, study, wanted)
    if json:
        print_json(done.to_dict())
        return
    for form, place in done.places.items():
        typer.echo(f"{form}: {place}")
    for note in done.notes:
        typer.echo(f"note: {note}")
    if "optuna" in done.places and url is None:
        typer.echo(f"next: optuna-dashboard sqlite:///{done.places['optuna']}")

"""``basin report``."""

from __future__ import annotations

from typing import Annotated

import typer

from study.cli.options import JsonOption, StoreOption, StudyArgument
from study.cli.output import print_json
from study.interruption import ended_by_signals
from study.operations import reporting
from study.operations.opening import opened


def report(
    study: StudyArgument,
    folder: Annotated[
        str,
        typer.Option("--out", metavar="DIR", help="Folder of the report: missing, empty, or an earlier report's."),
    ],
    statistic: Annotated[
        str | None, typer.Option(metavar="S", help="final, mean_last5 or min, instead of the objective's.")
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option(
            metavar="LOW,HIGH",
            help="Colours of the maps reach from LOW to HIGH, such as 1,10 or ,10; the colour bar says so.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Write into a folder that holds other files; those of the same names are lost."),
    ] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Write figures, tables and one self-contained page.

    SHA256SUMS in the folder lists the files of the report with their hashes; the next report replaces these alone.
    """
    request = reporting.Request.of(folder, statistic=statistic, clip=clip, force=force)
    request.check(_note)
    with opened(store) as it, ended_by_signals():
        written = reporting.report(it, study, request, _note)
    if json:
        print_json(written.to_dict())
        return
    typer.echo(f"report of {study}: {written.page}")
    for picture in written.pictures:
        typer.echo(f"  {picture}")


def _note(text: str) -> None:
    typer.echo(text, err=True)

"""``basin report``."""

from __future__ import annotations

from typing import Annotated

import typer

from study.cli.completion import complete_reference
from study.cli.options import JsonOption, ScaleOption, StoreOption
from study.cli.output import print_json
from study.interruption import ended_by_signals
from study.operations import reporting
from study.operations.opening import opened
from study.progress import paced


def report(  # noqa: PLR0913, PLR0917 - as the report needs
    studies: Annotated[
        list[str], typer.Argument(metavar="STUDY...", help="One study, or several on one colour scale.")
    ],
    folder: Annotated[
        str,
        typer.Option("--out", metavar="DIR", help="Folder of the report: missing, empty, or an earlier report's."),
    ],
    statistic: Annotated[
        str | None, typer.Option(metavar="S", help="final, mean_last5 or min, instead of the objective's.")
    ] = None,
    x: Annotated[str | None, typer.Option(metavar="NAME", help="The hyperparameter on x, such as lr.")] = None,
    y: Annotated[str | None, typer.Option(metavar="NAME", help="The hyperparameter on y.")] = None,
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
    scale: ScaleOption = "raw",
    overlay: Annotated[
        str | None,
        typer.Option(
            metavar="REFERENCE",
            help="Published values over the figures where they fit; `basin compare --list` has all.",
            autocompletion=complete_reference,
        ),
    ] = None,
    width: Annotated[
        str,
        typer.Option(
            metavar="WIDTH", help="page, or column: every figure as wide as a column of a paper, without its caption."
        ),
    ] = "page",
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Write figures, tables and one self-contained page.

    Several studies share colours, and the best of each is compared seed by seed; they need the same objective.

    SHA256SUMS in the folder lists the files of the report with their hashes; the next report replaces these alone.
    """
    request = reporting.Request.of(
        folder, statistic=statistic, x=x, y=y, clip=clip, scale=scale, overlay=overlay, width=width, force=force
    )
    request.check(_note)
    with opened(store) as it, ended_by_signals():
        written = reporting.report(it, studies, request, _note, paced(_note, "figures drawn"))
    if json:
        print_json(written.to_dict())
        return
    typer.echo(f"report of {written.name}: {written.page}")
    for sentence in written.overlaid:
        typer.echo(f"  overlay {overlay}: {sentence}")
    for picture in written.pictures:
        typer.echo(f"  {picture}")


def _note(text: str) -> None:
    typer.echo(text, err=True)

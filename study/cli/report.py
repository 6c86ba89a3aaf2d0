"""``basin report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search_spaces.documents import nearest
from search_spaces.errors import shown
from study.cli.folder import check, publishing
from study.cli.options import JsonOption, StoreOption, StudyArgument, opened
from study.cli.output import print_json
from study.errors import UsageError


def report(
    study: StudyArgument,
    folder: Annotated[
        str,
        typer.Option("--out", metavar="DIR", help="Folder of the report: missing, empty, or an earlier report's."),
    ],
    statistic: Annotated[
        str | None, typer.Option(metavar="S", help="final, mean_last5 or min, instead of the objective's.")
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
    from analysis.statistics import STATISTICS  # noqa: PLC0415

    if statistic is not None and statistic not in STATISTICS:
        raise UsageError(f"no statistic {shown(statistic)}; {nearest(statistic, STATISTICS)}")
    if not folder:
        raise UsageError("--out must name a folder, such as reports/NAME")
    out = Path(folder)
    check(out, force=force)
    with opened(store) as it:
        found = it.studies.get(study)

        from analysis.material import Material  # noqa: PLC0415
        from analysis.report import write_report  # noqa: PLC0415 - pandas and Matplotlib

        material = Material(
            specification=found.specification,
            hash=found.hash,
            code_version=found.code_version,
            trials=list(it.queries.trials(found.id)),
            curves=list(it.queries.curves(found.id)),
            attempts=list(it.queries.attempts(found.id)),
        )
    with publishing(out, force=force) as unfinished:
        summary = write_report(material, unfinished, statistic)
    if json:
        print_json(summary)
        return
    typer.echo(f"report of {study}: {(out / 'report.html').absolute()}")
    for figure in summary["figures"]:
        if figure.endswith(".png"):
            typer.echo(f"  {(out / figure).absolute()}")

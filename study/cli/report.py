"""``basin report``."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from search_spaces.documents import nearest
from search_spaces.errors import shown
from study.cli.options import JsonOption, StoreOption, StudyArgument, opened
from study.cli.output import print_json
from study.errors import UsageError


def report(
    study: StudyArgument,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the report; made where it is missing.")],
    statistic: Annotated[
        str | None, typer.Option(metavar="S", help="final, mean_last5 or min, instead of the objective's.")
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Write figures, tables and one self-contained page."""
    from analysis.statistics import STATISTICS  # noqa: PLC0415

    if statistic is not None and statistic not in STATISTICS:
        raise UsageError(f"no statistic {shown(statistic)}; {nearest(statistic, STATISTICS)}")
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out must be a folder, got the file {shown(str(out))}")
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
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Written beside it and moved at the end, so that a report is whole or not there.
        with tempfile.TemporaryDirectory(dir=out, prefix=".unfinished-") as unfinished:
            summary = write_report(material, Path(unfinished), statistic)
            shutil.copytree(unfinished, out, dirs_exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {shown(str(out))} cannot be written: {error.strerror}") from error
    if json:
        print_json(summary)
        return
    typer.echo(f"report of {study}: {(out / 'report.html').absolute()}")
    for figure in summary["figures"]:
        if figure.endswith(".png"):
            typer.echo(f"  {(out / figure).absolute()}")

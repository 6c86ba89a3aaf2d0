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

FINEST = 1e-6
"""Percent: the error of one image in a hundred million. No colour scale can be drawn at 1e-290."""


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
            help="Colours of the maps reach from LOW to HIGH percent, such as 1,10 or ,10; the colour bar says so.",
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
    from analysis.statistics import STATISTICS  # noqa: PLC0415

    if statistic is not None and statistic not in STATISTICS:
        raise UsageError(f"no statistic {shown(statistic)}; {nearest(statistic, STATISTICS)}")
    if not folder:
        raise UsageError("--out must name a folder, such as reports/NAME")
    low, high = _limits(clip)
    out = Path(folder)
    check(out, force=force)
    with opened(store) as it:
        found = it.studies.get(study)

        from analysis.findings import Clip  # noqa: PLC0415
        from analysis.report import write_report  # noqa: PLC0415 - pandas and Matplotlib
        from study.source import StudySource  # noqa: PLC0415

        with publishing(out, force=force) as unfinished:
            summary = write_report(StudySource(it, found), unfinished, statistic, Clip(low=low, high=high))
    if json:
        print_json(summary)
        return
    typer.echo(f"report of {study}: {(out / 'report.html').absolute()}")
    for figure in summary["figures"]:
        if figure.endswith(".png"):
            typer.echo(f"  {(out / figure).absolute()}")


def _limits(clip: str | None) -> tuple[float | None, float | None]:
    """Return the two ends of ``--clip``, None for one that is left open."""
    if clip is None:
        return None, None
    try:
        low, high = (float(end) if end.strip() else None for end in clip.split(","))
    except ValueError:
        raise UsageError(f"--clip must be LOW,HIGH in percent, such as 1,10 or ,10, got {shown(clip)}") from None
    ends = [end for end in (low, high) if end is not None]
    if not all(FINEST <= end <= 100 for end in ends) or (len(ends) == 2 and not ends[0] < ends[1]):
        raise UsageError(f"--clip must hold {FINEST:g} <= LOW < HIGH <= 100 percent, got {shown(clip)}")
    return low, high

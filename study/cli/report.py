"""``basin report``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from search_spaces.declarations import Metric
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
    from analysis.statistics import STATISTICS  # noqa: PLC0415

    if statistic is not None and statistic not in STATISTICS:
        raise UsageError(f"no statistic {shown(statistic)}; {nearest(statistic, STATISTICS)}")
    if not folder:
        raise UsageError("--out must name a folder, such as reports/NAME")
    limits = _limits(clip)
    out = Path(folder)
    check(out, force=force)
    with opened(store) as it:
        found = it.studies.get(study)
        metric = next(iter(found.specification.arms.values())).metric
        low, high = _checked(clip, limits, metric)
        if metric.direction == "maximize" and statistic == "min":
            raise UsageError(f"--statistic must not be min: {metric.name} is to be maximised, and min is its worst")

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


Ends = tuple[float | None, float | None]


def _limits(clip: str | None) -> Ends:
    """Return the two ends of ``--clip``, None for one that is left open."""
    if clip is None:
        return None, None
    try:
        low, high = (float(end) if end.strip() else None for end in clip.split(","))
    except ValueError:
        raise UsageError(f"--clip must be LOW,HIGH, such as 1,10 or ,10, got {shown(clip)}") from None
    return low, high


def _checked(clip: str | None, limits: Ends, metric: Metric) -> Ends:
    """Return the ends of ``--clip``, which colours of a metric can have."""
    ends = [end for end in limits if end is not None]
    ascend = len(ends) < 2 or ends[0] < ends[1]
    if metric.unit == "%":
        if not (ascend and all(FINEST <= end <= 100 for end in ends)):
            raise UsageError(f"--clip must hold {FINEST:g} <= LOW < HIGH <= 100 percent, got {shown(clip)}")
    elif not (ascend and all(math.isfinite(end) and (end > 0 or not metric.log) for end in ends)):
        rule = "0 < LOW < HIGH" if metric.log else "LOW < HIGH"
        raise UsageError(f"--clip must hold {rule}, finite numbers of the {metric.summary}, got {shown(clip)}")
    return limits

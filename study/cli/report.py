"""``basin report``."""

from __future__ import annotations

import json as json_module
import re
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
    folder: Annotated[
        str, typer.Option("--out", metavar="DIR", help="Folder of the report; made where it is missing.")
    ],
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
    if not folder:
        raise UsageError("--out must name a folder, such as reports/NAME")
    out = Path(folder)
    _check_folder(out)
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
        # Written beside it and moved at the end, page and numbers last: what fails before leaves no part of itself.
        with tempfile.TemporaryDirectory(dir=out, prefix=".unfinished-") as unfinished:
            summary = write_report(material, Path(unfinished), statistic)
            _move(Path(unfinished), out)
    except OSError as error:
        raise UsageError(f"--out {shown(str(out))} cannot be written: {error.strerror or error}") from error
    if json:
        print_json(summary)
        return
    typer.echo(f"report of {study}: {(out / 'report.html').absolute()}")
    for figure in summary["figures"]:
        if figure.endswith(".png"):
            typer.echo(f"  {(out / figure).absolute()}")


def _check_folder(out: Path) -> None:
    """Refuse a place where no report can lie, before anything is computed."""
    try:
        if out.exists() and not out.is_dir():
            raise UsageError(f"--out must be a folder, got the file {shown(str(out))}")
        if (out / "figures").exists() and not (out / "figures").is_dir():
            raise UsageError(
                f"--out {shown(str(out))} has a file in the place of its folder figures; name another folder"
            )
    except OSError as error:
        raise UsageError(f"--out {shown(str(out))} cannot be used: {error.strerror or error}") from error


def _move(source: Path, target: Path) -> None:
    """Move every file of a report to its place, and take away figures of the report that was there before.

    Modes of folders that are there stay as they are.
    """
    files = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    files.sort(key=lambda file: file.name in {"summary.json", "report.html"})
    for file in files:
        if (target / file).is_dir():
            raise UsageError(f"--out {shown(str(target))} has a folder in the place of {file}; name another folder")
    for old in _figures_of(target) - {file.as_posix() for file in files}:
        (target / old).unlink(missing_ok=True)
    for file in files:
        (target / file).parent.mkdir(exist_ok=True)
        (source / file).replace(target / file)


def _figures_of(folder: Path) -> set[str]:
    """Return the figures that the report in a folder says it has."""
    try:
        named = json_module.loads((folder / "summary.json").read_text(encoding="utf-8"))["figures"]
        return {name for name in named if re.fullmatch(r"figures/[a-z0-9-]+\.(png|svg)", name)}
    except (OSError, ValueError, KeyError, TypeError):
        return set()

"""``basin compare``: a study beside published numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from study.cli.completion import complete_reference, complete_study
from study.cli.options import JsonOption, StoreOption
from study.cli.output import print_json, print_table
from study.errors import UsageError
from study.interruption import ended_by_signals
from study.operations import comparing
from study.operations.opening import opened
from study.words import setting

if TYPE_CHECKING:
    from analysis.compare.comparison import Comparison, Row

COLUMNS = ("cell", "what", "published", "measured", "n", "difference", "95 % interval", "verdict")


def compare(
    study: Annotated[
        str | None, typer.Argument(metavar="[STUDY]", help="Name of a study.", autocompletion=complete_study)
    ] = None,
    reference: Annotated[
        str | None,
        typer.Argument(
            metavar="[REFERENCE]",
            help="Name of published numbers; --list has all.",
            autocompletion=complete_reference,
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the published numbers there are.")] = False,
    folder: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="DIR", help="Folder for a picture: missing, empty, or an earlier comparison's."
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Write into a folder that holds other files; those of the same names are lost."),
    ] = False,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Compare a study with published numbers, a verdict each.

    The verdict is worked out from the replicates: a published number lies within noise where the 95 % prediction
    interval of one further run holds it (docs/claims.md). `basin report STUDY --overlay REFERENCE` lays published
    curves over those of the study.
    """
    if listed:
        rows = [it.to_dict() for it in comparing.references()]
        if json:
            print_json(rows)
        else:
            shown = [row | {"grade": ", ".join(row["grades"])} for row in rows]
            print_table(shown, ("name", "numbers", "grade", "preset", "title"))
        return
    if study is None or reference is None:
        raise UsageError("needs a STUDY and a REFERENCE; `basin compare --list` has the references")
    if folder is not None and not folder:
        raise UsageError("--out must name a folder, such as reports/NAME")
    out = None if folder is None else Path(folder)
    with opened(store) as it, ended_by_signals():
        found = comparing.compare(it, study, reference, out=out, force=force, note=_note)
    if json:
        print_json(found.to_dict())
        return
    _print(found)
    if out is not None:
        typer.echo(f"picture: {(out / 'comparison.png').absolute()}")


def _print(found: Comparison) -> None:
    reference = found.reference
    typer.echo(f"{reference.title}\n{reference.source}\n")
    armed = any(row.arm not in {None, "base"} for row in found.rows)
    print_table([_shown(row) for row in found.rows], ("arm", *COLUMNS) if armed else COLUMNS)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in found.verdicts.items() if count)
    typer.echo(f"\n{counts}; {found.by_chance:.1f} not within noise are to be expected by chance")
    for line in dict.fromkeys(_unlike(row) for row in found.rows if row.unlike):
        typer.echo(line)
    for note in reference.notes:
        typer.echo(f"note: {note}")
    if any(row.measured is not None for row in found.rows):
        typer.echo(f"basin report {found.study} --out DIR --overlay {reference.name} lays it over the figures")


def _shown(row: Row) -> dict[str, object]:
    place = {"at": "at epoch", "mean_last5": "mean of 5 to epoch", "min": "min to epoch", "max": "max to epoch"}
    note = f" ({row.note})" if row.note else ""
    return {
        "arm": row.arm,
        "cell": row.cell,
        "what": f"{row.metric} {place[row.statistic]} {row.epoch}{note}",
        "published": f"{row.published:g}",
        "measured": None if row.measured is None else f"{row.measured:.4g}",
        "n": row.n,
        "difference": None if row.difference is None else f"{row.difference:+.3g}",
        "95 % interval": None if row.low is None or row.high is None else f"{row.low:.4g} to {row.high:.4g}",
        "verdict": str(row.verdict) + (f", {row.diverged} diverged" if row.diverged else ""),
    }


def _unlike(row: Row) -> str:
    told = (f"{path} {_written(was)}, here {_written(it)}" for path, (was, it) in row.unlike.items())
    where = row.cell if row.arm in {None, "base"} else f"{row.cell} (arm {row.arm})"
    return f"otherwise than published: {where}: {'; '.join(told)}"


def _written(value: object) -> str:
    if isinstance(value, dict):
        return " or ".join(_written(one) for one in value["any"])
    return "-" if value is None else setting(value)


def _note(text: str) -> None:
    typer.echo(text, err=True)

"""``basin analyze``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from study.cli.options import JsonOption
from study.cli.output import print_json, print_table

if TYPE_CHECKING:
    from analysis.analyze import Analysis


def analyze(  # noqa: PLR0913, PLR0917 - as the table needs
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A CSV, TSV or Parquet file, one row a training.")],
    x: Annotated[str, typer.Option("--x", metavar="COL", help="Column across the map, such as the learning rate.")],
    y: Annotated[str, typer.Option("--y", metavar="COL", help="Column up the map.")],
    value: Annotated[
        str,
        typer.Option("--value", metavar="COL", help="Column of what was measured; an empty or NaN one diverged."),
    ],
    seed: Annotated[
        str | None,
        typer.Option("--seed", metavar="COL", help="Column of the replicate; else rows of a cell are replicates."),
    ] = None,
    log: Annotated[
        str | None, typer.Option("--log", metavar="x,y", help="Which axes are logarithmic: columns, or x and y.")
    ] = None,
    maximize: Annotated[bool, typer.Option("--maximize", help="Higher values are better.")] = False,
    worst: Annotated[
        float | None,
        typer.Option(
            "--worst", metavar="V", help="What a diverged run counts at; the worst value there is, if not said."
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--start", metavar="y=V", help="Where tuning one axis after the other starts; else everywhere."),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option("--tolerance", metavar="D", help="By how much a cell may be worse and lie in the basin."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say with numbers and intervals how entangled two columns of any table are.

    docs/measures.md says what each number is, and how often its interval holds the truth.
    """
    from study.operations.analyzing import analysis_of  # noqa: PLC0415

    found = analysis_of(
        table,
        x=x,
        y=y,
        value=value,
        seed=seed,
        log=[name.strip() for name in (log or "").split(",") if name.strip()],
        maximize=maximize,
        worst=worst,
        start=start,
        tolerance=tolerance,
    )
    if json:
        print_json(found.to_dict())
    else:
        _print(found)


def _print(found: Analysis) -> None:
    from analysis.measures import MEASURES  # noqa: PLC0415
    from analysis.numbers import written  # noqa: PLC0415

    grid, numbers = found.grid, found.numbers
    typer.echo(f"{found.value} over {found.x} and {found.y}: {len(grid.xs)} x {len(grid.ys)} cells\n")
    rows = [
        {
            "measure": kind.name,
            "value": None if numbers[kind.name].value is None else f"{numbers[kind.name].value:.4g}",
            "95 % interval": _interval(numbers[kind.name].low, numbers[kind.name].high),
            "n": numbers[kind.name].n,
            "what": kind.title + (f" ({numbers[kind.name].reason})" if numbers[kind.name].reason else ""),
        }
        for kind in MEASURES
    ]
    print_table(rows, ("measure", "value", "95 % interval", "n", "what"))
    best = found.to_dict()["best"]
    if best is not None:
        place = f"{found.x} {written(best['x'])}, {found.y} {written(best['y'])}"
        typer.echo(f"\nbest: {place}: {best['value']:.4g}")
    for note in found.notes:
        typer.echo(f"note: {note}")


def _interval(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{low:.4g} to {high:.4g}"

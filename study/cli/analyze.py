"""``basin analyze``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search_spaces.errors import escaped, printable
from study.cli.options import JsonOption, ScaleOption
from study.cli.output import print_json, print_table
from study.errors import UsageError

if TYPE_CHECKING:
    from analysis.analyze import Analysis
    from analysis.importances import Decided
    from analysis.measures.number import Number

ROUNDING = 1e-12
"""What is smaller, beside its size, is printed as 0; JSON has it whole."""


def analyze(  # noqa: PLR0913, PLR0917 - as the table needs
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE", help="A CSV, TSV (also .gz) or Parquet file, one row a training; - is CSV from a pipe."
        ),
    ],
    value: Annotated[
        str,
        typer.Option("--value", metavar="COL", help="Column of what was measured; an empty or NaN one diverged."),
    ],
    x: Annotated[
        str | None, typer.Option("--x", metavar="COL", help="Column across the map, such as the learning rate.")
    ] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="COL", help="Column up the map.")] = None,
    hyperparameters: Annotated[
        list[str] | None,
        typer.Option(
            "--hyperparameters",
            metavar="a,b,c",
            help="Instead of x and y, columns that form no grid: what decides the value; may be repeated.",
        ),
    ] = None,
    design: Annotated[
        str,
        typer.Option("--design", metavar="NAME", help="How they were chosen; tpe, gp and levelset are biased."),
    ] = "",
    seed: Annotated[
        str | None,
        typer.Option("--seed", metavar="COL", help="Column of the replicate; else rows of a cell are replicates."),
    ] = None,
    log: Annotated[
        list[str] | None,
        typer.Option(
            "--log", metavar="x,y", help="Which axes are logarithmic: columns, or x and y; may be repeated."
        ),
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
    scale: ScaleOption = "raw",
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="Of the value, such as %.")] = "",
    json: JsonOption = False,
) -> None:
    """Say how entangled two columns of a table are.

    docs/measures.md says what each number is, and how often its interval holds the truth.
    """
    from study.operations.analyzing import analysis_of, importances_of  # noqa: PLC0415

    if hyperparameters:
        unfit = {
            "--x": x,
            "--y": y,
            "--start": start,
            "--tolerance": tolerance,
            "--scale": scale.removeprefix("raw"),
            "--unit": unit,
        }
        wrong = [name for name, given in unfit.items() if given]
        if wrong:
            raise UsageError(
                f"--hyperparameters stands instead of a map, and has no {', '.join(wrong)}; leave it out"
            )
        decided = importances_of(
            table, hyperparameters, value=value, log=log or (), maximize=maximize, worst=worst, design=design
        )
        if json:
            print_json(decided.to_dict())
        else:
            _print_decided(decided)
        return
    if x is None or y is None:
        raise typer.BadParameter(
            f"Missing option '--{'x' if x is None else 'y'}'; or --hyperparameters a,b,c of no grid"
        )
    found = analysis_of(
        table,
        x=x,
        y=y,
        value=value,
        seed=seed,
        log=log or (),
        maximize=maximize,
        worst=worst,
        start=start,
        tolerance=tolerance,
        scale=scale,
        unit=unit,
    )
    if json:
        print_json(found.to_dict())
    else:
        _print(found)


def _print(found: Analysis) -> None:
    from analysis.measures import MEASURES  # noqa: PLC0415

    grid, numbers = found.grid, found.numbers
    x, y, value = (printable(name) for name in (found.x, found.y, found.value))
    unit = f" ({found.unit})" if found.unit else ""
    typer.echo(f"{value}{unit} over {x} and {y}: {len(grid.xs)} x {len(grid.ys)} cells")
    on = "" if found.scale == "raw" else f"; scale {found.scale}"
    typer.echo(f"{'higher' if grid.sign < 0 else 'lower'} values of {value} are better{on}\n")
    across, up = (f"log10 {name}" if log else name for name, log in zip((x, y), found.log, strict=True))
    measured = f"logit of {value}" if found.scale == "logit" else found.unit or value
    units = {
        "ridge_slope": f"{across} per {up}",
        "ridge_slope_yx": f"{up} per {across}",
    } | {kind.name: measured for kind in MEASURES if kind.in_values}
    largest = max((abs(it) for it in grid.mean[grid.n > 0].tolist()), default=0.0)
    rows, reasons = [], dict[str, list[str]]()
    for kind in MEASURES:
        it = numbers[kind.name]
        size = largest if kind.in_values else 1.0
        told = re.sub(r"\b[xy]\b", lambda role: x if role[0] == "x" else y, kind.title)
        rows.append(
            {
                "measure": kind.name,
                "value": None if it.value is None else _written(it.value, size),
                "95 % interval": _interval(it.low, it.high, size),
                "n": it.n,
                "what it is": told + (f", in {units[kind.name]}" if kind.name in units else ""),
            }
        )
        if it.reason:
            reasons.setdefault(it.reason, []).append(kind.name)
    print_table(rows, ("measure", "value", "95 % interval", "n", "what it is"))
    typer.echo("\nn: replicates that every cell has; -: not defined, or no interval")
    for reason, names in reasons.items():
        typer.echo(f"{'all' if len(names) == len(MEASURES) else ', '.join(names)}: {reason}")
    best = found.to_dict()["best"]
    if best is not None:
        places = ", ".join(f"{name} {_place(best[role])}" for role, name in (("x", x), ("y", y)))
        reached = f"{best['value']:.4g} {found.unit}".strip()
        typer.echo(f"\nbest cell: {places}, with {value} {reached} (mean of {best['n']})")
    for note in found.notes:
        typer.echo(f"note: {escaped(note)}")


def _print_decided(found: Decided) -> None:
    from analysis.irregular import METHODS, PAIRS  # noqa: PLC0415

    typer.echo(f"{printable(found.value)} over {found.rows} rows, {found.diverged} of them without a value")
    for which, it in found.found.items():
        typer.echo(f"\n{'all' if which == 'all' else 'trained'} configurations: {it.n}")
        if it.reason:
            typer.echo(f"nothing is said: {it.reason}")
            continue
        rows = [
            {"hyperparameter": printable(name), **{way: _described(it.numbers[way][name]) for way in METHODS}}
            for name in it.names
        ]
        print_table(rows, ("hyperparameter", *METHODS))
        typer.echo()
        pairs = it.numbers[PAIRS].items()
        print_table([{"pair": printable(name), PAIRS: _described(one)} for name, one in pairs], ("pair", PAIRS))
        if it.caution:
            typer.echo(f"note: {it.caution}: it chose where to look, and these numbers are of where it looked")
    typer.echo("\nall of it describes: intervals resample configurations and are not calibrated (docs/measures.md)")
    places = ", ".join(f"{printable(name)} {_place(found.best[name])}" for name in found.hyperparameters)
    typer.echo(f"best: {places}, with {printable(found.value)} {found.best['value']:.4g} (mean of {found.best['n']})")


def _described(number: Number) -> str | None:
    if number.value is None:
        return None
    return f"{number.value:.3f} ({number.low:.3f} to {number.high:.3f})"


def _written(number: float, size: float) -> str:
    """Return a number as it is printed; what is nothing beside a size is 0."""
    return f"{number:.4g}" if abs(number) >= ROUNDING * size else "0"


def _interval(low: float | None, high: float | None, size: float) -> str | None:
    return None if low is None or high is None else f"{_written(low, size)} to {_written(high, size)}"


def _place(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else printable(str(value))

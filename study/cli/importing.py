"""``basin import``: results of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from study.cli.options import JsonOption, StoreOption
from study.cli.output import print_json
from study.words import counted

if TYPE_CHECKING:
    from study.operations.importing import Imported

importing = typer.Typer(
    name="import",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Take results of others into the store.\n\nThey are queried and reported as any study's, and never trained.",
)

NameOption = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the study is called here.")]
RenameOption = Annotated[
    list[str] | None,
    typer.Option("--rename", metavar="OLD=NEW", help="What a hyperparameter is called here; may be repeated."),
]
MetricOption = Annotated[str | None, typer.Option("--metric", metavar="NAME", help="What the value is called here.")]
UnitOption = Annotated[str, typer.Option("--unit", metavar="UNIT", help="Unit of the value, such as % or nats.")]
WorstOption = Annotated[
    float | None,
    typer.Option("--worst", metavar="V", help="What a diverged training counts at; else the worst complete value."),
]


@importing.command("optuna")
def optuna(  # noqa: PLR0913, PLR0917 - as the database needs
    url: Annotated[
        str, typer.Argument(metavar="URL", help="An SQLite file, sqlite:///FILE, or postgresql://user@host/database.")
    ],
    their_name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the study in that database.")],
    name: NameOption = None,
    store: StoreOption = None,
    objective: Annotated[
        str | None, typer.Option("--objective", metavar="NAME", help="Which of several objectives, or its number.")
    ] = None,
    metric: MetricOption = None,
    unit: UnitOption = "",
    worst: WorstOption = None,
    rename: RenameOption = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Count complete trials that reported fewer steps than others, too."),
    ] = False,
    failed_diverged: Annotated[
        bool,
        typer.Option("--failed-diverged", help="Take failed trials for diverged: Optuna fails one that returns NaN."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Import a study of an Optuna database (4.x or 5.x), failed and running trials included.

    The database is read and never written. docs/interchange.md says what becomes of each state.
    """
    from study.operations.importing import Wanted, import_optuna  # noqa: PLC0415

    wanted = Wanted.of(name=name, renames=rename or (), whole=whole, store=store)
    done = import_optuna(
        url,
        their_name,
        wanted,
        objective=objective,
        metric=metric,
        unit=unit,
        worst=worst,
        failed_diverged=failed_diverged,
    )
    _tell(done, json=json)


@importing.command("csv")
def table(  # noqa: PLR0913, PLR0917 - as the table needs
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, TSV (also .gz) or Parquet file.")],
    value: Annotated[str, typer.Option("--value", metavar="COL", help="Column of what was measured.")],
    params: Annotated[
        list[str] | None,
        typer.Option("--params", metavar="COL,COL", help="Columns that are hyperparameters; may be repeated."),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option("--seed", metavar="COL", help="Column of the replicate; `seed`, if there is one."),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="COL", help="Column of the outcome: finished, crashed, running, ..."),
    ] = None,
    steps: Annotated[
        str | None,
        typer.Option("--steps", metavar="COL", help="Column of how far it came; only who came furthest is whole."),
    ] = None,
    seconds: Annotated[
        str | None, typer.Option("--seconds", metavar="COL", help="Column of how long it took, in seconds.")
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option("--also", metavar="COL,COL", help="Columns of what else was measured; may be repeated."),
    ] = None,
    choice: Annotated[
        list[str] | None,
        typer.Option("--choice", metavar="COL,COL", help="Hyperparameters that are choices, although numbers."),
    ] = None,
    log: Annotated[
        list[str] | None,
        typer.Option("--log", metavar="COL,COL", help="Hyperparameters on a logarithmic scale."),
    ] = None,
    maximize: Annotated[bool, typer.Option("--maximize", help="Higher values are better.")] = False,
    metric: MetricOption = None,
    unit: UnitOption = "",
    worst: WorstOption = None,
    name: NameOption = None,
    rename: RenameOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Import a table, one row a training; an export of runs from W&B is read as it comes.

    An empty or NaN value is a diverged training. docs/interchange.md has examples.
    """
    from study.interchange.table_reading import Mapped, columns_of  # noqa: PLC0415
    from study.operations.importing import Wanted, import_table  # noqa: PLC0415

    wanted = Wanted.of(name=name, renames=rename or (), whole=False, store=store)
    names = columns_of(file)
    mapped = Mapped(
        value=value,
        params=listed(params, names),
        seed=seed,
        state=state,
        steps=steps,
        seconds=seconds,
        others=listed(also, names),
        choices=listed(choice, names),
        log=listed(log, names),
        metric=metric,
        unit=unit,
        maximize=maximize,
        worst=worst,
    )
    _tell(import_table(file, mapped, wanted), json=json)


def listed(given: list[str] | None, names: list[str]) -> list[str]:
    """Return the columns that are named with commas between them; a name of a column is one, even with a comma."""
    found = [part for text in given or () for part in ([text] if text in names else text.split(","))]
    return list(dict.fromkeys(part if part in names else part.strip() for part in found if part.strip()))


def _tell(done: Imported, *, json: bool) -> None:
    if json:
        print_json(done.to_dict())
        return
    typer.echo(f"study {done.name} imported from {done.source}: {counted(done.counts, None)}, in {done.store}")
    for note in done.notes:
        typer.echo(f"note: {note}")
    typer.echo(f"next: basin show {done.name}, basin report {done.name} --out reports/{done.name}")

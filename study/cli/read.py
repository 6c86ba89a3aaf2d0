"""Commands that only read: ``presets``, ``studies``, ``show``, ``trials``, ``curves``."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Iterator, Sequence
from time import sleep
from typing import TYPE_CHECKING, Annotated

import typer

from search_spaces.presets import preset_document, preset_names
from study.cli.options import JsonOption, StoreOption, StudyArgument, WhereOption
from study.cli.output import Format, print_json, print_rows, print_table
from study.cli.watch import SECONDS, redraw, show_each
from study.description import described
from study.errors import UsageError
from study.operations import listing
from study.operations.opening import opened
from study.operations.summary import Summary, summarize
from study.words import moment

if TYPE_CHECKING:
    from search_spaces.specification import Specification
    from study.store import Store
    from study.store.columns import Column, Columns


ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="COL,COL,...",
        help="Which columns, in which order; the message about an unknown one lists them.",
    ),
]
LimitOption = Annotated[int | None, typer.Option("--limit", metavar="N", min=0, help="At most so many rows.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]


def presets(json: JsonOption = False) -> None:
    """List the bundled studies."""
    rows = [{"name": name, "summary": preset_document(name).get("summary", "")} for name in preset_names()]
    if json:
        print_json(rows)
    else:
        print_table(rows, ("name", "summary"))


def studies(store: StoreOption = None, json: JsonOption = False) -> None:
    """List the studies of the store."""
    with opened(store) as it:
        rows = [listed.to_dict() for listed in listing.studies(it)]
        if json:
            print_json(rows)
            return
        if not rows:
            typer.echo(f"no studies in {it.shown}; `basin run SPEC` makes one")
            return
        table = [row | row["trials"] | {"created": moment(row["created_at"])} for row in rows]
        names = (
            "name",
            "state",
            "total",
            "complete",
            "diverged",
            "failed",
            "cancelled",
            "running",
            "waiting",
            "created",
        )
        print_table(table, names)
        unreadable = sum(row["state"] == listing.UNREADABLE for row in rows)
        if unreadable:
            typer.echo(f"{unreadable} of them cannot be read; `basin db check` says why", err=True)


def show(
    study: StudyArgument,
    store: StoreOption = None,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Look again every 2 s until it is finished; with --json, one line a change."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show how far a study is, and its best configuration so far."""
    with opened(store) as it:
        if watch and json:
            show_each(
                _looks(it, study, lambda summary: json_module.dumps(summary.to_dict(), allow_nan=False)), between=""
            )
        elif watch:
            redraw(_looks(it, study, described))
        else:
            summary = summarize(it, it.studies.get(study))
            if json:
                print_json(summary.to_dict())
            else:
                typer.echo(described(summary))


def _looks(store: Store, name: str, shown: Callable[[Summary], str]) -> Iterator[str]:
    """Yield what a study looks like now and again, until every trial has its outcome."""
    while True:
        summary = summarize(store, store.studies.get(name))
        yield shown(summary)
        if summary.is_over:
            return
        sleep(SECONDS)


def trials(
    study: StudyArgument,
    store: StoreOption = None,
    where: WhereOption = None,
    sort: Annotated[
        str | None, typer.Option(metavar="COL", help="Sort by a column; -COL sorts downwards. Empty values last.")
    ] = None,
    columns: ColumnsOption = None,
    limit: LimitOption = None,
    form: FormatOption = Format.TABLE,
    json: JsonOption = False,
) -> None:
    """Query the trials of a study."""
    from search_spaces.specification import Specification  # noqa: PLC0415

    form = Format.JSON if json else form
    with opened(store) as it:
        found = it.studies.get(study)
        known = it.queries.columns(found.id)
        # JSON has every key, whether or not it applies.
        standard: Sequence[str] = known.printed if form is Format.JSON else known.applying
        if form is Format.TABLE:
            specification = found.specification_or_fault
            standard = _tabled(specification if isinstance(specification, Specification) else None, known)
        chosen = _chosen(columns, known.find) or [known.find(name) for name in standard]
        names = [column.name for column in chosen]
        # Parquet is for programs, which compare choices with those that they know.
        as_given = known.varied if form is Format.PARQUET else ()
        rows = it.queries.trials(found.id, columns=names, where=where, sort=sort, limit=limit, as_given=as_given)
        print_rows(rows, {column.name: column.type for column in chosen}, form)


def curves(
    study: StudyArgument,
    store: StoreOption = None,
    where: WhereOption = None,
    columns: ColumnsOption = None,
    limit: LimitOption = None,
    form: FormatOption = Format.TABLE,
    json: JsonOption = False,
) -> None:
    """Print the epochs of the trials of a study.

    Those of the deciding attempts; --where picks the trials.
    """
    from study.store.queries import curve_columns, epochs_too  # noqa: PLC0415

    with opened(store) as it:
        found = it.studies.get(study)
        known = it.queries.columns(found.id)

        def find(name: str) -> Column:
            return epochs_too(known, name)

        chosen = _chosen(columns, find) or [find(name) for name in curve_columns(known)]
        names = [column.name for column in chosen]
        rows = it.queries.curves(found.id, columns=names, where=where, limit=limit)
        print_rows(rows, {column.name: column.type for column in chosen}, Format.JSON if json else form)


def _chosen(columns: str | None, find: Callable[[str], Column]) -> list[Column]:
    """Return the columns an option names, none where it is not there."""
    if columns is None:
        return []
    chosen = [find(name.strip()) for name in columns.split(",")]
    twice = next((column.name for column in chosen if chosen.count(column) > 1), None)
    if twice is not None:
        raise UsageError(f"--columns must name a column once, got {twice} more often")
    return chosen


def _tabled(specification: Specification | None, known: Columns) -> list[str]:
    """Return the columns of the table: whose trial, with what, what came out."""
    from study.store.columns import CLASSIFIED, varied_in  # noqa: PLC0415

    if specification is None:
        return [*BEFORE, *RESULTS, *AFTER]
    arm = ["arm"] if specification.armed else []
    results = [name for name in RESULTS if name in known.applying]
    results += [name for name in known.results if name not in CLASSIFIED]
    before = [name for name in BEFORE if name in known.applying]
    return list(dict.fromkeys(("number", *arm, *before, *varied_in(specification), *results, *AFTER)))


BEFORE = ("number", "state", "seed", "lr", "p", "beta2", "weight_decay")
RESULTS = ("test_error_final", "test_error_mean_last5", "test_error_min", "train_loss_final")
AFTER = ("diverged_epoch", "seconds")
"""Columns of the table before and after those that only this study varies or measures."""

"""Commands that only read: ``presets``, ``studies``, ``show``, ``trials``, ``curves``."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Iterator, Sequence
from time import sleep
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search_spaces.domains import Choices, Domain
from search_spaces.presets import preset_document, preset_names
from study.cli.options import JsonOption, StoreOption, StudyArgument, WhereOption, opened
from study.cli.output import (
    Format,
    duration,
    how_to_take_back,
    moment,
    over_seeds,
    point,
    print_json,
    print_rows,
    print_table,
    setting,
    spent,
)
from study.cli.watch import SECONDS, redraw, show_each
from study.errors import StoreBrokenError, UsageError
from study.trials import Counts

if TYPE_CHECKING:
    from search_spaces.specification import Specification
    from study.store import Store, Study
    from study.store.columns import Column


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

UNREADABLE = "unreadable"
"""The state of a study whose rows are damaged."""


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
        rows = [_listed(it, study) for study in it.studies.all()]
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
        unreadable = sum(row["state"] == UNREADABLE for row in rows)
        if unreadable:
            typer.echo(f"{unreadable} of them cannot be read; `basin db check` says why", err=True)


def _listed(store: Store, study: Study) -> dict[str, Any]:
    """Return the line of a study in the list of all."""
    try:
        status = store.studies.status(study)
        state, counts = status.state, status.counts
    except StoreBrokenError:
        state, counts = UNREADABLE, Counts()
    if isinstance(study.specification_or_fault, str):
        state = UNREADABLE
    return {"name": study.name, "state": state, "trials": counts.to_dict(), "created_at": study.created_at}


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
            show_each(_looks(it, study, lambda _, summary: json_module.dumps(summary, allow_nan=False)), between="")
        elif watch:
            redraw(_looks(it, study, _described))
        else:
            found = it.studies.get(study)
            summary = summarised(it, found)
            if json:
                print_json(summary)
            else:
                typer.echo(_described(found, summary))


def _looks(store: Store, name: str, shown: Callable[[Study, dict[str, Any]], str]) -> Iterator[str]:
    """Yield what a study looks like now and again, until every trial has its outcome."""
    while True:
        found = store.studies.get(name)
        summary = summarised(store, found)
        yield shown(found, summary)
        if not summary["trials"]["waiting"] + summary["trials"]["running"]:
            return
        sleep(SECONDS)


def _spanned(domain: Domain) -> str:
    if isinstance(domain, Choices):
        return ", ".join(map(setting, domain.values))
    return f"{domain.low:g} to {domain.high:g}"


def _network(specification: Specification) -> str:
    options = specification.network_options
    return specification.network.name + (f" ({point(options)})" if options else "")


def _form(specification: Specification) -> str:
    """Return the variant of the optimizer, where it has several and does not vary."""
    return "" if "variant" in specification.space else specification.variant or ""


def _described(found: Study, summary: dict[str, Any]) -> str:
    """Return a study in a few lines."""
    lines: list[str] = []
    say = lines.append
    status = summary["trials"]
    specification = found.specification
    say(f"{found.name}: {summary['state']}")
    if summary["stalled_since"] is not None:
        say(f"  stalled since {moment(summary['stalled_since'])}: no driver lives; run `basin run` again to continue")
    batch = "" if "task.batch_size" in specification.space else f"batch {specification.task.batch_size}, "
    say(
        f"  task        {specification.task.dataset}, {_network(specification)}, {batch}{specification.epochs} epochs"
    )
    varied = ", ".join(f"{name} ({_spanned(domain)})" for name, domain in specification.space.items())
    say(f"  varies      {varied}; optimizer {specification.optimizer.name} {_form(specification)}".rstrip())
    say(f"  trials      {', '.join(f'{count} {name}' for name, count in status.items() if count or name == 'total')}")
    if status["diverged"] or summary["learned_nothing"]:
        say(
            f"  lost        {status['diverged']} diverged (a loss or output was not finite), "
            f"{summary['learned_nothing']} of the complete learned nothing (no better than guessing)"
        )
    if status["cancelled"]:
        say(f"  cancelled   {how_to_take_back(found.name)}")
    if summary["best"] is not None:
        seeds = over_seeds(summary["best"]["seeds"])
        say(
            f"  best        {point(summary['best']['configuration'])}: {summary['best']['value']:.2f} % "
            f"({summary['objective']['split']}, {summary['objective']['statistic']}, {seeds})"
        )
    if summary["training_seconds"]:
        say(f"  training    {spent(summary['training_seconds'])}, all attempts together")
    if summary["eta_seconds"]:
        say(f"  ETA         {duration(summary['eta_seconds'])} at the pace so far")
    return "\n".join(lines)


def summarised(store: Store, study: Study) -> dict[str, Any]:
    """Return what ``basin show --json`` prints."""
    status = store.studies.status(study)
    best = store.summaries.best(study)
    return {
        "name": study.name,
        "state": status.state,
        "trials": status.counts.to_dict(),
        "learned_nothing": store.summaries.learned_nothing(study),
        "stalled_since": status.stalled_since,
        "eta_seconds": status.eta_seconds,
        "training_seconds": store.studies.training_seconds(study),
        "drivers": status.drivers,
        "objective": study.specification.objective.model_dump(),
        "best": None
        if best is None
        else {"configuration": best.configuration, "value": best.mean, "seeds": best.seeds},
        "created_at": study.created_at,
        "started_at": status.started_at,
        "finished_at": status.finished_at,
        "hash": study.hash,
        "code_version": study.code_version,
        "specification": study.specification.document(),
    }


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
        standard: Sequence[str] = known.printed
        if form is Format.TABLE:
            varied = found.specification.space if isinstance(found.specification_or_fault, Specification) else ()
            standard = (*BEFORE, *(name for name in varied if name not in BEFORE), *AFTER)
        chosen = _chosen(columns, known.find) or [known.find(name) for name in standard]
        names = [column.name for column in chosen]
        rows = it.queries.trials(found.id, columns=names, where=where, sort=sort, limit=limit)
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
    from study.store.queries import CURVE_COLUMNS, epochs_too  # noqa: PLC0415

    with opened(store) as it:
        found = it.studies.get(study)
        known = it.queries.columns(found.id)

        def find(name: str) -> Column:
            return epochs_too(known, name)

        chosen = _chosen(columns, find) or [find(name) for name in CURVE_COLUMNS]
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


BEFORE = ("number", "state", "seed", "lr", "p", "beta2", "weight_decay")
AFTER = (
    "test_error_final", "test_error_mean_last5", "test_error_min", "train_loss_final", "diverged_epoch", "seconds",
)  # fmt: skip
"""Columns of the table before and after those that only this study varies."""

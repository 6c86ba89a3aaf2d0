"""Commands that only read: ``presets``, ``studies``, ``show``, ``trials``, ``curves``."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import sleep
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search_spaces.domains import Choices, Domain
from search_spaces.presets import preset_document, preset_names
from study.cli.options import JsonOption, StoreOption, StudyArgument, WhereOption, opened
from study.cli.output import (
    Format,
    cell,
    duration,
    how_to_take_back,
    measured,
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
    from search_spaces.arm import Arm
    from search_spaces.specification import Specification
    from study.store import Store, Study
    from study.store.columns import Column, Columns
    from study.store.summaries import Best


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


def _network(arm: Arm) -> str:
    options = arm.network_options
    name = "" if arm.network is None else arm.network.name
    return name + (f" ({point(options)})" if options else "")


def _task(arm: Arm) -> str:
    """Return what is trained, and how much of it."""
    task = arm.task
    if arm.dataset is not None:
        batch = "" if "task.batch_size" in arm.space else f"batch {task.batch_size}, "
        return f"{task.dataset}, {_network(arm)}, {batch}{_epochs(arm)}"
    options = {name: it for name, it in task.options.items() if f"task.{name}" not in arm.space}
    return f"{task.name}{f', {point(options)}' if options else ''}, {_epochs(arm)}"


def _epochs(arm: Arm) -> str:
    return f"{arm.epochs} epoch{'' if arm.epochs == 1 else 's'}"


def _varied(arm: Arm) -> str:
    """Return what varies, and of which optimizer where there is one."""
    varied = ", ".join(f"{name} ({_spanned(domain)})" for name, domain in arm.space.items())
    if arm.optimizer is None:
        return varied
    form = "" if "variant" in arm.space else arm.variant or ""
    return f"{varied}; optimizer {arm.optimizer.name} {form}".rstrip()


def _described(found: Study, summary: dict[str, Any]) -> str:
    """Return a study in a few lines."""
    lines: list[str] = []
    say = lines.append
    status, specification = summary["trials"], found.specification
    arms, apart = specification.arms, specification.apart()
    say(f"{found.name}: {summary['state']}")
    if summary["stalled_since"] is not None:
        say(f"  stalled since {moment(summary['stalled_since'])}: no driver lives; run `basin run` again to continue")
    tasks = dict.fromkeys(_task(arm) for arm in arms.values())
    if len(tasks) == 1:
        say(f"  task        {next(iter(tasks))}")
    if not specification.armed:
        say(f"  varies      {_varied(specification.base)}")
    say(f"  trials      {', '.join(f'{count} {name}' for name, count in status.items() if count or name == 'total')}")
    if status["diverged"] or summary["learned_nothing"]:
        say(
            f"  lost        {status['diverged']} diverged (a loss or output was not finite), "
            f"{summary['learned_nothing']} of the complete learned nothing (no better than "
            f"{'guessing' if any(arm.dataset is not None for arm in arms.values()) else 'the worst'})"
        )
    if status["cancelled"]:
        say(f"  cancelled   {how_to_take_back(found.name)}")
    for name, arm in arms.items() if specification.armed else ():
        mine = summary["arms"][name]
        counts = ", ".join(f"{n} {state}" for state, n in mine["trials"].items() if n or state == "total")
        say(f"  arm {name}: {counts}")
        if len(tasks) > 1:
            say(f"    task      {_task(arm)}")
        say(f"    varies    {_varied(arm)}")
        own = {path.removeprefix("optimizer."): it for path, it in apart[name].items()}
        say(f"    has       {point(own)}")
        if mine["best"] is not None:
            say(f"    best      {_best(mine['best'], summary['objective'], arm)}")
    if summary["best"] is not None:
        of = f"arm {summary['best']['arm']}, " if specification.armed else ""
        arm = arms[summary["best"]["arm"]]
        say(f"  best        {of}{_best(summary['best'], summary['objective'], arm)}")
    lines += [f"  plug-in     {cell(plugin.name)} {cell(plugin.hash)}" for plugin in specification.plugins]
    if summary["training_seconds"]:
        say(f"  training    {spent(summary['training_seconds'])}, all attempts together")
    if summary["eta_seconds"]:
        say(f"  ETA         {duration(summary['eta_seconds'])} at the pace so far")
    return "\n".join(lines)


def _best(best: Mapping[str, Any], objective: Mapping[str, str], arm: Arm) -> str:
    """Return a best configuration with its value, and what that is."""
    what = objective.get("split") or objective["metric"]
    return (
        f"{point(best['configuration'])}: {measured(best['value'], arm.metric)} "
        f"({what}, {objective['statistic']}, {over_seeds(best['seeds'])})"
    )


def summarised(store: Store, study: Study) -> dict[str, Any]:
    """Return what ``basin show --json`` prints."""
    specification = study.specification
    status = store.studies.status(study)
    best, bests = store.summaries.best(study), store.summaries.bests(study)
    counts = store.studies.counts_by_arm(study.id)
    return {
        "name": study.name,
        "state": status.state,
        "trials": status.counts.to_dict(),
        "learned_nothing": store.summaries.learned_nothing(study),
        "stalled_since": status.stalled_since,
        "eta_seconds": status.eta_seconds,
        "training_seconds": store.studies.training_seconds(study),
        "drivers": status.drivers,
        "objective": specification.objective.document(),
        "best": _best_of(best),
        "arms": {
            name: {"trials": counts.get(name, Counts()).to_dict(), "best": _best_of(bests.get(name))}
            for name in specification.arms
        },
        "created_at": study.created_at,
        "started_at": status.started_at,
        "finished_at": status.finished_at,
        "hash": study.hash,
        "code_version": study.code_version,
        "plugins": [it.to_dict() for it in specification.plugins],
        "specification": specification.document(),
    }


def _best_of(best: Best | None) -> dict[str, Any] | None:
    if best is None:
        return None
    return {"arm": best.arm, "configuration": best.configuration, "value": best.mean, "seeds": best.seeds}


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

"""Description: a study, its beginning and its end in a few lines of words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from search_spaces.domains import Choices, Domain
from search_spaces.specification import Specification
from study.words import (
    cell,
    counted,
    duration,
    how_to_take_back,
    measured,
    moment,
    over_seeds,
    point,
    setting,
    spent,
)

if TYPE_CHECKING:
    from search_spaces.arm import Arm
    from study.operations.creation import Created
    from study.operations.driving import Outcome
    from study.operations.summary import Summary
    from study.store import Store, Study
    from study.store.summaries import Best


def created(made: Created, store: str) -> Iterator[str]:
    """Yield what is said of a study before it is driven."""
    study, specification = made.study, made.specification
    verb = "created" if made.new else "continued"
    budgets = list(dict.fromkeys(run.epochs for run in specification.arms.values()))
    epochs = f"{budgets[0]}" if len(budgets) == 1 else f"{min(budgets)} to {max(budgets)}"
    arms = f" in {len(specification.arms)} arms" if specification.armed else ""
    yield (
        f"study {study.name} {verb}: {specification.configurations} configurations{arms} x {specification.seeds} "
        f"seeds = {specification.trials} trials of {epochs} epochs, in {store}"
    )
    yield from (f"note: {warning}" for warning in made.warnings)
    if made.is_other_code:
        yield (
            f"note: study {study.name} began with code {cell(study.code_version)}, this is {made.code_version}; "
            "every attempt records its own"
        )


def closing(store: Store, outcome: Outcome) -> Iterator[str]:
    """Yield what is said of a study after it was driven to its end: counts, time, and what is best."""
    study, status = outcome.study, outcome.status
    specification = study.specification
    best = store.summaries.best(study)
    bests = [] if best is None else [best]
    if not specification.comparable:
        bests = list(store.summaries.bests(study).values())
    took = f"took {spent(outcome.seconds)} here, {spent(store.studies.training_seconds(study))} of training"
    yield f"study {study.name} {status.state}: {counted(status.counts, None)}; {took}"
    for one in bests:
        arm = f"arm {one.arm}, " if specification.armed else ""
        yield f"best: {arm}{point(one.configuration)}: {told(specification, one, over_seeds(one.seeds))}"
    if status.counts.cancelled:
        yield f"{status.counts.cancelled} trials were cancelled; {how_to_take_back(study.name)}"


def best_so_far(store: Store, study: Study) -> str | None:
    """Return the best value of the objective so far, None before the first configuration is done."""
    study = store.studies.get(study.name)  # which may have been extended meanwhile
    best = store.summaries.best(study)
    return None if best is None else told(study.specification, best)


def told(specification: Specification, best: Best, *more: str) -> str:
    """Return a best value, what it is, and how it was taken."""
    metric = specification.arms[best.arm].metric
    name = metric.name.replace("_", " ")
    return f"{measured(best.mean, metric)} {name} ({', '.join((specification.objective.statistic, *more))})"


def described(summary: Summary) -> str:
    """Return a study in a few lines."""
    lines: list[str] = []
    say = lines.append
    specification, status = summary.specification, summary.counts.to_dict()
    objective = specification.objective.document()
    arms, apart = specification.arms, specification.apart()
    say(f"{summary.name}: {summary.state}")
    if summary.stalled_since is not None:
        say(f"  stalled since {moment(summary.stalled_since)}: no driver lives; run `basin run` again to continue")
    tasks = dict.fromkeys(_task(arm) for arm in arms.values())
    if len(tasks) == 1:
        say(f"  task        {next(iter(tasks))}")
    if not specification.armed:
        say(f"  varies      {_varied(specification.base)}")
    say(f"  trials      {', '.join(f'{count} {name}' for name, count in status.items() if count or name == 'total')}")
    if status["diverged"] or summary.learned_nothing:
        say(
            f"  lost        {status['diverged']} diverged (a loss or output was not finite), "
            f"{summary.learned_nothing} of the complete learned nothing (no better than "
            f"{'guessing' if any(arm.dataset is not None for arm in arms.values()) else 'the worst'})"
        )
    lines += _open_to(summary)
    for name, arm in arms.items() if specification.armed else ():
        mine = summary.arms[name]
        counts = ", ".join(f"{n} {state}" for state, n in mine.counts.to_dict().items() if n or state == "total")
        say(f"  arm {name}: {counts}")
        if len(tasks) > 1:
            say(f"    task      {_task(arm)}")
        say(f"    varies    {_varied(arm)}")
        own = {path.removeprefix("optimizer."): it for path, it in apart[name].items()}
        say(f"    has       {point(own)}")
        if mine.best is not None:
            say(f"    best      {_best(mine.best, objective, arm)}")
    if summary.best is not None:
        of = f"arm {summary.best.arm}, " if specification.armed else ""
        say(f"  best        {of}{_best(summary.best, objective, arms[summary.best.arm])}")
    lines += [f"  plug-in     {cell(plugin.name)} {cell(plugin.hash)}" for plugin in specification.plugins]
    if summary.training_seconds:
        say(f"  training    {spent(summary.training_seconds)}, all attempts together")
    if summary.eta_seconds:
        say(f"  ETA         {duration(summary.eta_seconds)} at the pace so far")
    return "\n".join(lines)


def _open_to(summary: Summary) -> Iterator[str]:
    """Yield what can be done about trials that were cancelled; nothing about results from elsewhere."""
    if summary.specification.imported:
        yield f"  imported    from {cell(summary.specification.source)}; it cannot be trained here"
    elif summary.counts.cancelled:
        yield f"  cancelled   {how_to_take_back(summary.name)}"


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
        data = f"{task.dataset} ({point(arm.data_options)})" if arm.data_options else task.dataset
        return f"{data}, {_network(arm)}, {batch}{_epochs(arm)}"
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


def _best(best: Best, objective: Mapping[str, str], arm: Arm) -> str:
    """Return a best configuration with its value, and what that is."""
    what = objective.get("split") or objective["metric"]
    return (
        f"{point(best.configuration)}: {measured(best.mean, arm.metric)} "
        f"({what}, {objective['statistic']}, {over_seeds(best.seeds)})"
    )

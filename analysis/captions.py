"""Captions: what every figure says of the task, of n, of what was left out, and of its own marks and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.findings import ArmFindings
from analysis.maps import SensitivityMap
from analysis.measure import Measure, counted
from analysis.numbers import point, written
from search_spaces.arm import Arm
from search_spaces.declarations import Dataset
from search_spaces.options import Value
from search_spaces.sections import Section

Part = tuple[ArmFindings, pd.DataFrame]
"""Trials of one arm that are drawn."""

OPTIMIZER = "optimizer"
"""What the keys of all that is said of an optimizer begin with."""


def described(parts: Sequence[Part], fixed: Mapping[str, float] | None = None, *, each: bool = True) -> str:
    """Return the task, the values that all drawn trials share, n by outcome, and what was left out.

    ``each`` is whether to say what each arm has of its own; else the figure says it.
    """
    arms = list(dict.fromkeys(one for one, _ in parts))
    first, drawn = arms[0], pd.concat([trials for _, trials in parts])
    alone = f", arm {first.key}" if first.material.specification.armed and len(arms) == 1 else ""
    about = f"{first.study}{alone}: " if len({one.study for one in arms}) == 1 else ""
    seeds = " or ".join(dict.fromkeys(map(seeds_told, arms)))
    text = (
        f"{about}{_trained(arms, first.named(fixed or {}), each=each)}. n = {counted_as(len(drawn), 'trial')}, "
        f"{seeds} a configuration: {_outcomes(parts)}"
    )
    superseded = sum(len(one.trials) - len(one.in_force) for one in arms)
    text += f", {superseded} superseded by a retry (left out)" if superseded else ""
    open_trials = int(drawn["state"].isin(["waiting", "running"]).sum())
    return text + (f", {open_trials} still to be trained." if open_trials else ".")


def seeds_told(one: ArmFindings) -> str:
    """Return how many seeds a configuration of an arm has, in words: as many as it got, where that was chosen."""
    if not one.seeds_vary:
        return counted_as(one.arm.seeds, "seed")
    counts = one.in_force.groupby(one.space).size()
    low, high = (int(counts.min()), int(counts.max())) if len(counts) else (one.arm.seeds, one.arm.seeds)
    return counted_as(high, "seed") if low == high else f"{low} to {high} seeds"


def _trained(arms: Sequence[ArmFindings], fixed: Mapping[str, Value], *, each: bool) -> str:
    """Return what was trained: what all arms share once, and of each what it has of its own."""
    texts = [_texts(one.arm, fixed) for one in arms]
    shared = {key: text for key, text in texts[0].items() if all(it.get(key) == text for it in texts)}
    said = _sentence(shared, "; ")
    if len(arms) == 1 or not each:
        return said
    own = [{key: text for key, text in it.items() if key not in shared} for it in texts]
    told = [f"{one.said}: {_sentence(it, ', ') or 'as above'}" for one, it in zip(arms, own, strict=True)]
    return "; ".join([said, *told] if said else told)


def told_apart_by(arms: Sequence[ArmFindings]) -> list[dict[str, str]]:
    """Return of each arm what was trained otherwise than in another, in words by what it is said of."""
    texts = [_texts(one.arm, {}) for one in arms]
    return [{key: text for key, text in it.items() if any(other.get(key) != text for other in texts)} for it in texts]


def _sentence(texts: Mapping[str, str], between: str) -> str:
    """Join what was trained, with a mark of its own between the optimizer and the rest."""
    if "network" in texts and "data" in texts:
        texts = {**texts, "network": f"{texts['network']} on {texts['data']}", "data": ""}
    optimizer = ", ".join(text for key, text in texts.items() if key.startswith(OPTIMIZER))
    rest = ", ".join(text for key, text in texts.items() if not key.startswith(OPTIMIZER) and text)
    return between.join(text for text in (optimizer, rest) if text)


def _texts(arm: Arm, fixed: Mapping[str, Value]) -> dict[str, str]:
    """Return optimizer, task, epochs and schedules, with the value of every option that does not vary."""
    return {
        **_optimizer(arm, fixed),
        **(_task(arm) if arm.dataset is None else _classification(arm, arm.dataset)),
        "epochs": counted_as(arm.epochs, "epoch"),
        **({"schedules": _scheduled(arm)} if arm.schedules else {}),
    }


def _optimizer(arm: Arm, fixed: Mapping[str, Value]) -> dict[str, str]:
    """Return an optimizer and each of its options, which arms share where they have it in the same form."""
    optimizer = arm.optimizer
    if optimizer is None:
        return {}
    form = arm.variant if "variant" not in arm.space else None
    name = f"{optimizer.name} ({form})" if form else optimizer.name
    numbers = {n: it for n, it in arm.hyperparameters({}).items() if n not in arm.space}
    values = {**fixed, **numbers, **_unusual(arm)}
    without = "amsgrad" not in arm.space and not optimizer.options.get("amsgrad", True)
    name += " without the maximum of AMSGrad" if without else ""
    parts = {"": name} | {option: point({option: value}) for option, value in values.items()}
    decay = f"decay {arm.decay}" if arm.decay and "decay" not in arm.space else ""
    kernels = optimizer.options.get("decay_on") == "kernels" and "decay_on" not in arm.space
    decay = f"{decay or 'decay'} on kernels only" if kernels else decay
    parts |= {"decay": decay} if decay else {}
    return {f"{OPTIMIZER} {name} {option}": text for option, text in parts.items()}


SAID = {"variant", "decay", "decay_on", "amsgrad"}
"""Choices and switches of optimizers that captions have words of their own for."""


def _unusual(arm: Arm) -> dict[str, Value]:
    """Return the other choices and switches of an optimizer that do not vary and are not as it declares them."""
    if arm.optimizer is None:
        return {}
    declared = arm.optimizer.declaration
    return {
        name: value
        for name, value in arm.optimizer.options.items()
        if name not in {*SAID, *declared.numbers, *arm.space} and value != declared.options[name].default
    }


def _task(arm: Arm) -> dict[str, str]:
    """Return a task by its name and every option that does not vary."""
    options = {name: it for name, it in arm.task.options.items() if f"task.{name}" not in arm.space}
    return {"task": f"{arm.task.name} ({point(options)})" if options else arm.task.name}


def _classification(arm: Arm, info: Dataset) -> dict[str, str]:
    """Return network, images and batch."""
    task = arm.task
    test = "test images" if info.test is None else f"{info.test:,} test images"
    used = task.subset or info.train
    images = test if used is None else f"{used - task.validation:,} training and {test}"
    images += f", {task.validation:,} for validation" if task.validation else ""
    if {"task.subset", "task.validation"} & arm.space.keys():
        images = test
    parts = {
        "task.augmentation": "" if task.augmentation == "none" else f", {task.augmentation}",
        "task.remainder": " (a small rest of images is a batch of its own)" if task.remainder == "keep" else "",
        "task.batch_size": f"batch {task.batch_size}",
    }
    said = {path: "" if path in arm.space else text for path, text in parts.items()}
    own = f"{point(arm.data_options)}; " if arm.data_options else ""
    return {
        "network": network_of(arm),
        "data": f"{task.dataset} ({own}{images}{said['task.augmentation']})",
        "batch": f"{said['task.batch_size']}{said['task.remainder']}",
    }


def network_of(arm: Arm) -> str:
    """Return the network with the options that do not vary and are not as it declares them."""
    options = arm.network_options
    name = "" if arm.network is None else arm.network.name
    return name + (f" ({point(options)})" if options else "")


def _scheduled(arm: Arm) -> str:
    names = {"lr": "learning rate"}
    texts = [
        _moved(names.get(name, name), schedule, varied=f"schedules.{name}.gamma" in arm.space)
        for name, schedule in arm.schedules.items()
    ]
    return ", ".join(texts)


def _moved(what: str, schedule: Section, *, varied: bool) -> str:
    warmed = schedule.options.get("warmup")
    if schedule.name == "constant" and not warmed:
        return f"constant {what}"
    if schedule.name == "multistep" and not warmed and not schedule.options.get("discard"):
        marks = ("epochs " if len(schedule.milestones) > 1 else "epoch ") + ", ".join(map(str, schedule.milestones))
        return f"{what} times {'gamma' if varied else written(schedule.gamma)} after {marks}"
    defaults = {name: option.default for name, option in schedule.declaration.options.items()}
    other = {name: it for name, it in schedule.options.items() if it != defaults[name] and it != ()}
    said = f" ({point(other)})" if other else ""
    return f"{schedule.name} schedule of {'the ' if ' ' in what else ''}{what}{said}"


def counted_as(count: int, noun: str) -> str:
    """Return a number of things, such as ``1 seed`` or ``3 seeds``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _outcomes(parts: Sequence[Part]) -> str:
    drawn = pd.concat([trials for _, trials in parts])
    states = drawn["state"].value_counts().to_dict()
    lost = sum(int(counted(trials, one.measures[0])["learned_nothing"].sum()) for one, trials in parts)
    complete = f"{states.get('complete', 0)} complete"
    complete += f" ({lost} of them learned nothing)" if lost else ""
    left_out = states.get("failed", 0) + states.get("cancelled", 0)
    text = f"{complete}, {states.get('diverged', 0)} diverged (a loss or output was not finite)"
    return text + (f", {left_out} failed or cancelled (left out)" if left_out else "")


def measured(measure: Measure, mark: str, *, diverged: bool, beside: Sequence[Measure] = ()) -> str:
    """Return what the marks of a figure show, and on which images choices were made.

    ``beside`` are the measures of other arms on the same page: a diverged seed of theirs may count at another value.
    """
    text = f"{mark}: mean over seeds of the {measure.label}, {measure.kind}"
    counts_as = " or ".join(dict.fromkeys(one.counts_as for one in (measure, *beside)))
    text += f"; a diverged seed counts as {counts_as}." if diverged else "."
    return f"{text} {chosen(measure)}".strip()


def chosen(measure: Measure) -> str:
    """Return the warning that a choice on test images needs."""
    if measure.split == "test":
        return "The best was chosen on the test images themselves: its error is optimistic."
    return ""


def map_legend(result: SensitivityMap, *, numbered: bool = True) -> str:
    """Return what the marks of a map mean, those that are there; shares stand in cells that have numbers alone."""
    grid = result.grid
    if grid.best is None:
        parts = ["Every trial diverged." if _all_diverged(result) else "No best: no cell has all its seeds in."]
    else:
        row, column = grid.best
        place = f"{grid.x} = {grid.x_axis.texts(grid.xs)[grid.xs[column]]}"
        place += "" if grid.y is None else f", {grid.y} = {grid.y_axis.texts(grid.ys)[grid.ys[row]]}"
        parts = [f"Star: best cell, {place}, mean {result.measure.written(result.grid.mean[row, column])}."]
        parts.append(_outlined(result))
    if grid.diverged.any():
        parts.append('Hatched, "div.": share of seeds that diverged.' if numbered else "Hatched: seeds diverged.")
    if grid.learned_nothing.any():
        measure = result.measure
        dotted = f'Dotted, "{measure.lost}": share of seeds that' if numbered else "Dotted: seeds"
        no_better = ", being no better than guessing" if measure.guessing is not None else ""
        parts.append(f"{dotted} learned nothing{no_better} ({measure.rule}).")
    if (grid.n == 0).any():
        parts.append("Blank: no outcome.")
    return " ".join(parts)


def panels_legend(maps: Sequence[SensitivityMap], of: str = "study") -> str:
    """Return what the marks on a page of several maps mean, those that are there.

    ``of`` says what a filled star is the best of.
    """
    parts = []
    if any(one.grid.best is not None for one in maps):
        parts.append(f"Stars: the best cell of each panel, filled where it is the best of the {of}.")
    if any(one.candidates is not None for one in maps):
        parts.append("Outlined: candidates for the best of the panel at 95 %.")
    if any(one.grid.diverged.any() for one in maps):
        parts.append('Hatched, "div.": share of seeds that diverged.')
    if any(one.grid.learned_nothing.any() for one in maps):
        rules = "; ".join(dict.fromkeys(one.measure.rule for one in maps if one.measure.rule))
        parts.append(f'Dotted, "{maps[0].measure.lost}": share of seeds that learned nothing ({rules}).')
    if any((one.grid.n == 0).any() for one in maps):
        parts.append("Blank: no outcome.")
    return " ".join(parts)


def _outlined(result: SensitivityMap) -> str:
    found = result.candidates
    if found is None:
        return (
            "What else may be the best cannot be said: that takes two cells with all their seeds in, and three seeds."
        )
    count, scale = int(found.cells.sum()), result.measure.scale(result.grid.replicates)
    what = "the best cell alone is a candidate" if count == 1 else f"{count} candidates"
    text = (
        f"Outlined: {what} for the best at {100 * found.level:g} % (compared pairwise over {found.seeds} seeds, "
        f"one-sided Dunnett bound; residual deviation {found.deviation:.2f} on the {scale} scale, "
        f"{found.freedom} degrees of freedom)."
    )
    unjudged = int(((result.grid.n > 0) & ~found.judged & (result.grid.diverged.sum(axis=2) < result.grid.n)).sum())
    lacking = "1 cell lacks seeds and was" if unjudged == 1 else f"{unjudged} cells lack seeds and were"
    return text + (f" {lacking} not compared." if unjudged else "")


def _all_diverged(result: SensitivityMap) -> bool:
    grid = result.grid
    return bool(grid.n.any() and grid.diverged.sum() == grid.n.sum() and not grid.pending.any())

"""Decorators: how a plug-in declares a network, a data set, an optimizer or a task.

Each leaves what it decorates as it is. What is declared is known by the module that declares it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from search_spaces.declarations import Dataset, Declaration, Metric, Network, Optimizer, Task
from search_spaces.errors import PluginError, shown
from search_spaces.options import Option
from search_spaces.plugins.checks import call_faults, metric_faults, name_faults, option_faults
from search_spaces.plugins.plugin import Entry

F = TypeVar("F", bound=Callable[..., Any])

DECLARED: dict[str, list[Entry]] = {}
"""What was declared so far, by module."""


def network(name: str, /, **options: Option) -> Callable[[F], F]:
    """Declare a network: a function ``(shape, classes, *, **options)`` that returns a ``torch.nn.Module``.

    Parameters
    ----------
    name
        Under which a specification finds it.
    **options
        What a specification can set, each a ``Number``, ``Choice`` or ``Switch``; the function takes them by name.

    The function is called with (channels, height, width) of an image and the number of classes, when the global
    generator of torch has been seeded by the trial's seed. The module maps float images ``[n, *shape]`` to logits
    ``[n, classes]``.

    Raises
    ------
    PluginError
        The declaration breaks a rule; all that it breaks is listed.
    """
    faults = [*name_faults(name), *option_faults("network", options)]
    return _declaring(
        "network",
        name,
        faults,
        ("shape", "classes"),
        lambda text: Network(name=name, summary=text, implementation="", options=options),
        options,
    )


def dataset(
    name: str, /, *, classes: int, shape: Sequence[int], train: int | None = None, test: int | None = None
) -> Callable[[F], F]:
    """Declare a data set: a function ``(folder)`` that returns images with labels, to train on and to test on.

    Parameters
    ----------
    name
        Under which a specification finds it.
    classes
        Number of equally frequent classes, >= 2.
    shape
        (channels, height, width) of an image.
    train, test
        Numbers of images where they are known, so that a specification is checked against them.

    The function is given the folder of the data sets, a ``pathlib.Path``, or None where nobody named one. It returns
    train images, train labels, test images and test labels: uint8 ``[n, *shape]`` and int64 ``[n]``, arrays of numpy
    or tensors of torch.

    Raises
    ------
    PluginError
        The declaration breaks a rule; all that it breaks is listed.
    """
    faults = list(name_faults(name))
    sizes: Any = tuple(shape) if isinstance(shape, list | tuple) else ()
    if len(sizes) != 3 or not all(_counts(it, 1) for it in sizes):
        faults.append(f"shape must be (channels, height, width), got {shown(shape)}")
    if not _counts(classes, 2):
        faults.append(f"classes must be a whole number from 2 on, got {shown(classes)}")
    faults += [
        f"{what} must be a number of images, or None, got {shown(count)}"
        for what, count in (("train", train), ("test", test))
        if count is not None and not _counts(count, 1)
    ]

    def make(text: str) -> Dataset:
        return Dataset(
            name=name,
            summary=text,
            implementation="",
            classes=classes,
            shape=sizes,
            train=train,
            test=test,
            files=True,
        )

    return _declaring("dataset", name, faults, ("folder",), make)


def optimizer(name: str, /, **options: Option) -> Callable[[F], F]:
    """Declare an optimizer: a function ``(groups, *, **options)`` that returns a ``torch.optim.Optimizer``.

    Parameters
    ----------
    name
        Under which a specification finds it.
    **options
        What a specification can set; the function takes them by name. A schedule may move a number: what each
        parameter group was made with under its name is then multiplied before every step.

    Raises
    ------
    PluginError
        The declaration breaks a rule; all that it breaks is listed.
    """
    faults = [*name_faults(name), *option_faults("optimizer", options)]
    return _declaring(
        "optimizer",
        name,
        faults,
        ("groups",),
        lambda text: Optimizer(name=name, summary=text, implementation="", options=options),
        options,
    )


def task(name: str, /, *, metrics: Iterable[Metric], **options: Option) -> Callable[[F], F]:
    """Declare a task with a loop of its own: a generator ``(options, seed, epochs)`` that yields metrics each epoch.

    Parameters
    ----------
    name
        Under which a specification finds it.
    metrics
        What it measures, the objective first.
    **options
        What a specification can set; the function finds them in ``options``, by key or as attributes.

    Each time the generator yields, an epoch is done; it yields a mapping with a number for every metric, ``epochs``
    times. A number that is not finite ends the training as diverged. The global generators of Python, numpy and torch
    are seeded by the trial's seed and the epoch before each step of it.

    Raises
    ------
    PluginError
        The declaration breaks a rule; all that it breaks is listed.
    """
    given = list(metrics)
    faults = [*name_faults(name), *option_faults("task", options), *metric_faults(given, options)]
    return _declaring(
        "task",
        name,
        faults,
        ("options", "seed", "epochs"),
        lambda text: Task(name=name, summary=text, implementation="", metrics=tuple(given), options=options),
    )


def _declaring(
    kind: str,
    name: Any,
    faults: Sequence[str],
    positional: tuple[str, ...],
    make: Callable[[str], Declaration],
    options: dict[str, Option] | None = None,
) -> Callable[[F], F]:
    """Return the decorator of a declaration, which is made with its function's first line of documentation."""
    frame = inspect.currentframe()
    caller = None if frame is None or frame.f_back is None else frame.f_back.f_back
    module = "" if caller is None else str(caller.f_globals.get("__name__", ""))

    def declare(function: F) -> F:
        found = [*faults, *call_faults(function, positional, options or {})]
        what = {"dataset": "data set"}.get(kind, kind)
        if found:
            raise PluginError(f"{what} {shown(name)}: {'; '.join(found)}")
        lines = (getattr(function, "__doc__", None) or "").strip().splitlines()
        declaration = make(lines[0].strip() if lines else f"{what} of a plug-in")
        DECLARED.setdefault(module, []).append(Entry(kind=kind, declaration=declaration, function=function))
        return function

    return declare


def _counts(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least

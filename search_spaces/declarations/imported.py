"""The task of a study whose results were imported: nothing trains it, and nothing ever will."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from search_spaces.declarations.declaration import Origin
from search_spaces.declarations.task import Metric, Task
from search_spaces.options import Option

IMPORTED = "imported"
"""Its name, the design of such a study, and what stands in the place of an implementation."""


def imported(
    origin: Origin, options: Mapping[str, Option], metrics: Sequence[Metric], summary: str = "results from elsewhere"
) -> Task:
    """Return the task of an imported study.

    It is declared as that of a plug-in is, so that its study is stored with it and read by it, and it stands in no
    catalogue: no specification that somebody writes can name it.

    Parameters
    ----------
    origin
        Where the results come from, and the hash of them.
    options
        The hyperparameters; the summary of each is what it is called there.
    metrics
        What was measured, the objective first.
    summary
        One line for people.
    """
    return Task(
        name=IMPORTED,
        summary=summary,
        implementation=IMPORTED,
        options=dict(options),
        metrics=tuple(metrics),
        origin=origin,
    )


def is_imported(task: Task) -> bool:
    """Tell whether a task is that of an imported study."""
    return task.implementation == IMPORTED

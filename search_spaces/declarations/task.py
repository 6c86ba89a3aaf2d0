"""The task: what is trained, and the metrics that are measured of it after each epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, Literal

from search_spaces.declarations.declaration import Declaration


@dataclass(frozen=True)
class Metric:
    """What a task measures.

    Attributes
    ----------
    name
        As specifications, columns and JSON have it.
    summary
        What figures call it; its name, with spaces, where nothing else is said.
    unit
        Such as ``%``; empty for a pure number.
    direction
        Which values are better.
    worst
        What a diverged training counts at; None where the task cannot say, and the worst complete value of the study
        counts instead. That of classification depends on the data set.
    log
        Whether it spans orders of magnitude, and is seen on a logarithmic scale.
    trace
        Whether it is a coordinate of where a training stands, which is kept and drawn, and has no better value. It is
        no objective; a trial has its final value alone as a column.
    """

    name: str
    _: KW_ONLY
    summary: str = ""
    unit: str = ""
    direction: Literal["minimize", "maximize"] = "minimize"
    worst: float | None = None
    log: bool = False
    trace: bool = False

    def __post_init__(self) -> None:
        """Give it words where it has none."""
        if not self.summary:
            object.__setattr__(self, "summary", str(self.name).replace("_", " "))

    def to_dict(self) -> dict[str, Any]:
        """Return the metric as plain values."""
        return {it.name: getattr(self, it.name) for it in fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Metric:
        """Return the metric that :meth:`to_dict` wrote."""
        worst = values["worst"]
        return cls(
            str(values["name"]),
            summary=str(values["summary"]),
            unit=str(values["unit"]),
            direction="maximize" if values["direction"] == "maximize" else "minimize",
            worst=None if worst is None else float(worst),
            log=bool(values["log"]),
            trace=bool(values.get("trace", False)),
        )


@dataclass(frozen=True, kw_only=True)
class Task(Declaration):
    """A task.

    Attributes
    ----------
    metrics
        The first is the objective where a specification names none, and no trace.
    problem
        Options that change what is measured, and not only how it is trained: arms that differ in them are not ranked.
    chance
        Options that are 0 where nothing is left to chance and all seeds say the same; None where something always is.
    """

    metrics: tuple[Metric, ...]
    problem: tuple[str, ...] = ()
    chance: tuple[str, ...] | None = None

    @property
    def optimized(self) -> bool:
        """Whether an optimizer of Basin's trains it, which schedules move; the task of a plug-in has its own loop."""
        return self.origin is None

    @property
    def judged(self) -> list[str]:
        """The names of what an objective can be: every metric that is no trace."""
        return [it.name for it in self.metrics if not it.trace]

    def metric(self, name: str) -> Metric | None:
        """Return the metric of a name, None where the task does not measure it."""
        return next((it for it in self.metrics if it.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the declaration as plain values."""
        return super().to_dict() | {"metrics": [it.to_dict() for it in self.metrics]}

    @classmethod
    def _fields(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        metrics = tuple(Metric.from_dict(it) for it in values["metrics"])
        if not metrics:
            raise ValueError("a task must measure something")
        return super()._fields(values) | {"metrics": metrics}

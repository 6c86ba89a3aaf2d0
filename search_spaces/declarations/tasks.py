"""Tasks: what is trained, and what of it is measured after each epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

from search_spaces.declarations.declaration import Declaration, by_name
from search_spaces.options import Choice, Name, Number


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
    """

    name: str
    _: KW_ONLY
    summary: str = ""
    unit: str = ""
    direction: Literal["minimize", "maximize"] = "minimize"
    worst: float | None = None
    log: bool = False

    def __post_init__(self) -> None:
        """Give it words where it has none."""
        if not self.summary:
            object.__setattr__(self, "summary", str(self.name).replace("_", " "))

    def to_dict(self) -> dict[str, Any]:
        """Return the metric as plain values."""
        return {name: getattr(self, name) for name in ("name", "summary", "unit", "direction", "worst", "log")}

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
        )


@dataclass(frozen=True, kw_only=True)
class Task(Declaration):
    """A task.

    Attributes
    ----------
    metrics
        The first is the objective where a specification names none.
    """

    metrics: tuple[Metric, ...]

    @property
    def optimized(self) -> bool:
        """Whether an optimizer of Basin's trains it, which schedules move; the task of a plug-in has its own loop."""
        return self.origin is None

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


BEALE_WORST = 181_853.61328125
"""Beale's function at (-4.5, -4.5), its largest value on the square |x|, |y| <= 4.5 on which it is usually given."""

BEALE_FARTHEST = 9.013878188659973
"""Distance from (3, 1/2) to (-4.5, -4.5), the corner of that square that lies farthest from it."""

CLASSIFICATION = "classification"
"""The task of a specification that names none."""

TASKS = by_name(
    Task(
        name=CLASSIFICATION,
        summary="a network that tells the classes of images; measures test error in percent and train loss",
        metrics=(
            Metric(name="test_error", summary="test error", unit="%", log=True),
            Metric(name="validation_error", summary="validation error", unit="%", log=True),
            Metric(name="train_loss", summary="train loss", unit="nats", log=True),
        ),
        implementation="workers.tasks.classification:begin",
        options={
            "dataset": Name(summary="data set", kind="dataset"),
            "network": Name(summary="network", kind="network"),
            "batch_size": Number(
                summary="images a step", default=128, low=1, high=65_536, integer=True, log=True, unit="images"
            ),
            "augmentation": Choice(
                summary="what is done to each training image",
                choices={
                    "none": "images as they are",
                    "crop4-flip": "zero padding by 4, random crop to the original size, random horizontal flip",
                    "crop2-flip": "zero padding by 2, random crop to the original size, random horizontal flip",
                },
            ),
            "subset": Number(
                summary="train on so many images, seeded and balanced over classes; all where not written",
                default=None,
                low=1,
                integer=True,
                unit="images",
            ),
            "validation": Number(
                summary="training images held out, by a fixed seed", default=0, low=0, integer=True, unit="images"
            ),
            "remainder": Choice(
                summary="what becomes of the images of an epoch that fill no batch",
                choices={
                    "join": "less than half a batch joins the batch before",
                    "keep": "they are a batch of their own",
                },
            ),
        },
    ),
    Task(
        name="beale",
        summary="Beale's function of two variables, descended by an optimizer from (1, 1); no images, no network",
        implementation="workers.tasks.beale:begin",
        source="E. M. L. Beale, On an iterative method for finding a local minimum, Princeton, 1958",
        metrics=(
            Metric(name="excess", summary="excess above the minimum", worst=BEALE_WORST, log=True),
            Metric(name="distance", summary="distance to the minimum at (3, 1/2)", worst=BEALE_FARTHEST, log=True),
        ),
        options={
            "steps": Number(
                summary="steps an epoch", default=100, low=1, high=1_000_000, integer=True, log=True, unit="steps"
            ),
            "noise": Number(
                summary="standard deviation of what is added to each derivative, drawn anew each step by the seed",
                default=0.0,
                low=0.0,
                high=1e6,
            ),
        },
    ),
)

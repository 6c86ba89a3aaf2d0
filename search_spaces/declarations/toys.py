"""Toy problems: tasks without files and without a network, which last seconds."""

from __future__ import annotations

from fractions import Fraction

from search_spaces.declarations.task import Metric, Task
from search_spaces.landscapes import SURFACES, Landscape, moons
from search_spaces.options import Number

STEPS = Number(summary="steps an epoch", default=100, low=1, high=1_000_000, integer=True, log=True, unit="steps")

PATH = (
    Metric(name="x", summary="first coordinate", trace=True),
    Metric(name="y", summary="second coordinate", trace=True),
)
"""Where a descent stands after each epoch; with one step an epoch, after each step."""


def descent(surface: Landscape) -> Task:
    """Return the task of descending a surface."""
    where = " or ".join(f"({Fraction(x)}, {Fraction(y)})" for x, y in surface.minima)
    return Task(
        name=surface.name,
        summary=f"{surface.summary}; descended from ({surface.start[0]:g}, {surface.start[1]:g})",
        implementation="workers.tasks.surface:begin",
        source=surface.source,
        metrics=(
            Metric(name="excess", summary="excess above the minimum", worst=surface.worst, log=True),
            Metric(name="distance", summary=f"distance to the minimum at {where}", worst=surface.farthest, log=True),
            *PATH,
        ),
        chance=("noise",),
        options={
            "steps": STEPS,
            "noise": Number(
                summary="standard deviation of what is added to each derivative, drawn anew each step by the seed",
                default=0.0,
                low=0.0,
                high=1e6,
            ),
        },
    )


TOYS = (
    *map(descent, SURFACES.values()),
    Task(
        name=moons.LOSS.name,
        summary=f"{moons.LOSS.summary}; descended by batches",
        implementation="workers.tasks.moons:begin",
        source="scikit-learn, sklearn.datasets.make_moons",
        metrics=(
            Metric(name="excess", summary="excess of the loss", unit="nats", worst=moons.WORST, log=True),
            Metric(name="accuracy", summary="accuracy", unit="%", direction="maximize", worst=0.0),
            Metric(name="distance", summary="distance to the minimum", worst=moons.LOSS.farthest, log=True),
            *PATH,
        ),
        options={
            "steps": STEPS,
            "batch_size": Number(
                summary="points a step, drawn anew each time by the seed",
                default=10,
                low=1,
                high=moons.COUNT,
                integer=True,
                log=True,
                unit="points",
            ),
        },
    ),
    Task(
        name="online",
        summary="one number in [-1, 1] whose loss is C x at every third step and -x at the others; -1 is best",
        implementation="workers.tasks.online:begin",
        source="S. J. Reddi, S. Kale, S. Kumar, On the convergence of Adam and beyond, ICLR 2018, section 3",
        metrics=(
            Metric(name="regret", summary="average regret", log=True),
            Metric(name="x", summary="position", trace=True),
        ),
        problem=("largest",),
        chance=(),
        options={
            "steps": STEPS,
            "largest": Number(
                summary="C, the derivative at every third step; above 2 the best point is -1",
                default=3.0,
                low=2.0,
                low_open=True,
                high=1e6,
            ),
        },
    ),
)

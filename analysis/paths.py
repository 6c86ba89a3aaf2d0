"""Paths: the ways of descents over a landscape, one for each arm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.findings import DECADES, ArmFindings, Findings
from analysis.measure import COUNTED
from search_spaces.declarations import Metric
from search_spaces.landscapes import LANDSCAPES, Landscape

Vector = npt.NDArray[np.float64]

FAR = 50.0
"""Widths of the domain from its middle beyond which a path is not followed: lines that long cannot be drawn."""


MARGIN = 0.12
"""Of the width and height of what is drawn, beside it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Path:
    """One descent.

    Attributes
    ----------
    arm
        Whose it is.
    trial
        Its row of the table of trials.
    every
        Steps from one point to the next.
    steps
        Steps done at each point, 0 for the first.
    x, y
        Where it stood, the start first.
    values
        What was measured there; NaN at the start.
    leaves
        Whether it left the domain.
    diverged
        Whether it ended in divergence, after its last point.
    """

    arm: ArmFindings
    trial: pd.DataFrame
    every: int
    steps: npt.NDArray[np.int64]
    x: Vector
    y: Vector
    values: Vector
    leaves: bool
    diverged: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Ways:
    """The paths over one landscape, and the ``metric`` that is measured on the way."""

    landscape: Landscape
    metric: Metric
    paths: Sequence[Path]

    @cached_property
    def view(self) -> tuple[float, float, float, float]:
        """The part of the domain that is worth drawing: lowest and highest x and y.

        It holds the start, the minima, and every point of the paths that lies in the domain.
        """
        left, right, bottom, top = self.landscape.domain
        spots = np.array([self.landscape.start, *self.landscape.minima])
        x, y = (np.concatenate([spots[:, at], *(getattr(it, n) for it in self.paths)]) for at, n in enumerate("xy"))
        inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
        (x0, x1), (y0, y1) = ((float(it[inside].min()), float(it[inside].max())) for it in (x, y))
        wide, high = MARGIN * max(x1 - x0, 0.1 * (right - left)), MARGIN * max(y1 - y0, 0.1 * (top - bottom))
        return max(left, x0 - wide), min(right, x1 + wide), max(bottom, y0 - high), min(top, y1 + high)

    def heights(self, path: Path) -> Vector:
        """Return what was measured on a path as it is drawn: not below :attr:`floor`."""
        return np.maximum(path.values, self.floor)

    @cached_property
    def floor(self) -> float:
        """Where a logarithmic axis ends: :data:`DECADES` powers of ten below the highest value on the way."""
        if not self.metric.log:
            return -math.inf
        return float(max(np.nanmax(it.values, initial=0.0) for it in self.paths) or 1.0) / 10.0**DECADES


def ways(findings: Findings) -> list[Ways]:
    """Return the paths of a study, those over one landscape together.

    Of each arm it is the path of its best configuration, or where none may be it yet of the one that leads, with its
    lowest seed that has come to an end. An arm whose epochs do not tell where they ended has none.
    """
    found: dict[str, list[Path]] = {}
    metrics: dict[str, Metric] = {}
    for arm in findings.arms:
        landscape = LANDSCAPES.get(arm.arm.task.name)
        trial = None if landscape is None else chosen(arm)
        if landscape is None or trial is None:
            continue
        metrics.setdefault(landscape.name, _charted(arm))
        epochs = arm.material.curves(trial["number"].tolist())
        path = _path(arm, trial, epochs, landscape, metrics[landscape.name])
        if path is not None:
            found.setdefault(landscape.name, []).append(path)
    return [Ways(landscape=LANDSCAPES[name], metric=metrics[name], paths=paths) for name, paths in found.items()]


def chosen(arm: ArmFindings) -> pd.DataFrame | None:
    """Return the row of the trial that stands for an arm, that of :func:`ways`; None without any."""
    ranks = arm.rankings[0]
    if ranks.empty:
        return None
    trials = arm.at({name: float(ranks.iloc[0][name]) for name in arm.space})
    ended = trials[trials["state"].isin(COUNTED)]
    return ended.sort_values("seed").head(1) if len(ended) else None


def _charted(arm: ArmFindings) -> Metric:
    """Return what is drawn over steps: what is in percent, or else the objective."""
    return next((it for it in arm.arm.metrics if it.unit == "%"), arm.measures[0].metric)


def _path(
    arm: ArmFindings, trial: pd.DataFrame, epochs: pd.DataFrame, landscape: Landscape, metric: Metric
) -> Path | None:
    if not {"x", "y", metric.name} <= set(epochs.columns):
        return None
    epochs = epochs.dropna(subset=["x", "y"]).sort_values("epoch")
    if epochs.empty:
        return None
    (x0, y0), steps = landscape.start, int(in_force(arm, trial, "steps"))
    x, y = (np.concatenate([[begun], epochs[name].to_numpy(dtype=float)]) for begun, name in ((x0, "x"), (y0, "y")))
    left, right, bottom, top = landscape.domain
    inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    near = (np.abs(x) < FAR * (right - left)) & (np.abs(y) < FAR * (top - bottom))
    followed = len(near) if near.all() else int(np.argmin(near))
    return Path(
        arm=arm,
        trial=trial,
        every=steps,
        steps=np.concatenate([[0], epochs["epoch"].to_numpy(dtype=int) * steps])[:followed],
        x=x[:followed],
        y=y[:followed],
        values=np.concatenate([[np.nan], epochs[metric.name].to_numpy(dtype=float)])[:followed],
        leaves=not inside.all(),
        diverged=bool((trial["state"] == "diverged").any()),
    )


def in_force(arm: ArmFindings, trial: pd.DataFrame, name: str) -> float:
    """Return a number of the task as a trial had it: its own where it varies, else the arm's."""
    path = f"task.{name}"
    return float(trial.iloc[0][path]) if path in arm.space else float(getattr(arm.arm.task, name))

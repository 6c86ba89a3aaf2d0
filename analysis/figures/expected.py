"""The expected best against the budget: what tuning with so many configurations comes to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.captions import described
from analysis.figures import narrow
from analysis.figures.layout import Values, entitle, single
from analysis.figures.palette import looks
from analysis.figures.style import band
from analysis.findings import Findings
from analysis.searched import Searched, best_of

Vector = npt.NDArray[np.float64]

FEWEST = 6
"""Configurations below which there is nothing to draw from."""

MOST = 60
"""Budgets that are computed at the most, evenly spread."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """What one arm reaches: for each budget the mean of the best, and its 5 % and 95 % quantiles."""

    label: str
    budgets: npt.NDArray[np.int64]
    mean: Vector
    low: Vector
    high: Vector


@dataclass(frozen=True, kw_only=True, eq=False)
class ExpectedBest:
    """The reach of each arm; ``looks`` are colour and dashes of each."""

    name: str
    title: str
    caption: str
    reaches: tuple[Reach, ...]
    looks: tuple[dict[str, Any], ...]
    axis: Values


def compute(findings: Findings) -> list[ExpectedBest]:
    """Return the expected best of a study whose configurations were drawn at random, or by Sobol's sequence."""
    found = [Searched.of(one) for one in findings.arms]
    searches = [it for it in found if it.independent and len(it.means) >= FEWEST]
    if not searches:
        return []
    arms, measure = [it.arm for it in searches], findings.measure
    reaches = tuple(_reach(it) for it in searches)
    every = np.concatenate([np.concatenate([it.mean, it.low, it.high]) for it in reaches])
    axis = Values.of(findings, f"{measure.lowest} mean over seeds of the {measure.label}", every)
    text = (
        f"{described([(one, one.in_force) for one in arms])} Lines: the expected {measure.lowest} value of so "
        "many configurations, over all subsets of those tried, up to half of them (Tang et al. 2020, after Dodge "
        "et al. 2019); bands: nine tenths of the subsets. A diverged seed counts at the worst. The value is that on "
        "which the choice is made, and optimistic."
    )
    if any(it.arm.arm.design.name == "sobol" for it in searches):
        text += (
            " Points of a Sobol sequence are taken as if drawn independently: spread out, they reach a little more."
        )
    return [
        ExpectedBest(
            name="expected-best",
            title="expected best against budget",
            caption=text + axis.told(every),
            reaches=reaches,
            looks=tuple(looks(arms)),
            axis=axis,
        )
    ]


def _reach(search: Searched) -> Reach:
    half = max(2, len(search.means) // 2)
    budgets = np.unique(np.linspace(1, half, min(half, MOST)).round().astype(np.int64))
    mean, low, high = best_of(search.means, budgets.tolist(), search.measure.sign)
    return Reach(label=search.name, budgets=budgets, mean=mean, low=low, high=high)


def caption(result: ExpectedBest) -> str:
    """Return the text below an expected best."""
    return result.caption


def draw(result: ExpectedBest, ax: Axes | None = None) -> Figure:
    """Draw the expected best; ``ax`` are axes of a figure of one's own, without a caption."""
    return single(result.caption, [it.label for it in result.reaches], partial(_draw, result=result), ax)


def column(result: ExpectedBest) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption."""
    return narrow.single(partial(_draw, result=result))


def _draw(axes: Axes, result: ExpectedBest, *, alone: bool) -> None:
    for reach, look in zip(result.reaches, result.looks, strict=True):
        ends = result.axis.shown(reach.low), result.axis.shown(reach.high)
        band(axes, reach.budgets, *ends, look["color"], 0.15)
        axes.plot(reach.budgets, result.axis.shown(reach.mean), linewidth=1.6, label=reach.label, **look)
    result.axis.upright(axes)
    axes.set_xlabel("configurations")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.25, linewidth=0.5)
    entitle(axes, result.title, [it.label for it in result.reaches], alone=alone)

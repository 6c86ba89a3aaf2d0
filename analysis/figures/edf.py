"""The distribution of the objective: which share of the configurations of an arm is no worse than a value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.captions import described
from analysis.figures import narrow
from analysis.figures.layout import Values, entitle, single
from analysis.figures.palette import looks
from analysis.findings import Findings
from analysis.searched import Searched, shares

FEWEST = 5
"""Configurations below which a distribution says nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Distribution:
    """The configurations of each arm; ``looks`` are colour and dashes of each."""

    name: str
    title: str
    caption: str
    searches: tuple[Searched, ...]
    looks: tuple[dict[str, Any], ...]
    axis: Values


def compute(findings: Findings) -> list[Distribution]:
    """Return the distributions of a study of several arms that can be compared, or of a design that is no grid."""
    arms = [one for one in findings.arms if len(one.rankings[0]) >= FEWEST]
    several = len(arms) > 1 and findings.comparable
    if not several and not (len(findings.arms) == 1 and arms and not arms[0].is_grid):
        return []
    measure = findings.measure
    searches = tuple(Searched.of(one) for one in arms)
    every = np.concatenate([it.means for it in searches])
    axis = Values.of(findings, f"{measure.label}, mean over seeds", every)
    above = "at least" if measure.sign < 0 else "at most"
    biased = [it.arm.name if it.arm.armed else "" for it in searches if it.arm.arm.design.name not in _UNBIASED]
    text = (
        f"{described([(one, one.in_force) for one in arms])} Height: the share of the configurations of an arm whose "
        f"mean is {above} the value below, a diverged seed counted at the worst. It says how easily a good value is "
        "found within the ranges of this study, and changes with them."
    )
    text += " A sampler that goes where values are good draws more of them: not a property of the space." * bool(
        biased
    )
    return [
        Distribution(
            name="distribution",
            title=f"distribution of {measure.metric.summary} over configurations",
            caption=text + axis.told(every),
            searches=searches,
            looks=tuple(looks(arms)),
            axis=axis,
        )
    ]


_UNBIASED = ("grid", "random", "sobol")


def caption(result: Distribution) -> str:
    """Return the text below a distribution."""
    return result.caption


def draw(result: Distribution, ax: Axes | None = None) -> Figure:
    """Draw distributions as steps; ``ax`` are axes of a figure of one's own, without a caption."""
    return single(result.caption, [it.name for it in result.searches], partial(_draw, result=result), ax)


def column(result: Distribution) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption."""
    return narrow.single(partial(_draw, result=result))


def _draw(axes: Axes, result: Distribution, *, alone: bool) -> None:
    for search, look in zip(result.searches, result.looks, strict=True):
        values, share = shares(search.measure.sign * search.means)
        values = result.axis.shown(search.measure.sign * values)
        axes.step(np.r_[values[0], values], np.r_[0.0, share], where="post", linewidth=1.5, label=search.name, **look)
    result.axis.across(axes)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share of configurations")
    axes.grid(alpha=0.25, linewidth=0.5)
    entitle(axes, result.title, [it.name for it in result.searches], alone=alone)

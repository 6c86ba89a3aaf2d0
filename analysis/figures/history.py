"""The history of a search: the best so far against the number of configurations that were tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.captions import chosen, described
from analysis.figures import narrow
from analysis.figures.layout import Values, entitle, single
from analysis.figures.palette import looks
from analysis.findings import ArmFindings, Findings
from analysis.searched import Searched


@dataclass(frozen=True, kw_only=True, eq=False)
class History:
    """The searches of a study, arm by arm; ``looks`` are colour and dashes of each."""

    name: str
    title: str
    caption: str
    searches: tuple[Searched, ...]
    looks: tuple[dict[str, Any], ...]
    axis: Values


def compute(findings: Findings) -> list[History]:
    """Return the history of a study whose design is no grid, none before two configurations have an outcome."""
    arms = [one for one in findings.arms if not one.is_grid]
    searches = tuple(Searched.of(one) for one in arms)
    if not any(len(it.means) > 1 for it in searches):
        return []
    measure = findings.measure
    axis = Values.of(findings, measure.label, np.concatenate([it.means for it in searches]))
    dots = "Dots: configurations, mean over seeds. " if len(searches) == 1 else ""
    text = (
        f"{described([(one, one.in_force) for one in arms])} {dots}Line{'s' * (len(searches) > 1)}: the "
        f"{measure.lowest} mean over seeds so far of the configurations that {_ended(arms)}, in the order in "
        "which they were numbered; a diverged seed counts at the worst."
        f"{axis.told(np.concatenate([it.means for it in searches]))} {chosen(measure)}"
    )
    return [
        History(
            name="history",
            title=f"best {measure.metric.summary} so far",
            caption=text.strip(),
            searches=searches,
            looks=tuple(looks(arms)),
            axis=axis,
        )
    ]


def _ended(arms: Sequence[ArmFindings]) -> str:
    """Return which configurations count: where seeds were chosen too, those whose seeds have ended."""
    return "have no seed still to be trained" if any(one.seeds_vary for one in arms) else "have all their seeds"


def caption(result: History) -> str:
    """Return the text below a history."""
    return result.caption


def draw(result: History, ax: Axes | None = None) -> Figure:
    """Draw a history; ``ax`` are axes of a figure of one's own, without a caption."""
    return single(result.caption, [it.name for it in result.searches], partial(_draw, result=result), ax)


def column(result: History) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption."""
    return narrow.single(partial(_draw, result=result))


def _draw(axes: Axes, result: History, *, alone: bool) -> None:
    dots = len(result.searches) == 1
    for search, look in zip(result.searches, result.looks, strict=True):
        places = np.arange(1, len(search.means) + 1)
        if dots:
            gone = (search.table["diverged"] > 0).to_numpy()
            for marker, some in (("o", ~gone), ("x", gone)):
                values = result.axis.shown(search.means[some])
                axes.scatter(places[some], values, s=14, color="0.55", marker=marker, linewidths=0.9, zorder=1)
        best = result.axis.shown(search.best_so_far)
        axes.step(places, best, where="post", linewidth=1.6, label=search.name, **look)
    result.axis.upright(axes)
    axes.set_xlabel("configurations tried")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.25, linewidth=0.5)
    entitle(axes, result.title, [it.name for it in result.searches], alone=alone)

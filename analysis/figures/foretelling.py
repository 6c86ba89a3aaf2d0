"""Budget correlation: how well the order of the configurations after each epoch agrees with that after the last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.captions import described
from analysis.figures import narrow
from analysis.figures.layout import entitle, single
from analysis.figures.palette import looks
from analysis.figures.style import band
from analysis.findings import ArmFindings, Findings
from analysis.foretold import Foretold, foretold

MOST = 6
"""Arms drawn at the most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Foretelling:
    """What the epochs of each arm foretell; ``looks`` are colour and dashes of each."""

    name: str
    title: str
    caption: str
    found: tuple[tuple[ArmFindings, Foretold], ...]
    looks: tuple[dict[str, Any], ...]


def compute(findings: Findings) -> list[Foretelling]:
    """Return the budget correlation of a study whose trials have three epochs or more."""
    every = [(one, foretold(one)) for one in findings.arms[:MOST]]
    found = tuple((one, it) for one, it in every if it is not None)
    if not found:
        return []
    arms, measure = [one for one, _ in found], findings.measure
    (_, first), alone = found[0], len(found) == 1
    text = (
        f"{described([(one, one.in_force) for one in arms])} Spearman's rank correlation over configurations of the "
        f"{measure.metric.summary} (mean over seeds) after each epoch with that after the last; a diverged seed "
        "counts at the worst from its epoch on. Bands: 95 %, bootstrap over configurations."
    )
    if alone and first.best is not None:
        text += " Dashed: among the third that is best in the end, which is what a choice depends on."
    if alone and first.chosen < first.total:
        text += f" {first.chosen} of {first.total} configurations, evenly chosen."
    return [
        Foretelling(
            name="foretelling",
            title=f"does an early {measure.metric.summary} foretell the last?",
            caption=text,
            found=found,
            looks=tuple(looks(arms)),
        )
    ]


def caption(result: Foretelling) -> str:
    """Return the text below a budget correlation."""
    return result.caption


def draw(result: Foretelling, ax: Axes | None = None) -> Figure:
    """Draw correlations over epochs; ``ax`` are axes of a figure of one's own, without a caption."""
    return single(result.caption, _labels(result), partial(_draw, result=result), ax)


def column(result: Foretelling) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption."""
    return narrow.single(partial(_draw, result=result))


def _named(arm: ArmFindings, it: Foretold) -> str:
    return f"{arm.name} (n = {len(it.values)})" if arm.armed else f"all {len(it.values)} configurations"


def _labels(result: Foretelling) -> list[str]:
    """Return what the legend calls the lines: the arms, or of the only one all configurations and the best third."""
    (_, first), *others = result.found
    names = [_named(arm, it) for arm, it in result.found]
    return names if others or first.best is None else [*names, f"best third ({first.among})"]


def _draw(axes: Axes, result: Foretelling, *, alone: bool) -> None:
    lowest = 0.0
    for (arm, it), look in zip(result.found, result.looks, strict=True):
        band(axes, it.epochs, it.low, it.high, look["color"], 0.18)
        axes.plot(it.epochs, it.correlation, label=_named(arm, it), linewidth=1.6, **look)
        lowest = min(lowest, float(np.nanmin(it.low)))
        if len(result.found) == 1 and it.best is not None and it.best_low is not None and it.best_high is not None:
            band(axes, it.epochs, it.best_low, it.best_high, "tab:blue", 0.15)
            axes.plot(
                it.epochs, it.best, label=_labels(result)[-1], linewidth=1.4, color="tab:blue", linestyle=(0, (4, 2))
            )
            lowest = min(lowest, float(np.nanmin(it.best_low)))
    axes.axhline(0.0, color="0.6", linewidth=0.7)
    axes.set_ylim(1.1 * lowest - 0.02, 1.03)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("rank correlation with the last")
    axes.grid(alpha=0.25, linewidth=0.5)
    entitle(axes, result.title, _labels(result), alone=alone)

"""What decides a value where there is no grid: hyperparameters by each method, and pairs of them, with intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.captions import described, measured
from analysis.figures import narrow
from analysis.figures.style import COLUMN, STYLE, Caption
from analysis.findings import ArmFindings, Findings
from analysis.irregular import METHODS, PAIRS, Importances
from analysis.measures.number import Number
from analysis.numbers import plain

WIDTH, ROW = 7.0, 0.24
"""Inches of the figure, and of each hyperparameter."""

LEFT, HEAD, FOOT = 1.15, 0.35, 0.5
"""Inches around a row of panels."""

NAME = 18
"""Characters of a label's line."""

MOST = 10
"""Pairs that are drawn: those that decide most."""

LOOKS = {"all": ("0.1", "0.1"), "trained": ("#0072b2", "white")}
"""Colours of line and dot: of all configurations, and of those alone that trained."""

HEADS = {
    "fanova": "fANOVA, alone",
    "ped_anova": "PED-ANOVA, best tenth",
    "sobol_first": "Sobol', alone",
    "sobol_total": "Sobol', in all",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Deciding:
    """Importances by what they are of; ``names`` and ``pairs`` those that decide most first."""

    name: str
    title: str
    caption: str
    importances: Mapping[str, Importances]
    names: tuple[str, ...]
    pairs: tuple[str, ...]


def compute(findings: Findings) -> list[Deciding]:
    """Return one figure for each arm whose configurations form no grid, and are enough to say something."""
    return [it for it in map(_deciding, findings.arms) if it is not None]


def _deciding(one: ArmFindings) -> Deciding | None:
    found = {which: it for which, it in one.importances.items() if not it.reason}
    if not found:
        return None
    first = next(iter(found.values()))
    total, pairs = first.numbers["sobol_total"], first.numbers[PAIRS]
    names = sorted(first.names, key=lambda name: -(total[name].value or 0.0))
    together = sorted(pairs, key=lambda name: -(pairs[name].value or 0.0))[:MOST]
    sets = {"all": "all {} (dots)", "trained": "the {} of which every seed learned something (rings)"}
    drawn = " and ".join(sets[which].format(it.n) for which, it in found.items())
    text = (
        f"{described([(one, one.in_force)])} {measured(one.measures[0], 'What is decided is', diverged=False)} "
        f"Configurations: {drawn}. Alone: the share of the variance that is a function of one hyperparameter, of a "
        "forest (fANOVA) and of a Gaussian process (Sobol'); in all: also with others; PED-ANOVA: its share of what "
        "tells the best tenth apart. Below: what two decide together beyond each alone"
        f"{f', the {MOST} largest' if len(pairs) > MOST else ''}. Each hyperparameter is taken on its own scale. "
        "Bars are percentiles over configurations drawn anew; all of it describes."
    )
    for which, it in found.items():
        if it.fit is not None and it.says_little:
            of = "all configurations" if which == "all" else "those of which every seed learned something"
            text += (
                f" Of {of} the surface of the Sobol' indices predicts {plain(max(it.fit, 0.0), 2)} of the variance "
                "of what it has not seen: these indices say little."
            )
    if first.caution:
        text += " Biased design: it chose where to look, and the numbers are of where it looked."
    return Deciding(
        name=f"importances{one.suffix}",
        title=", ".join(filter(None, ["what decides", one.said])),
        caption=text,
        importances=found,
        names=tuple(names),
        pairs=tuple(together),
    )


def caption(result: Deciding) -> str:
    """Return the text below importances."""
    return result.caption


def draw(result: Deciding, ax: Axes | None = None) -> Figure:
    """Draw a panel for each method and one for the pairs; on axes of one's own the Sobol' indices in all."""
    with mpl.rc_context(STYLE):
        if ax is not None:
            _dots(ax, result, "sobol_total", result.names)
            ax.set_xlabel("share of the variance")
            return ax.get_figure(root=True)  # type: ignore[return-value]
        below = Caption(result.caption, WIDTH)
        singles, pairs = (ROW * _lines(names) + 0.2 for names in (result.names, result.pairs))
        size = (WIDTH, HEAD + singles + FOOT + 0.3 + pairs + FOOT + below.height)
        figure = Figure(figsize=size)
        across = (WIDTH - LEFT - 0.15) / len(METHODS)
        lower = below.height + FOOT
        for place, method in enumerate(METHODS):
            box = (LEFT + place * across, lower + pairs + 0.3 + FOOT, across - 0.18, singles)
            axes = figure.add_axes(_shares(box, size))
            _dots(axes, result, method, result.names)
            axes.set_title(HEADS[method], loc="left", fontsize=8)
            if place:
                axes.set_yticklabels([])
        axes = figure.add_axes(_shares((2 * LEFT, lower, WIDTH - 2 * LEFT - 0.33, pairs), size))
        _dots(axes, result, PAIRS, result.pairs)
        axes.set_title("two together, Sobol'", loc="left", fontsize=8)
        axes.set_xlabel("share of the variance")
        below.write(figure)
        return figure


def column(result: Deciding) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption: panel below panel."""
    with mpl.rc_context(COLUMN):
        singles, pairs = (0.72 * ROW * _lines(names, NAME) + 0.12 for names in (result.names, result.pairs))
        heads = [*METHODS, PAIRS]
        between, head, foot = 0.42, 0.22, 0.4
        figure, axes = narrow.stacked(len(heads), singles, left=0.4, between=between, head=head, foot=foot)
        narrow.grow(figure, pairs - singles)
        high, last = figure.get_size_inches()[1], axes[-1].get_position()
        axes[-1].set_position((last.x0, foot / high, last.width, pairs / high))
        for place, method in zip(axes, heads, strict=True):
            _dots(place, result, method, result.pairs if method == PAIRS else result.names)
            place.set_yticklabels(
                [textwrap.fill(it.get_text(), NAME) for it in place.get_yticklabels()], fontsize=6.5
            )
            place.set_title("two together, Sobol'" if method == PAIRS else HEADS[method], loc="left")
        axes[-1].set_xlabel("share of the variance")
        return narrow.settled(figure)


def _shares(box: tuple[float, ...], size: tuple[float, float]) -> tuple[float, float, float, float]:
    left, bottom, width, height = box
    return left / size[0], bottom / size[1], width / size[0], height / size[1]


def _lines(names: Sequence[str], line: int = 2 * NAME) -> int:
    return sum(textwrap.fill(_label(name), line).count("\n") + 1 for name in names)


def _label(name: str) -> str:
    return textwrap.fill(name, NAME if " x " not in name else 2 * NAME)


def _dots(axes: Axes, result: Deciding, method: str, names: Sequence[str]) -> None:
    """Draw the numbers of one method, a row for each name."""
    axes.set_yticks(range(len(names)))
    axes.set_yticklabels([_label(name) for name in names], fontsize=7.5, parse_math=False)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.3, linewidth=0.5)
    axes.axvline(0.0, color="0.6", linewidth=0.6)
    shift = 0.0 if len(result.importances) == 1 else 0.15
    for (which, found), up in zip(result.importances.items(), (-shift, shift), strict=False):
        numbers = found.numbers[method]
        for row, name in enumerate(names):
            _dot(axes, numbers.get(name), row + up, which)
    low, high = axes.get_xlim()
    if method == PAIRS:
        axes.set_xlim(min(low, -0.02), max(high, 0.1))
    else:  # methods are compared
        axes.set_xlim(min(low, -0.05), max(high, 1.08))
        axes.set_xticks([0.0, 0.5, 1.0])
    axes.tick_params(axis="x", labelsize=7)


def _dot(axes: Axes, number: Number | None, row: float, which: str) -> None:
    if number is None or number.value is None:
        return
    line, dot = LOOKS[which]
    if number.low is not None and number.high is not None:
        axes.plot([number.low, number.high], [row, row], color=line, linewidth=1.1)
    axes.plot([number.value], [row], "o", markersize=4, color=line, markerfacecolor=dot)

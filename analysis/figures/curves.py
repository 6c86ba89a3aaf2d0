"""Curves of train loss and error: one row for each y, one line with its band for each x.

The layout is that of Figure 5 of the Padam reproducibility report (H. Mittal, K. Pandey, Y. Kant, arXiv:1901.09517).
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.axes import NUMBER, Axis, label_of
from analysis.captions import described
from analysis.compare.overlay import Overlay, several
from analysis.curves import CurveBundle, Line, Vector, bundles
from analysis.figures import narrow
from analysis.figures.columns import columns_of
from analysis.figures.style import COLUMN, STYLE, Caption, band, plain_log
from analysis.findings import DECADES, ArmFindings, Findings
from analysis.measure import COUNTED, SPLITS
from analysis.numbers import SHORTEST, point
from search_spaces.declarations import Metric

ROWS = 8
"""Rows drawn at the most; of more values of y, evenly chosen ones."""

HIGHEST_LOSS = 25.0
"""Where the axis of the loss ends at the most, ten times the loss of guessing among ten classes: beyond it lie trials
about to diverge."""

BEST_CURVES = 6
"""Configurations whose curves are drawn where there is no grid."""

LABEL = 26
"""Characters of the label of a vertical axis in one line."""

ENTRIES = 14
"""Entries of the legend at the most; colours go with x, so that a part of them is a scale still."""

PUBLISHED: Mapping[str, Any] = {"linewidth": 0.9, "linestyle": (0, (4, 1.5))}
"""How published curves are drawn: thinner than ours, and dashed."""

DIAMONDS: Mapping[str, Any] = {"linestyle": "none", "marker": "D", "markersize": 3.5, "markerfacecolor": "none"}
"""The same of a few epochs, between which nothing is known."""

THIN = 0.7
"""How wide lines are in a column of a paper, beside those of a page."""

ENTRY = 18
"""Characters of a line of the legend's entry for what was published."""

T = TypeVar("T")
Colour = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """What was published of the configuration of one bundle: its values of a metric at some epochs."""

    bundle: CurveBundle
    metric: str
    epochs: Vector
    values: Vector

    @property
    def whole(self) -> bool:
        """Whether every epoch is known, so that a line may join them."""
        return bool((self.epochs == np.arange(1, len(self.epochs) + 1)).all())


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves:
    """Learning curves of a study.

    Attributes
    ----------
    name, title, caption
        As of every figure.
    bundles
        What is drawn, ordered by y and x.
    x, y
        The hyperparameter that colours lines, and the one that makes rows, where one does.
    ys
        The rows, largest value first; ``[None]`` where nothing makes rows.
    axes
        How values are written.
    metrics
        What the columns after the train loss show, by name.
    traces, published
        What is laid over, and what the legend calls it.
    """

    name: str
    title: str
    caption: str
    bundles: Sequence[CurveBundle]
    x: str
    y: str | None
    ys: Sequence[float | None]
    axes: Mapping[str, Axis] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    traces: Sequence[Trace] = ()
    published: str = ""


def compute(findings: Findings) -> list[Curves]:
    """Return the curves of each arm: of a grid, of the best plane of a larger grid, or of the best of no grid."""
    return [found for one in findings.arms if (found := _curves(one, findings.overlay)) is not None]


def _curves(arm: ArmFindings, overlay: Overlay | None) -> Curves | None:
    ranks = arm.rankings[0]
    if ranks.empty:
        return None
    x, y, others = arm.axes
    trials, which = arm.in_force, ""
    measure = arm.measures[0]
    chosen = f"{measure.statistic}, split {measure.split}" if measure.split else measure.statistic
    told: list[str] = []
    plane: dict[str, float] = {}
    ys: list[float | None]
    if arm.is_grid:
        plane = {name: float(ranks.iloc[0][name]) for name in others}
        trials = arm.at(plane)
        found_at = "where the best configuration lies" if arm.best else f"where the {measure.lowest} mean so far lies"
        which = f" {point(arm.named(plane))}: {found_at} ({chosen})." if plane else ""
    else:
        y, told = None, [name for name in arm.space if name != x]
        if len(ranks) > BEST_CURVES:
            which = f" The {BEST_CURVES} best of {len(ranks)} configurations ({chosen}) are drawn."
        trials = trials.merge(ranks.head(BEST_CURVES)[arm.space])
    ended = trials[trials["state"].isin(COUNTED)]
    ys, fewer = [None], ""
    if y is not None:
        every = sorted(map(float, ended[y].unique()), reverse=True)
        ys = [*_picked(every, ROWS, float(ranks.iloc[0][y]))]
        if len(ys) < len(every):
            fewer = f" {len(ys)} of {len(every)} values of {y} are drawn."
            trials, ended = trials[trials[y].isin(ys)], ended[ended[y].isin(ys)]
    epochs = arm.material.curves(ended["number"].tolist())
    if epochs.empty:
        return None
    metrics = arm.over_epochs
    found = bundles(epochs, ended, x, y, others=told, metrics=[it.name for it in metrics])
    what = " and ".join(dict.fromkeys(["train loss"] * (arm.arm.dataset is not None) + [_noun(it) for it in metrics]))
    traces, laid = ((), "") if overlay is None else _laid(arm, overlay, found, plane, y)
    return Curves(
        name=f"curves{arm.suffix}",
        title=f"{what} over epochs, for each {label_of(x)}"
        + (f" and {label_of(y)}" if y else "")
        + (f", {arm.said}" if arm.armed else ""),
        caption=f"{described([(arm, trials)], plane)}{which} {_legend(found, metrics)}{fewer}{laid}",
        bundles=found,
        x=x,
        y=y,
        ys=ys,
        axes=arm.scales,
        metrics={it.name: it for it in metrics},
        traces=traces,
        published=overlay.label if overlay is not None and traces else "",
    )


def _laid(
    arm: ArmFindings, overlay: Overlay, bundles: Sequence[CurveBundle], plane: Mapping[str, float], y: str | None
) -> tuple[tuple[Trace, ...], str]:
    """Return what was published of the bundles, and what the caption says of it.

    It is drawn as far as the training here goes.
    """
    x = arm.axes[0]
    traces, beyond, missing = [], 0, []
    for laid in overlay.of(arm, list(bundles[0].lines)):
        at = {it: {x: it.x, **({} if y is None else {y: it.y}), **it.others, **plane} for it in bundles}
        bundle = next((it for it, values in at.items() if values == laid.place), None)
        epochs, values = laid.points(arm.arm.epochs)
        if bundle is None or not len(epochs):
            missing += [laid.cell.label]
            continue
        traces.append(Trace(bundle=bundle, metric=laid.metric, epochs=epochs, values=values))
        beyond = max(beyond, laid.last if laid.last > arm.arm.epochs else 0)
    text = ""
    if traces:
        kinds = {it.whole for it in traces}
        how = "Dashed and diamonds" if len(kinds) > 1 else "Dashed" if kinds == {True} else "Diamonds"
        text = f" {how}: {overlay.label}, {overlay.runs}, {overlay.grades}"
        text += f"; it goes on to epoch {beyond}." if beyond else "."
    if missing:
        text += f" Published, and not among what is drawn here: {several(missing)}."
    return tuple(traces), text


def _noun(metric: Metric) -> str:
    """Return what the title calls a metric; errors on several splits are one word."""
    return "error" if metric.name in SPLITS else metric.summary


def _legend(bundles: Sequence[CurveBundle], metrics: Sequence[Metric] = ()) -> str:
    text = "Lines: mean over the seeds still in training."
    if any(len(bundle.diverged) > 1 for bundle in bundles):
        text = "Lines: mean, bands: range over the seeds still in training."
    if any(np.isfinite(line.seeds[bundle.diverged]).any() for bundle in bundles for line in bundle.lines.values()):
        text += " Crosses: the last epoch before a seed diverged."
    if any(
        (line.seeds > HIGHEST_LOSS).any() for bundle in bundles for line in [bundle.train_loss] if line is not None
    ):
        text += f" Losses above {HIGHEST_LOSS:g} leave the axis."
    if any(_spans(metric, bundles) for metric in metrics if metric.log):
        text += f" What is more than {DECADES} powers of ten below the highest value leaves the axis."
    return text


def _spans(metric: Metric, bundles: Sequence[CurveBundle]) -> bool:
    """Tell whether a metric spans more powers of ten than are drawn."""
    values = np.concatenate([bundle.lines[metric.name].seeds.ravel() for bundle in bundles])
    values = values[np.isfinite(values)]
    return metric.unit != "%" and bool((values < 1.2 * values.max(initial=0.0) / 10.0**DECADES).any())


def caption(result: Curves) -> str:
    """Return the text below the curves."""
    return result.caption


def draw(result: Curves, ax: Axes | None = None) -> Figure:
    """Draw the mean over seeds as a line, their range as a band, and a cross where a seed diverged.

    The columns are the train loss, where there is one, and what is measured. With ``ax``, axes of a figure of one's
    own, only the first of what is measured is drawn, for curves without rows.
    """
    with mpl.rc_context(STYLE):
        bundles, ys = result.bundles, result.ys
        names = list(bundles[0].lines)
        labels = _labels(bundles, [result.axes.get(name, NUMBER) for name in (result.x, *bundles[0].others)])
        colours = _colours(bundles, labels)
        if ax is not None:
            if len(ys) > 1:
                raise ValueError(f"rows of curves need a figure of their own, got axes for {len(ys)} rows")
            first = next(iter(bundles[0].metrics))
            for bundle in bundles:
                _draw_bundle(ax, bundle, bundle.metrics[first], colours[labels[_point(bundle)]])
            for trace in result.traces:
                if trace.metric == first:
                    _draw_trace(ax, trace, colours[labels[_point(trace.bundle)]])
            _label([ax], [_title(result, first)], "")
            return ax.get_figure(root=True)  # type: ignore[return-value]
        handles = [Line2D([], [], color=colours[label], label=label) for label in _picked(list(colours), ENTRIES)]
        if result.traces:
            handles.append(_handle(result))
        head = "\n".join([label_of(result.x), *(f"({name})" for name in bundles[0].others)])
        words = [line for handle in handles for line in str(handle.get_label()).split("\n")]
        legend = max(0.65 + 0.072 * max(map(len, words)), 0.35 + 0.078 * max(map(len, head.split("\n"))))
        width = (4.5, 7.8, 11.1)[min(len(names), 3) - 1] + legend
        below = Caption(result.caption, width)
        bottom, height = 0.6 + below.height, 1.75 if len(ys) > 1 else 2.6
        size = (width, 0.35 + height * len(ys) + bottom)
        figure = Figure(figsize=size)
        grid = figure.subplots(len(ys), len(names), sharex=True, sharey="col", squeeze=False)
        figure.subplots_adjust(
            left=0.75 / size[0],
            right=1 - legend / size[0],
            top=1 - 0.35 / size[1],
            bottom=bottom / size[1],
            hspace=0.28,
            wspace=0.22,
        )
        titles = _titles(result, LABEL)
        for row, value in enumerate(ys):
            for bundle in (b for b in bundles if b.y == value):
                for axes, line in zip(grid[row], bundle.lines.values(), strict=True):
                    _draw_bundle(axes, bundle, line, colours[labels[_point(bundle)]])
            for trace in (it for it in result.traces if it.bundle.y == value):
                _draw_trace(grid[row, names.index(trace.metric)], trace, colours[labels[_point(trace.bundle)]])
            title = "" if value is None else f"{result.y} = {titles[value]}"
            _label(list(grid[row]), [_title(result, name) for name in names], title, last=row == len(ys) - 1)
        for column, name in enumerate(names):
            _limit(list(grid[:, column]), result, name)
        figure.legend(handles=handles, title=head, loc="center right", frameon=False, fontsize=8)
        below.write(figure)
        return figure


def column(result: Curves) -> Figure:
    """Draw curves as wide as a column of a paper, without title and caption.

    What is measured makes blocks, one below the other; the rows of a page stand two by two in each.
    """
    with mpl.rc_context(COLUMN):
        bundles, ys, names = result.bundles, result.ys, list(result.bundles[0].lines)
        labels = _labels(bundles, [result.axes.get(name, NUMBER) for name in (result.x, *bundles[0].others)])
        colours = _colours(bundles, labels)
        across = min(2, len(ys))
        block = math.ceil(len(ys) / across) * across
        titled = 0.38 if result.y else 0.22
        figure, axes = narrow.stacked(
            block * len(names), 0.85 if result.y else 1.3, across=across, between=titled, head=0.25
        )
        titles = _titles(result, max(SHORTEST, 21 - len(f"{result.y} = ")))
        for place, name in enumerate(names):
            column = axes[place * block : (place + 1) * block]
            for index, (one, value) in enumerate(zip(column, ys, strict=False)):
                for bundle in (it for it in bundles if it.y == value):
                    _draw_bundle(one, bundle, bundle.lines[name], colours[labels[_point(bundle)]])
                for trace in (it for it in result.traces if it.metric == name and it.bundle.y == value):
                    _draw_trace(one, trace, colours[labels[_point(trace.bundle)]])
                lowest = index + across >= len(ys)
                _label(
                    [one],
                    ["" if index % across else _title(result, name)],
                    "" if value is None else f"{result.y} = {titles[value]}",
                    last=place == len(names) - 1 and lowest,
                )
                one.tick_params(labelbottom=lowest, labelleft=index % across == 0, which="both")
            for spare in column[len(ys) :]:
                spare.remove()
            _limit(column[: len(ys)], result, name)
        ends = np.array([one.get_xlim() for one in figure.axes])
        for one in figure.axes:
            one.set_xlim(ends[:, 0].min(), ends[:, 1].max())
            for line in one.lines:
                line.set_linewidth(THIN * line.get_linewidth())
        handles = [Line2D([], [], color=colours[label], label=label) for label in _picked(list(colours), ENTRIES)]
        if result.traces:
            handles.append(_handle(result))
        head = " ".join([label_of(result.x), *(f"({name})" for name in bundles[0].others)])
        narrow.key(figure, handles, [str(it.get_label()) for it in handles], head)
        return narrow.settled(figure)


def _picked(values: Sequence[T], most: int, always: T | None = None) -> list[T]:
    """Return at most so many evenly chosen values, one that must be there among them."""
    at = set(np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(int).tolist())
    if always in values and values.index(always) not in at:
        wanted = values.index(always)
        at = at - {min(at, key=lambda i: abs(i - wanted))} | {wanted}
    return [values[i] for i in sorted(at)]


def _point(bundle: CurveBundle) -> tuple[float, ...]:
    return (bundle.x, *bundle.others.values())


def _titles(result: Curves, longest: int) -> dict[float, str]:
    """Return how the values of the rows are written, choices of so many characters at the most."""
    axis = result.axes.get(str(result.y), NUMBER)
    return axis.labels([value for value in result.ys if value is not None], longest)


def _labels(bundles: Sequence[CurveBundle], axes: Sequence[Axis]) -> dict[tuple[float, ...], str]:
    """Return what the legend calls each configuration: each number in as few digits as tell its values apart."""
    points = sorted({_point(bundle) for bundle in bundles})
    numbers = [axis.labels(values, LABEL) for axis, values in zip(axes, zip(*points, strict=True), strict=True)]
    texts = {p: [written[value] for written, value in zip(numbers, p, strict=True)] for p in points}
    return {p: f"{first} ({', '.join(others)})" if others else first for p, (first, *others) in texts.items()}


def _colours(bundles: Sequence[CurveBundle], labels: Mapping[tuple[float, ...], str]) -> dict[str, Colour]:
    """Return the colour of every label, as its x lies among columns; equal distances where the others differ too."""
    xs = np.array([point[0] for point in labels])
    places = np.linspace(0.0, 1.0, len(xs)) if bundles[0].others else columns_of(xs).along
    return {
        label: mpl.colormaps["plasma"](0.92 * place) for label, place in zip(labels.values(), places, strict=True)
    }


def _draw_bundle(axes: Axes, bundle: CurveBundle, line: Line, colour: Colour) -> None:
    if len(line.seeds) > 1 and len(bundle.epochs):
        band(axes, bundle.epochs, *line.band, colour, 0.22)
    if len(bundle.epochs):
        alone = len(bundle.epochs) == 1  # no line goes through one epoch
        axes.plot(bundle.epochs, line.mean, color=colour, linewidth=1.4, marker="o" if alone else None, markersize=4)
    for seed in line.seeds[bundle.diverged]:
        known = np.flatnonzero(~np.isnan(seed))
        if len(known):
            axes.plot([bundle.epochs[known[-1]]], [seed[known[-1]]], marker="x", color=colour, markersize=5)


def _draw_trace(axes: Axes, trace: Trace, colour: Colour) -> None:
    """Draw published values: a dashed line where every epoch is known, else a diamond each."""
    if trace.whole:
        axes.plot(trace.epochs, trace.values, color=colour, **PUBLISHED)
    else:
        axes.plot(trace.epochs, trace.values, color=colour, **DIAMONDS)


def _handle(result: Curves) -> Line2D:
    """Return the one entry of the legend for all that was published."""
    kinds = {it.whole for it in result.traces}
    look = {**(DIAMONDS if False in kinds else {}), **(PUBLISHED if True in kinds else {})}
    return Line2D([], [], color="black", label=textwrap.fill(result.published, ENTRY), **look)


def _title(result: Curves, name: str) -> str:
    """Return what the vertical axis of a column shows."""
    metric = result.metrics.get(name)
    if metric is None:
        return name.replace("_", " ")
    return textwrap.fill(f"{metric.summary} ({metric.unit})" if metric.unit else metric.summary, LABEL)


def _limit(column: Sequence[Axes], result: Curves, name: str) -> None:
    """Give a column its scale: errors in percent from 0, all of them alike, and what spans magnitudes in logarithms.

    A loss ends at :data:`HIGHEST_LOSS` or its lowest, whichever is higher.
    """
    metric = result.metrics.get(name)
    lines = [line for bundle in result.bundles for line in bundle.lines.items()]
    laid = [(trace.metric, trace.values) for trace in result.traces]
    every = [(it, line.seeds.ravel()) for it, line in lines] + laid
    values = np.concatenate([seeds for it, seeds in every if it == name])
    values = values[np.isfinite(values)]
    if metric is not None and metric.unit == "%":
        percent = {it.name for it in result.metrics.values() if it.unit == "%"}
        errors = np.concatenate([seeds for it, seeds in every if it in percent])
        errors = errors[np.isfinite(errors)]
        worst = float(errors.max()) if len(errors) else 100.0
        for axes in column:
            axes.set_ylim(0, 1.04 * worst or 1.0)
    elif (metric is None or metric.log) and (values >= 0).all():
        values = values[values > 0]
        for axes in column:
            axes.set_yscale("log")
            if len(values):
                high = 1.2 * float(values.max())
                low = max(float(values.min()), high / 10.0**DECADES)
                axes.set_ylim(low / 1.2, max(1.2 * low, min(high, HIGHEST_LOSS) if metric is None else high))
                plain_log(axes.yaxis)


def _label(row: Sequence[Axes], titles: Sequence[str], title: str, *, last: bool = True) -> None:
    for axes, text in zip(row, titles, strict=True):
        axes.set_ylabel(text)
    for axes in row:
        axes.set_title(title, loc="left", fontsize=8.5)
        axes.grid(alpha=0.25, linewidth=0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        if last:
            axes.set_xlabel("epoch")

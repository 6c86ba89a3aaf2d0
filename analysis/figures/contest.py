"""The arms side by side over epochs, each at its best: rows by what is trained, columns by what is shown.

The layout is that of Figures 2, 3 and 4 of the Padam reproducibility report (arXiv:1901.09517): optimizers, or values
of p, in one panel. Where a schedule moves the learning rate or p, what it moves is drawn beside the curves.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.captions import Part, described
from analysis.figures import narrow
from analysis.figures.layout import panels
from analysis.figures.palette import looks
from analysis.figures.style import COLUMN, STYLE, band, plain_log
from analysis.findings import DECADES, ArmFindings, Findings
from analysis.measure import COUNTED
from analysis.numbers import point

ACROSS = 4
"""Columns at the most."""

MOVED = {"p": "p", "lr": "learning rate"}
"""What a schedule may move that epochs record, and what it is called."""

CONSTANT = 1.001
"""Ratio of the highest to the lowest value up to which nothing has moved."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Runner:
    """One arm at its best configuration.

    Attributes
    ----------
    label, look
        What the legend calls it; colour and dashes.
    row
        What is trained, in words: arms of one row share it.
    epochs
        1, 2, ...
    curves
        By column: ``[seed, epoch]``, NaN after the end of a curve.
    """

    label: str
    look: dict[str, Any]
    row: str
    epochs: npt.NDArray[np.int64]
    curves: Mapping[str, Matrix]


@dataclass(frozen=True, kw_only=True, eq=False)
class Contest:
    """The arms of a study: ``columns`` are what is shown, their titles by name; ``percent`` those in percent."""

    name: str
    title: str
    caption: str
    runners: tuple[Runner, ...]
    columns: Mapping[str, str]
    percent: frozenset[str]


def compute(findings: Findings) -> list[Contest]:
    """Return the contest of a study of several arms that have a best configuration and curves."""
    arms = [one for one in findings.arms if one.best is not None]
    if len(arms) < 2 or max(one.arm.epochs for one in arms) < 2:
        return []
    parts: list[Part] = [(one, one.at(one.best or {})) for one in arms]
    curves = {one.name: _epochs(one, trials) for one, trials in parts}
    if all(it.empty for it in curves.values()):
        return []
    columns, percent = _columns(arms, pd.concat(curves.values()))
    styles = looks(arms)
    runners = [
        _runner(one, trials, curves[one.name], look, columns)
        for (one, trials), look in zip(parts, styles, strict=True)
    ]
    moved = [name for name in MOVED if name in columns and not any(_moves(it.curves[name]) for it in runners)]
    columns = {name: title for name, title in columns.items() if name not in moved}
    measure = findings.measure
    text = (
        f"{described(parts)} Each arm at its own best configuration ({measure.label}, {measure.kind}), chosen by "
        "what is drawn. Lines: mean over the seeds still in training, bands: their range."
    )
    return [
        Contest(
            name="arms",
            title="the arms over epochs, each at its best",
            caption=text,
            runners=tuple(runners),
            columns=columns,
            percent=percent,
        )
    ]


def _epochs(arm: ArmFindings, trials: pd.DataFrame) -> pd.DataFrame:
    return arm.material.curves(trials[trials["state"].isin(COUNTED)]["number"].tolist())


def _columns(arms: Sequence[ArmFindings], epochs: pd.DataFrame) -> tuple[dict[str, str], frozenset[str]]:
    """Return what is shown by column of the epochs: loss, metrics, errors among five, and what schedules move."""
    metrics = {it.metric.name: it.metric for one in arms for it in one.measures}
    named = {"train_loss": "train loss"} | {name: it.summary for name, it in metrics.items()}
    named |= {f"{name}5": f"top-5 {it.summary}" for name, it in metrics.items() if it.unit == "%"}
    percent = {name for name, it in metrics.items() if it.unit == "%"}
    units = {name: f" ({it.unit})" for name, it in metrics.items() if it.unit}
    found = {name: title + units.get(name.removesuffix("5"), "") for name, title in named.items()}
    found = {name: title for name, title in found.items() if name in epochs and epochs[name].notna().any()}
    scheduled = {name for one in arms for name in one.arm.schedules}
    moved = {name: MOVED[name] for name in MOVED if name in scheduled and name in epochs}
    kept = dict(list(found.items())[: ACROSS - len(moved)])
    return kept | moved, frozenset(percent | {f"{name}5" for name in percent})


def _runner(
    arm: ArmFindings, trials: pd.DataFrame, epochs: pd.DataFrame, look: dict[str, Any], columns: Mapping[str, str]
) -> Runner:
    numbers = trials[trials["state"].isin(COUNTED)]["number"].tolist()
    longest = int(epochs["epoch"].max()) if len(epochs) else 0
    known = epochs if len(epochs) else pd.DataFrame(columns=["number", "epoch"])
    at = pd.Index(numbers).get_indexer(known["number"]), known["epoch"].to_numpy(dtype=int) - 1
    curves = {}
    for name in columns:
        matrix = np.full((len(numbers), longest), np.nan)
        if name in known:
            matrix[at] = known[name].to_numpy(dtype=float)
        curves[name] = matrix
    label = f"{arm.name} ({point(arm.named(arm.best or {}))})"
    network = "" if arm.arm.network is None else arm.arm.network.name
    row = f"{network} on {arm.arm.task.dataset}" if arm.arm.dataset is not None else arm.arm.task.name
    return Runner(label=label, look=look, row=row, epochs=np.arange(1, longest + 1), curves=curves)


def _moves(curves: Matrix) -> bool:
    known = curves[np.isfinite(curves)]
    return bool(len(known)) and bool(known.max() > CONSTANT * known.min())


def caption(result: Contest) -> str:
    """Return the text below a contest."""
    return result.caption


def draw(result: Contest, ax: Axes | None = None) -> Figure:
    """Draw a row for each thing that is trained; on ``ax``, axes of a figure of one's own, the objective alone."""
    with mpl.rc_context(STYLE):
        rows = list(dict.fromkeys(it.row for it in result.runners))
        if ax is not None:
            name = next((it for it in result.columns if it not in {"train_loss", *MOVED}), next(iter(result.columns)))
            _draw(ax, result, rows[0], name)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        labels = [textwrap.fill(it.label, 30) for it in result.runners]
        beside = 0.75 + 0.066 * max(len(line) for label in labels for line in label.split("\n"))
        across = len(result.columns)
        width = beside + (4.2, 6.2, 8.0, 9.6)[across - 1]
        lines = sum(label.count("\n") + 1 for label in labels)
        height = max(2.4, (0.16 * lines + 0.5) / len(rows))
        figure, axes = panels(result.caption, width, height, across, len(rows), bar=beside, head=0.5)
        top = figure.get_size_inches()[1]
        figure.text(0.12 / width, 1 - 0.08 / top, result.title, va="top", fontsize=10)
        for index, place in enumerate(axes):
            row, name = rows[index // across], list(result.columns)[index % across]
            _draw(place, result, row, name)
            place.set_title(row if len(rows) > 1 and not index % across else "", loc="left", fontsize=8.5)
        handles = [Line2D([], [], label=label, **it.look) for it, label in zip(result.runners, labels, strict=True)]
        corner = (1.0, 1 - 0.4 / top)
        figure.legend(
            handles=handles, loc="upper right", bbox_to_anchor=corner, frameon=False, fontsize=7.5, handlelength=2.8
        )
        return figure


def column(result: Contest) -> Figure:
    """Draw it as wide as a column of a paper, without title and caption: panel below panel."""
    with mpl.rc_context(COLUMN):
        rows, names = list(dict.fromkeys(it.row for it in result.runners)), list(result.columns)
        several = len(rows) > 1
        figure, axes = narrow.stacked(len(rows) * len(names), 1.05, between=0.3 if several else 0.22)
        for index, place in enumerate(axes):
            row = rows[index // len(names)]
            _draw(place, result, row, names[index % len(names)])
            place.set_title(row if several and not index % len(names) else "", loc="left")
            if index < len(axes) - 1:
                place.set_xlabel("")
        handles = [Line2D([], [], label=it.label, **it.look) for it in result.runners]
        narrow.key(figure, handles, [it.label for it in result.runners])
        return narrow.settled(figure)


def _draw(axes: Axes, result: Contest, row: str, name: str) -> None:
    every = [it.curves[name].ravel() for it in result.runners]
    values = np.concatenate(every)
    values = values[np.isfinite(values)]
    positive = values[values > 0]
    span = float(positive.max() / positive.min()) if len(positive) else 1.0
    log = len(positive) == len(values) and span > 20.0
    floor = float(positive.max()) / 10.0**DECADES if log else -np.inf
    for it in result.runners:
        if it.row != row or not len(it.epochs):
            continue
        seeds = np.maximum(it.curves[name], floor)
        some = np.isfinite(seeds).any(axis=0)
        epochs, known = it.epochs[some], seeds[:, some]
        if len(epochs):
            if name not in MOVED and len(known) > 1:
                ends = np.nanmin(known, axis=0), np.nanmax(known, axis=0)
                band(axes, epochs, *ends, it.look["color"], 0.15)
            style = "steps-post" if name in MOVED else "default"
            axes.plot(epochs, np.nanmean(known, axis=0), linewidth=1.4, drawstyle=style, **it.look)
    if log:
        axes.set_yscale("log")
        plain_log(axes.yaxis)
    elif name in result.percent:
        axes.set_ylim(bottom=0)
    axes.set_ylabel(textwrap.fill(result.columns[name], 26))
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.grid(alpha=0.25, linewidth=0.5)

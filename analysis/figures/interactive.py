"""The interactive map: the cells of every map, and the trials of a cell where the pointer stands.

A page of its own, ``figures/map.html``, that needs no network: plotly.js, 4.8 MB, is in it once. The report links to
it and stays complete without it, small enough to be sent and printed.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_hex
from plotly.offline import get_plotlyjs

from analysis.axes import NUMBER, Axis, label_of
from analysis.captions import measured
from analysis.figures.columns import SUFFIX, columns_of
from analysis.figures.scale import scale_of, ticks_of
from analysis.figures.style import BEST
from analysis.findings import ArmFindings, Findings, Limits
from analysis.maps import SensitivityMap
from analysis.measure import Measure
from analysis.numbers import point, told_apart, written
from analysis.ranking import best_of_ranking

NAME = "map.html"

MOST = 50_000
"""Trials whose outcomes stand in the page; panels that do not fit any more are left out, which the page says."""

SHADES = 33
"""Steps of the colour scale, between which plotly interpolates."""

LOST = "#d9d9d9"

HEIGHT = 5.0
"""Inches of a colour bar, to which its ticks are chosen."""

Trace = dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Interactive:
    """One plot of the page.

    Attributes
    ----------
    title, caption
        Of the plot.
    traces, layout
        As plotly takes them, plain values.
    """

    title: str
    caption: str
    traces: list[Trace]
    layout: dict[str, Any]


def compute(findings: Findings) -> list[Interactive]:
    """Return the plots of a study by its objective: a map for each panel of a grid, else its configurations."""
    found: list[Interactive] = []
    held = 0
    for one in findings.arms:
        maps = [shown for shown in one.maps[0] if shown.grid.y is not None]
        every: list[SensitivityMap | None] = [*maps] if maps else [None]
        for shown in every:
            trials = one.in_force if shown is None else one.at(shown.grid.fixed)
            held += len(trials)
            if held > MOST and found:
                return found
            if len(trials):
                found.append(_plot(findings, one, shown, trials))
    return found


def page(findings: Findings, folder: Path) -> Path:
    """Write the page into a folder and return its path; the same findings give the same bytes."""
    plots = compute(findings)
    environment = Environment(loader=PackageLoader("analysis"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    total = sum(max(len(one.maps[0]), 1) for one in findings.arms)
    text = environment.get_template("map.html").render(
        name=", ".join(it.specification.name for it in findings.materials),
        plots=plots,
        total=total,
        library=get_plotlyjs(),
        figures=[_script({"data": plot.traces, "layout": plot.layout}) for plot in plots],
    )
    path = folder / NAME
    path.write_text(text, encoding="utf-8")
    return path


def _script(value: Any) -> str:
    """Return plain values as JSON that nothing inside can end the script of."""
    text = json.dumps(value, sort_keys=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _plot(findings: Findings, arm: ArmFindings, shown: SensitivityMap | None, trials: pd.DataFrame) -> Interactive:
    measure, limits = arm.measures[0], findings.limits
    told = _told(trials, arm, measure)
    diverged = bool((trials["state"] == "diverged").any())
    if shown is None:
        x, y, _ = arm.axes
        traces, layout = _scattered(arm, trials, told, limits)
        title = f"{measure.metric.summary} over {label_of(x)}" + (f" and {label_of(y)}" if y else "")
        mark = "Colour" if y else "Height"
    else:
        grid = shown.grid
        traces, layout = _celled(shown, told, trials, limits)
        title = f"{measure.metric.summary} over {label_of(grid.x)} and {label_of(str(grid.y))}"
        title += f", {point(grid.panel)}" if grid.fixed else ""
        mark = "Colour"
    return Interactive(
        title=title + (f", {arm.said}" if arm.armed else ""),
        caption=f"{measured(measure, mark, diverged=diverged)} Star: the best. Crosses: seeds diverged.",
        traces=traces,
        layout=layout,
    )


def _told(trials: pd.DataFrame, arm: ArmFindings, measure: Measure) -> pd.Series:
    """Return what is said of each trial."""
    rows = zip(
        trials["number"],
        trials["seed"],
        trials["state"],
        trials[measure.column],
        trials["diverged_epoch"],
        strict=True,
    )
    texts = []
    for number, seed, state, value, epoch in rows:
        text = f"trial {number}, seed {seed}: "
        if state == "diverged":
            text += "diverged" + ("" if np.isnan(epoch) else f" in epoch {int(epoch)} of {arm.arm.epochs}")
        elif state == "complete" and np.isfinite(value):
            text += measure.written(float(value))
        else:
            text += str(state)
        texts.append(text)
    return pd.Series(texts, index=trials.index)


def _hover(head: Mapping[str, Any], lines: Sequence[str], mean: str) -> str:
    """Return the text of a pointer, in the markup that plotly reads: everything else is escaped."""
    said = [point({name: value}) for name, value in head.items()]
    return "<br>".join(html.escape(line, quote=False) for line in (*said, *([mean] if mean else []), *lines))


def _mean(measure: Measure, value: float, n: int) -> str:
    return f"mean {measure.written(value)} over {n} seed{'s' if n != 1 else ''}" if n and np.isfinite(value) else ""


def _celled(
    shown: SensitivityMap, told: pd.Series, trials: pd.DataFrame, limits: Limits
) -> tuple[list[Trace], dict[str, Any]]:
    """Return the cells of a map, the grey ones that lost every seed, its star, and crosses where seeds diverged."""
    grid, measure = shown.grid, shown.measure
    columns = columns_of(grid.xs)
    by_cell = {key: list(told[part.index]) for key, part in trials.groupby([str(grid.y), grid.x])}
    lost = (grid.n > 0) & (grid.diverged.sum(axis=2) == grid.n)
    heights: list[list[float | None]] = []
    texts: list[list[str]] = []
    for row, y in enumerate(grid.ys.tolist()):
        means = zip(grid.mean[row].tolist(), lost[row], strict=True)
        heights.append([None if gone or not np.isfinite(mean) else _height(mean, limits) for mean, gone in means])
        texts.append(
            [
                _hover(
                    {grid.x: grid.x_axis.value(x), str(grid.y): grid.y_axis.value(y)} | grid.panel,
                    by_cell.get((y, x), []),
                    _mean(measure, float(grid.mean[row, column]), int(grid.n[row, column])),
                )
                for column, x in enumerate(grid.xs.tolist())
            ]
        )
    place = {"x": columns.edges.tolist(), "y": (np.arange(len(grid.ys) + 1) - 0.5).tolist()}
    cells = {"type": "heatmap", "hoverinfo": "text", "text": texts, "xgap": 1, "ygap": 1, **place}
    grey = [[0.0 if it is None else None for it in row] for row in heights]
    blank = {"colorscale": [[0, LOST], [1, LOST]], "showscale": False, "zmin": -1, "zmax": 1}
    traces: list[Trace] = [cells | {"z": grey} | blank, cells | {"z": heights} | _colours(limits, measure)]
    gone = np.argwhere(grid.diverged.any(axis=2))
    if len(gone):
        marks = {"symbol": "x-thin", "size": 9, "line": {"width": 1.5, "color": "#555555"}}
        traces.append(_marks([columns.within(c) for _, c in gone], [float(r) for r, _ in gone], marks))
    if grid.best is not None:
        row, column = grid.best
        traces.append(_marks([columns.within(column)], [float(row)], _STAR))
    names = grid.x_axis.texts(grid.xs.tolist())
    layout = _layout(label_of(grid.x) + SUFFIX[columns.scale], label_of(str(grid.y)))
    layout["xaxis"] |= {
        "type": "log" if columns.scale == "log" else "linear",
        "tickvals": columns.places.tolist(),
        "ticktext": [html.escape(name) for name in names.values()],
    }
    rows = grid.y_axis.texts(grid.ys.tolist()).values()
    layout["yaxis"] |= {"tickvals": list(range(len(grid.ys))), "ticktext": [html.escape(name) for name in rows]}
    return traces, layout


_STAR: dict[str, Any] = {"symbol": "star", "size": 15, "color": BEST, "line": {"width": 1, "color": "white"}}


def _marks(xs: Sequence[float], ys: Sequence[float], marker: Mapping[str, Any]) -> Trace:
    """Return marks that no pointer stops at."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(xs),
        "y": list(ys),
        "marker": dict(marker),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _scattered(
    arm: ArmFindings, trials: pd.DataFrame, told: pd.Series, limits: Limits
) -> tuple[list[Trace], dict[str, Any]]:
    """Return configurations where they lie; of one hyperparameter, their means over it."""
    x, y, _ = arm.axes
    measure, ranks = arm.measures[0], arm.rankings[0]
    by_point = {key: list(told[part.index]) for key, part in trials.groupby(arm.space)}
    xs, ys, values, texts, crossed = [], [], [], [], []
    for row in ranks.iloc[::-1].to_dict("records"):
        key = tuple(row[name] for name in arm.space)
        up = row[y] if y is not None else row["mean"]
        lines = by_point.get(key, [])
        xs.append(float(row[x]))
        ys.append(float(up))
        values.append(None if row["diverged"] == row["n"] else _height(float(row["mean"]), limits))
        here = arm.named({name: float(row[name]) for name in arm.space})
        texts.append(_hover(here, lines, _mean(measure, float(row["mean"]), int(row["n"]))))
        crossed.append(row["diverged"] > 0)
    line = {"width": 0.6, "color": "#333333"}
    marker = {"size": 11, "color": [LOST if it is None else it for it in values], "line": line}
    if all(value is not None for value in values):
        marker |= _coloured(limits, measure)
        marker["color"] = values
    else:
        colours = scale_of(limits)
        marker["color"] = [LOST if it is None else _shade(colours, _value(it, limits)) for it in values]
    points = {"type": "scatter", "mode": "markers", "x": xs, "y": ys, "text": texts, "hoverinfo": "text"}
    traces: list[Trace] = [points | {"marker": marker, "showlegend": False}]
    at = [index for index, it in enumerate(crossed) if it]
    if at:
        marks = {"symbol": "x-thin", "size": 8, "line": {"width": 1.5, "color": "#333333"}}
        traces.append(_marks([xs[i] for i in at], [ys[i] for i in at], marks))
    best = best_of_ranking(ranks)
    if best is not None:
        traces.append(_marks([float(best[x])], [float(best["mean"] if y is None else best[y])], _STAR))
    layout = _layout(label_of(x), measure.label if y is None else label_of(y))
    for side, name in (("xaxis", x), ("yaxis", y)):
        layout[side] |= _scaled(arm, name) if name is not None else {}
    if y is None and limits.log and ys and min(ys) > 0:
        layout["yaxis"]["type"] = "log"
    return traces, layout


def _scaled(arm: ArmFindings, name: str) -> dict[str, Any]:
    """Return the scale of an axis, with the names of its choices."""
    axis: Axis = arm.scales.get(name, NUMBER)
    if axis.choices:
        texts = [html.escape(written(it)) for it in axis.choices]
        return {"tickvals": list(range(len(texts))), "ticktext": texts}
    return {"type": "log"} if arm.arm.space[name].log else {}


def _height(value: float, limits: Limits) -> float:
    """Return what a value is on the colour scale."""
    clipped = min(max(value, limits.low), limits.high)
    return float(np.log10(clipped)) if limits.log else clipped


def _value(height: float, limits: Limits) -> float:
    return float(10.0**height) if limits.log else height


def _shade(colours: ScalarMappable, value: float) -> str:
    return to_hex(tuple(np.asarray(colours.to_rgba(np.array([value])))[0]))


def _colours(limits: Limits, measure: Measure) -> dict[str, Any]:
    """Return the colour scale of cells, that of the pictures."""
    shared = _coloured(limits, measure)
    return {
        "colorscale": shared["colorscale"],
        "colorbar": shared["colorbar"],
        "zmin": shared["cmin"],
        "zmax": shared["cmax"],
    }


def _coloured(limits: Limits, measure: Measure) -> dict[str, Any]:
    low, high = _height(limits.low, limits), _height(limits.high, limits)
    places = np.linspace(0.0, 1.0, SHADES)
    colours = scale_of(limits)
    shades = [_shade(colours, _value(low + place * (high - low), limits)) for place in places.tolist()]
    ticks = told_apart(ticks_of(limits, HEIGHT), lambda value, digits: f"{value:.{digits}g}")
    return {
        "colorscale": [[place, shade] for place, shade in zip(places.tolist(), shades, strict=True)],
        "cmin": low,
        "cmax": high,
        "colorbar": {
            "title": {"text": html.escape(measure.title, quote=False), "side": "right"},
            "tickvals": [_height(tick, limits) for tick in ticks],
            "ticktext": list(ticks.values()),
        },
    }


def _layout(x: str, y: str) -> dict[str, Any]:
    axis = {"showgrid": False, "zeroline": False, "ticks": "outside", "automargin": True}
    return {
        "xaxis": axis | {"title": {"text": html.escape(x, quote=False), "standoff": 12}},
        "yaxis": axis | {"title": {"text": html.escape(y, quote=False), "standoff": 12}},
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#1c2733"},
        "hoverlabel": {"align": "left", "bgcolor": "#ffffff", "font": {"size": 13}},
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 70, "r": 20, "t": 34, "b": 60},
        "height": 480,
        "showlegend": False,
    }

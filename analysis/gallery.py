"""The gallery: which figures a report has, drawn and saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.captions import CURVES_LEGEND, PLANE_LEGEND, POINTS_LEGEND, described, map_legend, measured
from analysis.curves import bundles
from analysis.figures import save
from analysis.figures.curves import draw_curves
from analysis.figures.heatmap import draw_heatmap
from analysis.figures.points import draw_points
from analysis.figures.scale import shared_limits
from analysis.maps import Measure, SensitivityMap, axes_of, panels
from analysis.material import Material
from analysis.ranking import ranking

MAX_PANELS = 12
"""Maps drawn at the most, of each split."""

BEST_CURVES = 6
"""Configurations whose curves are drawn where there is no grid."""


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """The figures of a report.

    Attributes
    ----------
    maps
        One list a measure, in the order of the measures; empty where the design is no grid of two or more.
    pictures
        Files by the name of the figure and their kind, ``png`` and ``svg``.
    """

    maps: Sequence[Sequence[SensitivityMap]]
    pictures: Mapping[str, Mapping[str, Path]]


def draw(material: Material, measures: Sequence[Measure], folder: Path) -> Gallery:
    """Draw every figure of a report into a folder.

    Maps of the first measure are called ``heatmap``, or ``map`` where there is no grid; those of the second carry
    its split in their name.
    """
    maps = _maps(material, measures)
    pictures = _heatmaps(material, maps, measures, folder) if maps else _points(material, measures, folder)
    curves = _curves(material, measures)
    if curves is not None:
        pictures["curves"] = save(curves, folder, "curves")
    return Gallery(maps=maps or [[] for _ in measures], pictures=pictures)


def _maps(material: Material, measures: Sequence[Measure]) -> list[list[SensitivityMap]]:
    """Return the panels of each measure, nothing where the design is no grid of two or more hyperparameters."""
    x, y, others = axes_of(material.specification.space)
    if y is None or material.specification.design.name != "grid":
        return []
    return [panels(material.in_force, x, y, others, measure) for measure in measures]


def _described(material: Material, drawn: pd.DataFrame) -> str:
    """Return what a caption says of the trials that a figure draws."""
    superseded = len(material.trials) - len(material.in_force)
    return described(material.specification, drawn, superseded)


def _at(trials: pd.DataFrame, values: Mapping[str, float]) -> pd.DataFrame:
    """Return the trials whose hyperparameters have some values."""
    for name, value in values.items():
        trials = trials[trials[name] == value]
    return trials


def _heatmaps(
    material: Material, maps: Sequence[Sequence[SensitivityMap]], measures: Sequence[Measure], folder: Path
) -> dict[str, dict[str, Path]]:
    every = [result for results in maps for result in results]
    limits = shared_limits(every) if any(result.best for result in every) else None
    pictures = {}
    for index, (measure, results) in enumerate(zip(measures, maps, strict=True)):
        numbers = measured(measure)
        if len(results) > MAX_PANELS:
            numbers += f" {MAX_PANELS} of {len(results)} panels are drawn; summary.json has all of them."
        name = f"heatmap-{measure.split}" if index else "heatmap"
        for number, result in enumerate(results[:MAX_PANELS], start=1):
            panel = name if len(results) == 1 else f"{name}-{number}"
            caption = _described(material, _at(material.in_force, result.fixed))
            figure = draw_heatmap(result, f"{caption} {numbers} {map_legend(result)}", limits)
            pictures[panel] = save(figure, folder, panel)
    return pictures


def _points(material: Material, measures: Sequence[Measure], folder: Path) -> dict[str, dict[str, Path]]:
    space = material.specification.space
    x, y, others = axes_of(space)
    log = [name for name, domain in space.items() if domain.log]
    caption = _described(material, material.in_force)
    pictures = {}
    for index, measure in enumerate(measures):
        if y is None:
            text = f"{caption} {measured(measure, 'Line')} {POINTS_LEGEND}"
        else:
            text = f"{caption} {measured(measure, 'Colour')} {PLANE_LEGEND}"
            text += f" Not on an axis: {', '.join(others)}." if others else ""
        name = f"map-{measure.split}" if index else "map"
        pictures[name] = save(
            draw_points(material.in_force, x, y, measure, text, others=others, log=log), folder, name
        )
    return pictures


def _curves(material: Material, measures: Sequence[Measure]) -> Figure | None:
    """Draw the curves of a grid, of the best plane of a larger grid, or of the best configurations of no grid."""
    specification, trials = material.specification, material.in_force
    ranks = ranking(trials, list(specification.space), measures[0])
    chosen = f"{measures[0].statistic}, split {measures[0].split}"
    if not material.curves or ranks.empty:
        return None
    x, y, others = axes_of(specification.space)
    told: list[str] = []
    which = ""
    if specification.design.name == "grid":
        plane = {name: float(ranks.iloc[0][name]) for name in others}
        trials = _at(trials, plane)
        if plane:
            where = ", ".join(f"{name} = {value:g}" for name, value in plane.items())
            which = f" {where}, where the best configuration lies ({chosen})."
    else:
        y, told = None, [name for name in specification.space if name != x]
        if len(ranks) > BEST_CURVES:
            which = f" The {BEST_CURVES} best of {len(ranks)} configurations ({chosen}) are drawn."
        trials = trials.merge(ranks.head(BEST_CURVES)[list(specification.space)])
    splits = [measure.split for measure in measures]
    found = bundles(pd.DataFrame(material.curves), trials, x, y, others=told, splits=splits)
    best_y = None if y is None else float(ranks.iloc[0][y])
    return draw_curves(found, x, y, f"{_described(material, trials)}{which} {CURVES_LEGEND}", best_y)

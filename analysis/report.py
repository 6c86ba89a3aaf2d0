"""The report: figures, tables, one page that needs nothing else, and the numbers behind them."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader

from analysis.curves import bundles
from analysis.figures import save, short
from analysis.figures.curves import draw_curves
from analysis.figures.heatmap import draw_heatmap, shared_limits
from analysis.figures.points import draw_points
from analysis.maps import Measure, SensitivityMap, panels
from analysis.tables import inert
from search_spaces.specification import Specification

MAX_PANELS = 12


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything a report is made of.

    Attributes
    ----------
    specification
        The study's.
    hash, code_version
        Of the specification, and of the code the study began with.
    trials
        Every trial, superseded generations included.
    curves
        Epochs of the deciding attempts.
    attempts
        Every attempt with its provenance.
    """

    specification: Specification
    hash: str
    code_version: str
    trials: Sequence[Mapping[str, Any]]
    curves: Sequence[Mapping[str, Any]]
    attempts: Sequence[Mapping[str, Any]]


def write_report(material: Material, folder: Path, statistic: str | None = None) -> dict[str, Any]:
    """Write the report into a folder and return its summary; the same material gives the same bytes.

    Writes ``report.html``, ``summary.json``, ``trials.csv`` and each figure as PNG and SVG under ``figures/``.

    Parameters
    ----------
    material
        What to report.
    folder
        Made where it is missing.
    statistic
        Instead of the objective's.
    """
    specification = material.specification
    objective = specification.objective
    measure = Measure(
        statistic=statistic or objective.statistic, split=objective.split, chance=specification.dataset.chance_error
    )
    table = pd.DataFrame(material.trials)
    in_force = table[~table["superseded"].astype(bool)]
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    maps, drawn = _draw(material, in_force, measure, figures)
    summary = _summary(material, in_force, measure, maps)
    summary["figures"] = sorted(f"figures/{path.name}" for paths in drawn.values() for path in paths.values())
    (folder / "summary.json").write_text(
        json.dumps(summary, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8"
    )
    _write_csv(folder / "trials.csv", material.trials)
    page = _page(material, summary, measure, maps, drawn)
    (folder / "report.html").write_text(page, encoding="utf-8")
    return summary


def axes_of(space: Iterable[str]) -> tuple[str, str | None, list[str]]:
    """Return which varied hyperparameter goes on x, which on y, and which make panels."""
    names = list(space)
    x = "lr" if "lr" in names else names[0]
    rest = [name for name in names if name != x]
    y = next((name for name in ("p", "weight_decay") if name in rest), rest[0] if rest else None)
    return x, y, [name for name in rest if name != y]


def described(specification: Specification, in_force: pd.DataFrame, measure: Measure) -> str:
    """Return what every caption says: the task, n, and what was left out."""
    task, optimizer = specification.task, specification.optimizer
    states = in_force["state"].value_counts().to_dict()
    name = f"{optimizer.name} ({specification.variant})" if specification.variant else optimizer.name
    subset = f" subset of {task.subset} training images," if task.subset else ""
    left_out = states.get("failed", 0) + states.get("cancelled", 0)
    text = (
        f"{specification.name}: {name}, {task.network} on {task.dataset},{subset} {specification.epochs} epochs, "
        f"decay {specification.decay}; n = {len(in_force)} trials, {specification.seeds} "
        f"seed{'s' if specification.seeds > 1 else ''} a configuration: "
        f"{states.get('complete', 0)} complete, {states.get('diverged', 0)} diverged"
    )
    text += f" (counted at chance, {measure.chance:g} %)" if states.get("diverged") else ""
    text += f", {left_out} failed or cancelled (left out)" if left_out else ""
    open_trials = states.get("waiting", 0) + states.get("running", 0)
    return text + (f", {open_trials} still to be trained." if open_trials else ".")


def _draw(
    material: Material, in_force: pd.DataFrame, measure: Measure, folder: Path
) -> tuple[list[SensitivityMap], dict[str, dict[str, Path]]]:
    specification = material.specification
    x, y, others = axes_of(specification.space)
    caption = described(specification, in_force, measure)
    numbers = f"{caption} Colour and numbers: median over seeds of the {measure.label}, split {measure.split}, "
    numbers += f"statistic {measure.statistic}."
    maps: list[SensitivityMap] = []
    drawn: dict[str, dict[str, Path]] = {}
    if y is None or specification.design.name != "grid":
        text = f"{numbers} Star: best configuration. Crosses: configurations where seeds diverged."
        drawn["map"] = save(draw_points(in_force, x, y, measure, text), folder, "map")
    else:
        maps = panels(in_force, x, y, others, measure)
        shared = shared_limits(maps) if any(m.best for m in maps) else None
        if len(maps) > MAX_PANELS:
            numbers += f" {MAX_PANELS} of {len(maps)} panels are drawn; summary.json has all of them."
        for index, result in enumerate(maps[:MAX_PANELS]):
            name = "heatmap" if len(maps) == 1 else f"heatmap-{index + 1}"
            drawn[name] = save(draw_heatmap(result, f"{numbers} {_legend(result)}", shared), folder, name)
    if material.curves and y is not None and not others and specification.design.name == "grid":
        found = bundles(pd.DataFrame(material.curves), in_force, x, y)
        if found:
            text = (
                f"{caption} Lines: median over seeds; thin lines: seeds; crosses: the last epoch before divergence."
            )
            drawn["curves"] = save(draw_curves(found, x, y, text), folder, "curves")
    return maps, drawn


def _legend(result: SensitivityMap) -> str:
    if result.best is None:
        return "No trial has an outcome yet."
    row, column = result.best
    text = (
        f"Star: best cell, {result.x} = {result.xs[column]:.3g}, {result.y} = {short(float(result.ys[row]))}, median "
        f"{result.median[row, column]:.2f} %. "
    )
    if result.standard_error is None:
        text += "One seed a cell: no standard error. "
    else:
        text += f"Outlined: within one standard error ({result.standard_error:.2f}) of it. "
    return text + "Hatched: share of seeds that diverged. Blank: no outcome."


def _summary(
    material: Material, in_force: pd.DataFrame, measure: Measure, maps: Sequence[SensitivityMap]
) -> dict[str, Any]:
    states = in_force["state"].value_counts().to_dict()
    counted = ("complete", "diverged", "failed", "cancelled", "running", "waiting")
    specification = material.specification
    best = _best(in_force, specification, measure)
    return {
        "name": specification.name,
        "hash": material.hash,
        "specification": specification.document(),
        "statistic": measure.statistic,
        "split": measure.split,
        "chance_error": measure.chance,
        "seeds": specification.seeds,
        "trials": {"total": len(in_force)}
        | {state: int(states.get(state, 0)) for state in counted}
        | {"superseded": len(material.trials) - len(in_force)},
        "best": best,
        "maps": [result.to_dict() for result in maps],
        "provenance": _provenance(material),
    }


def _best(in_force: pd.DataFrame, specification: Specification, measure: Measure) -> dict[str, Any] | None:
    """Return the configuration with the lowest median over seeds."""
    counted = in_force[in_force["state"].isin(["complete", "diverged"])].copy()
    if counted.empty:
        return None
    counted["error"] = counted[measure.column].where(counted["state"] == "complete", measure.chance).astype(float)
    x, y, others = axes_of(specification.space)
    names = [*others, *([y] if y is not None else []), x]  # ties go the way they go on the map
    cells = counted.groupby(names)["error"].agg(["median", "mean", "std", "count"]).reset_index()
    first = cells.sort_values(["median", "mean", *names]).iloc[0]
    n = int(first["count"])
    return {
        "configuration": {name: float(first[name]) for name in specification.space},
        "median": float(first["median"]),
        "mean": float(first["mean"]),
        "standard_error": float(first["std"]) / n**0.5 if n > 1 else None,
        "n": n,
    }


def _provenance(material: Material) -> dict[str, Any]:
    attempts = material.attempts
    ended = [a for a in attempts if a["ending"] is not None]
    return {
        "code_version_of_study": material.code_version,
        "code_versions": sorted({a["code_version"] for a in ended if a["code_version"]}),
        "hosts": sorted({a["host"] for a in ended if a["host"]}),
        "devices": sorted({a["device"] for a in ended if a["device"]}),
        "libraries": [json.loads(text) for text in sorted({a["libraries"] for a in ended if a["libraries"]})],
        "attempts": len(attempts),
        "attempts_by_ending": pd.Series([a["ending"] for a in ended]).value_counts().sort_index().to_dict(),
        "training_seconds": sum(a["seconds"] or 0.0 for a in ended),
    }


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0].keys() if rows else ())
        for row in rows:
            writer.writerow([inert(value) for value in row.values()])


def _page(
    material: Material,
    summary: Mapping[str, Any],
    measure: Measure,
    maps: Sequence[SensitivityMap],
    drawn: Mapping[str, Mapping[str, Path]],
) -> str:
    environment = Environment(loader=PackageLoader("analysis"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["short"] = short
    pictures = {name: base64.b64encode(paths["png"].read_bytes()).decode("ascii") for name, paths in drawn.items()}
    x, y, _ = axes_of(material.specification.space)
    return environment.get_template("report.html").render(
        specification=material.specification,
        summary=summary,
        measure=measure,
        maps=maps,
        pictures=pictures,
        x=x,
        y=y,
        document=json.dumps(material.specification.document(), indent=2),
    )

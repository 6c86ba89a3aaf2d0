"""The report: figures, tables, one page that needs nothing else, and the numbers behind them."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from analysis.figures import short
from analysis.gallery import Gallery, draw
from analysis.maps import Measure, axes_of
from analysis.material import Material
from analysis.summary import summary
from analysis.tables import inert


def write_report(material: Material, folder: Path, statistic: str | None = None) -> dict[str, Any]:
    """Write the report into a folder and return its summary; the same material gives the same bytes.

    Writes ``report.html``, ``summary.json``, ``trials.csv`` and each figure as PNG and SVG under ``figures/``. What
    the objective's split shows comes first; where images were held out, the other split is shown beside it.

    Parameters
    ----------
    material
        What to report.
    folder
        Made where it is missing.
    statistic
        Instead of the objective's.
    """
    measures = material.measures(statistic)
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    gallery = draw(material, measures, figures)
    numbers = summary(material, measures, gallery.maps)
    numbers["figures"] = sorted(
        f"figures/{path.name}" for paths in gallery.pictures.values() for path in paths.values()
    )
    (folder / "summary.json").write_text(
        json.dumps(numbers, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8"
    )
    _write_csv(folder / "trials.csv", material.trials)
    (folder / "report.html").write_text(_page(material, numbers, measures, gallery), encoding="utf-8")
    return numbers


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0].keys() if rows else ())
        for row in rows:
            writer.writerow([inert(value) for value in row.values()])


def _page(material: Material, numbers: Mapping[str, Any], measures: Sequence[Measure], gallery: Gallery) -> str:
    environment = Environment(loader=PackageLoader("analysis"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["short"] = short
    pictures = {
        name: base64.b64encode(paths["png"].read_bytes()).decode("ascii") for name, paths in gallery.pictures.items()
    }
    x, y, _ = axes_of(material.specification.space)
    first, *rest = gallery.maps
    return environment.get_template("report.html").render(
        specification=material.specification,
        summary=numbers,
        measure=measures[0],
        other=measures[1] if len(measures) > 1 else None,
        pairs=list(zip(first, rest[0] if rest else [None] * len(first), strict=True)),
        pictures=pictures,
        x=x,
        y=y,
        document=json.dumps(material.specification.document(), indent=2),
    )

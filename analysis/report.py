"""The report: figures, tables, one page that needs nothing else, and the numbers behind them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from analysis.figures import FIGURES, Drawable
from analysis.figures.style import save
from analysis.findings import WHOLE, Clip, Findings
from analysis.material import Material, Source
from analysis.numbers import point, written
from analysis.summary import summary


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure on disk: what was drawn, and its files by kind, ``png`` and ``svg``."""

    result: Drawable
    files: Mapping[str, Path]

    @property
    def data(self) -> str:
        """The PNG as base64."""
        return base64.b64encode(self.files["png"].read_bytes()).decode("ascii")


def write_report(source: Source, folder: Path, statistic: str | None = None, clip: Clip = WHOLE) -> dict[str, Any]:
    """Write the report into a folder and return its summary; the same rows give the same bytes.

    Writes ``report.html``, ``summary.json``, ``trials.csv`` and each figure as PNG and SVG under ``figures/``. What
    the objective's split shows comes first; where images were held out, the other split is shown beside it.

    Parameters
    ----------
    source
        What to report.
    folder
        Made where it is missing.
    statistic
        Instead of the objective's.
    clip
        Colour limits of the maps.
    """
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    material = Material.of(source, folder / "trials.csv")
    findings = Findings(material, material.measures(statistic), clip)
    pictures = [
        Picture(result=result, files=save(kind.draw(result), figures, result.name))
        for kind in FIGURES
        for result in kind.compute(findings)
    ]
    numbers = summary(findings)
    numbers["figures"] = sorted(f"figures/{path.name}" for picture in pictures for path in picture.files.values())
    (folder / "summary.json").write_text(
        json.dumps(numbers, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8"
    )
    (folder / "report.html").write_text(_page(findings, numbers, pictures), encoding="utf-8")
    return numbers


def _page(findings: Findings, numbers: Mapping[str, Any], pictures: Sequence[Picture]) -> str:
    environment = Environment(loader=PackageLoader("analysis"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"written": written, "point": point}
    x, y, _ = findings.axes
    specification = findings.material.specification
    first, *rest = findings.maps
    pairs = zip(first, rest[0] if rest else [None] * len(first), strict=True)
    return environment.get_template("report.html").render(
        specification=specification,
        warnings=specification.warnings(),
        summary=numbers,
        measure=findings.measures[0],
        other=findings.measures[1] if len(findings.measures) > 1 else None,
        panels=[
            (one, beside, one.grid.x_axis.texts(one.grid.xs.tolist()), one.grid.y_axis.texts(one.grid.ys.tolist()))
            for one, beside in pairs
        ],
        pictures=pictures,
        x=x,
        y=y,
        document=json.dumps(specification.document(), indent=2),
    )

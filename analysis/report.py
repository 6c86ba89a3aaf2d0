"""The report: figures, tables, one page that needs nothing else, and the numbers behind them."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from analysis.account import MOST, designs, failures, losses, pairing, question, settings
from analysis.axes import BY_RULE, Chosen
from analysis.compare.reference import Reference
from analysis.decoupling import NAMES
from analysis.figures import FIGURES, Drawable, interactive
from analysis.findings import WHOLE, ArmFindings, Clip, Findings
from analysis.irregular import METHODS, PAIRS
from analysis.maps import SensitivityMap
from analysis.material import STATES, Material, Source
from analysis.measure import Measure
from analysis.measures import MEASURES, Kind
from analysis.measures.number import Number
from analysis.numbers import plain, point, written
from analysis.press import Press
from analysis.scales import LOGIT, OTHERS, RAW, SCALES, differs
from analysis.sentences import sentences
from analysis.summary import summary
from analysis.tables import gathered
from search_spaces.specification import Specification


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure on disk: what was drawn, and its files (``png``, ``svg``, ``pdf``, ``gif`` of a film)."""

    result: Drawable
    files: Mapping[str, Path]

    @property
    def sources(self) -> list[str]:
        """What the page shows, the picture and then its film, as URLs that hold their data."""
        shown = [kind for kind in ("png", "gif") if kind in self.files]
        return [f"data:image/{kind};base64,{self._data(kind)}" for kind in shown]

    def _data(self, kind: str) -> str:
        return base64.b64encode(self.files[kind].read_bytes()).decode("ascii")


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A table of the best x of every row of a map, ``beside`` the same cells on another split.

    ``scale`` is the one whose numbers come first.
    """

    arm: ArmFindings
    map: SensitivityMap
    beside: SensitivityMap | None
    scale: str = RAW

    @property
    def xs(self) -> Mapping[float, str]:
        """How values of x are written."""
        return self.map.grid.x_axis.texts(self.map.grid.xs.tolist())

    @property
    def sentences(self) -> list[str]:
        """What the numbers of the map say."""
        return list(sentences(self.map, self.scale))

    @property
    def caution(self) -> str | None:
        """What speaks against the intervals, if anything."""
        return next((str(it.details["caution"]) for _, it in self.numbers if "caution" in it.details), None)

    @property
    def numbers(self) -> list[tuple[Kind, Number]]:
        """The numbers of the map; none in a single row."""
        found = self.map.on(self.scale)
        return [(kind, found[kind.name]) for kind in MEASURES if kind.name in found]

    @property
    def elsewhere(self) -> list[tuple[Kind, list[Number]]]:
        """What says something else on another scale, on each of :data:`~analysis.scales.SCALES`."""
        on = [self.map.on(scale) for scale in SCALES]
        if not all(on):
            return []
        rows = [(kind, [numbers[kind.name] for numbers in on]) for kind in MEASURES]
        return [
            (kind, [raw, *others])
            for kind, (raw, *others) in rows
            if any(
                differs(raw, it)
                for scale, it in zip(OTHERS, others, strict=True)
                if not (kind.in_values and scale == LOGIT)  # in units of its own
            )
        ]

    @property
    def ys(self) -> Mapping[float, str]:
        """How values of y are written."""
        return self.map.grid.y_axis.texts(self.map.grid.ys.tolist())


@dataclass(frozen=True, kw_only=True)
class View:
    """How a report looks at its studies.

    Attributes
    ----------
    statistic
        Instead of the objective's.
    clip
        Colour limits of the maps.
    chosen
        What is asked for on the axes.
    scale
        Of :data:`analysis.scales.SCALES`: whose numbers the page shows first. The summary has those of all.
    published
        What others have published, to be laid over the figures.
    width
        Of :data:`analysis.figures.style.WIDTHS`: how wide figures are drawn.
    """

    statistic: str | None = None
    clip: Clip = WHOLE
    chosen: Chosen = BY_RULE
    scale: str = RAW
    published: Reference | None = None
    width: str = "page"


PLAIN = View()


ALONE = Press()


def write_report(sources: Sequence[Source], folder: Path, view: View = PLAIN, press: Press = ALONE) -> dict[str, Any]:
    """Write the report into a folder and return its summary; the same rows give the same bytes.

    Writes ``report.html``, ``summary.json``, ``trials.csv`` and each figure under ``figures/``: as PNG, SVG and PDF,
    and as GIF where it moves; beside them the interactive map, ``figures/map.html``. What the objective's split shows
    comes first; where images were held out, the other split is shown beside it.

    Parameters
    ----------
    sources
        What to report; several share colours, tables and ``trials.csv``, which names the study of every row.
    folder
        Made where it is missing.
    view
        How to look at them.
    press
        Who draws the pictures.
    """
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    first, *others = materials_of(sources, folder / "trials.csv")
    findings = Findings(first, view.statistic, view.clip, view.chosen, tuple(others), view.published)
    drawn = [(kind, result) for kind in FIGURES for result in kind.compute(findings)]
    pictures = [
        Picture(result=result, files=files)
        for (_, result), files in zip(drawn, press.write(drawn, figures, view.width), strict=True)
    ]
    numbers = summary(findings)
    files = [path for picture in pictures for path in picture.files.values()]
    numbers["figures"] = sorted(f"figures/{path.name}" for path in (*files, interactive.page(findings, figures)))
    (folder / "summary.json").write_text(
        json.dumps(numbers, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8"
    )
    (folder / "report.html").write_text(_page(findings, numbers, pictures, view), encoding="utf-8")
    return numbers


def materials_of(sources: Sequence[Source], table: Path) -> list[Material]:
    """Return the material of each study, and write the trials of all into one table."""
    if len(sources) == 1:
        return [Material.of(sources[0], table)]
    parts = {it.specification.name: table.with_name(f"{it.specification.name}.part") for it in sources}
    found = [Material.of(it, parts[it.specification.name]) for it in sources]
    gathered(parts, table)
    for part in parts.values():
        part.unlink()
    return found


def _page(findings: Findings, numbers: Mapping[str, Any], pictures: Sequence[Picture], view: View) -> str:
    environment = Environment(loader=PackageLoader("analysis"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"written": written, "point": point, "plain": plain, "json": _json}
    specifications, metrics = [it.specification for it in findings.materials], findings.metrics
    alone = specifications[0] if len(specifications) == 1 else None
    warnings = [f"{'' if alone else f'{it.name}: '}{warning}" for it in specifications for warning in it.warnings()]
    return environment.get_template("report.html").render(
        title=", ".join(it.name for it in specifications),
        lead=(alone.summary if alone else "") or "Hyperparameter-sensitivity study",
        comparable=findings.comparable,
        warnings=warnings,
        summary=numbers,
        studies=list(numbers["studies"].values()) if alone is None else [numbers],
        measure=findings.measure,
        rules=list(dict.fromkeys(one.measures[0].rule for one in findings.arms)),
        counts_as=list(dict.fromkeys(one.measures[0].counts_as for one in findings.arms)),
        other=_other(findings, metrics[1]) if len(metrics) > 1 else None,
        arms=findings.arms if findings.arms[0].armed else (),
        chance=any(one.arm.left_to_chance for one in findings.arms),
        checkable=_checkable(findings),
        checks=[one.fresh for one in findings.arms if one.fresh is not None],
        contenders={it.arm.name: it for it in findings.contenders},
        panels=[panel for one in findings.arms for panel in _panels(one, view.scale)],
        decided=[one for one in findings.arms if one.importances],
        methods=METHODS,
        pairs=PAIRS,
        pictures=pictures,
        captioned=view.width == "column",
        overlay=findings.overlay,
        question=question(findings),
        designs=designs(findings),
        settings=settings(findings),
        pairing=pairing(findings),
        losses=losses(findings),
        failures=failures(findings),
        most=MOST,
        commands=_commands(specifications, view),
        states=("total", *STATES, "superseded"),
        decoupling=findings.decoupling,
        decoupling_measures={kind.name: kind.title for kind in MEASURES if kind.name in NAMES},
    )


def _checkable(findings: Findings) -> str:
    """Return the study whose best may be given fresh seeds; empty where that cannot be, or says nothing."""
    one = findings.best_arm()
    if one is None or not one.arm.left_to_chance or not one.material.specification.has_fresh_seeds:
        return ""
    return one.study


def _commands(specifications: Sequence[Specification], view: View) -> list[str]:
    """Return what makes the report again, from the specifications below; what was imported stays."""
    names = [it.name for it in specifications]
    options = {"--statistic": view.statistic, "--x": view.chosen.x, "--y": view.chosen.y}
    ends = [None if end is None else repr(end) for end in (view.clip.low, view.clip.high)]
    options["--clip"] = ",".join(end or "" for end in ends) if any(ends) else None
    options["--scale"] = view.scale if view.scale != RAW else None
    options["--width"] = view.width if view.width != "page" else None
    options["--overlay"] = None if view.published is None else view.published.name
    said = "".join(f" {option} {shlex.quote(value)}" for option, value in options.items() if value is not None)
    return [
        *(f"basin run {it.name}.json" for it in specifications if not it.imported),
        f"basin report {' '.join(names)} --out reports/{names[0]}{said}",
    ]


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2)


def _other(findings: Findings, metric: str) -> Measure:
    return next(it for one in findings.arms for it in one.measures if it.metric.name == metric)


def _panels(one: ArmFindings, scale: str) -> Iterator[Panel]:
    """Yield the tables of an arm's best x, with the same cells on the other split where there is one."""
    first, *rest = one.maps
    for shown, beside in zip(first, rest[0] if rest else [None] * len(first), strict=True):
        yield Panel(arm=one, map=shown, beside=beside, scale=scale)

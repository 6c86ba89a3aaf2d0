"""References: numbers that others have published, each with its source and the grade of its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from analysis.settings import Settings
from search_spaces.documents import Document, parse_document

SETTINGS_TABLE = "table-1"
"""The file that holds settings and no results."""

STATISTICS = ("at", "mean_last5", "min", "max")
"""How a curve becomes one number: its value at an epoch, or the mean of five, the lowest, the highest up to there."""


class Grade(StrEnum):
    """How well it is known that a number is what was published, the best first."""

    PRINTED = "printed"
    LOG = "log"
    RECOVERED = "recovered from vector figure"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, kw_only=True)
class Published:
    """One number.

    Attributes
    ----------
    statistic
        One of :data:`STATISTICS`.
    epoch
        Up to which the curve counts, >= 1.
    value
        In the unit of the metric.
    """

    statistic: str
    epoch: int
    value: float


@dataclass(frozen=True, kw_only=True)
class PublishedCell:
    """The numbers of one training that was published.

    Attributes
    ----------
    label
        What the publication calls it.
    metric
        What they measure: ``test_accuracy``, ``test_error``, ``test_error5`` (percent), or another name.
    where
        The settings by which it is known again.
    settings
        What else is published of its settings; what was trained otherwise is named beside the result.
    grade, precision
        How well the numbers are known: where from, and how far the published value may lie from the one given here.
    note
        What is special about it.
    numbers
        The numbers.
    """

    label: str
    metric: str
    where: Settings
    settings: Settings
    grade: Grade
    precision: float
    note: str
    numbers: tuple[Published, ...]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A table or a figure that was published.

    Attributes
    ----------
    name, title, source, cited
        What it is called here; what it shows; where it stands, and that in a few words.
    preset
        The bundled study that trains it, None where there is none.
    n
        Trainings behind each number.
    notes
        Errata, and what its reader must know.
    cells
        The trainings, in the order of the publication.
    """

    name: str
    title: str
    source: str
    cited: str
    preset: str | None
    n: int
    notes: tuple[str, ...]
    cells: tuple[PublishedCell, ...]

    @property
    def grades(self) -> tuple[Grade, ...]:
        """The grades of its numbers, the best first."""
        found = {cell.grade for cell in self.cells}
        return tuple(grade for grade in Grade if grade in found)

    @property
    def numbers(self) -> int:
        """How many numbers it has."""
        return sum(len(cell.numbers) for cell in self.cells)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin compare --list --json`` prints of it."""
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "preset": self.preset,
            "grades": [str(grade) for grade in self.grades],
            "n": self.n,
            "numbers": self.numbers,
            "notes": list(self.notes),
        }


@cache
def reference_names() -> tuple[str, ...]:
    """Return the names of the bundled references, sorted."""
    names = (entry.name for entry in _folder().iterdir())
    found = (name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))
    return tuple(sorted(name for name in found if name != SETTINGS_TABLE))


@cache
def reference(name: str) -> Reference:
    """Return a bundled reference; raises ``KeyError`` where there is none of that name."""
    if name not in reference_names():
        raise KeyError(name)
    document = _document(name)
    preset = document["preset"]
    return Reference(
        name=name,
        title=document["title"],
        source=document["source"],
        cited=document["cited"],
        preset=None if preset == "none" else preset,
        n=document["n"],
        notes=tuple(document["notes"]),
        cells=tuple(_cell(document, written) for written in document["cells"]),
    )


@cache
def table_1() -> Mapping[str, Settings]:
    """Return the settings of the four optimizers of the Padam reproducibility report, by the names of its tables."""
    found: Mapping[str, Settings] = _document(SETTINGS_TABLE)["optimizers"]
    return found


def _cell(document: Document, written: Mapping[str, Any]) -> PublishedCell:
    of_optimizer = table_1()[written["settings_of"]] if "settings_of" in written else {}
    settings = {**document.get("settings", {}), **of_optimizer, **written.get("settings", {})}
    return PublishedCell(
        label=written["label"],
        metric=document["metric"],
        where={**document["where"], **written["where"]},
        settings=settings,
        grade=Grade(written.get("grade", document["grade"])),
        precision=float(document["precision"]),
        note=written.get("note", ""),
        numbers=tuple(_numbers(written)),
    )


def _numbers(written: Mapping[str, Any]) -> Iterator[Published]:
    for epoch, text in enumerate(written.get("curve", "").split(), start=1):
        yield Published(statistic="at", epoch=epoch, value=float(text))
    for statistic in STATISTICS:
        for epoch, value in written.get(statistic, {}).items():
            yield Published(statistic=statistic, epoch=epoch, value=float(value))


def _folder() -> Any:
    return files(__package__).joinpath("references")


def _document(name: str) -> Document:
    return parse_document(_folder().joinpath(f"{name}.yaml").read_bytes(), f"reference {name}")

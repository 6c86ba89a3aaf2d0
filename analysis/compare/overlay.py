"""The overlay: published values where a report's figures have their place, and in words where they have none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from analysis.compare.comparison import SCALES, Scale, matches, summarised
from analysis.compare.reference import PublishedCell, Reference
from analysis.numbers import written
from analysis.settings import Settings, settings_of, unlike

if TYPE_CHECKING:
    from analysis.findings import ArmFindings, Findings

Vector = npt.NDArray[np.float64]
Unlike = Mapping[str, tuple[Any, Any]]

NAMED = 4
"""Published trainings that a sentence names at the most."""

AT = {"final": "at", "mean_last5": "mean_last5", "min": "min"}
"""What publications call the statistics of a report."""


@dataclass(frozen=True, kw_only=True)
class Ours:
    """One configuration of an arm, with every setting."""

    arm: ArmFindings
    values: Mapping[str, float]
    settings: Settings


@dataclass(frozen=True, kw_only=True)
class Laid:
    """One published training that a study has, too.

    Attributes
    ----------
    cell
        What was published.
    arm, place
        Where it belongs: the arm, and the values of its hyperparameters as numbers.
    unlike
        Published settings that the study has otherwise, by path: published, here.
    """

    cell: PublishedCell
    arm: ArmFindings
    place: Mapping[str, float]
    unlike: Unlike

    @property
    def metric(self) -> str:
        """The recorded metric on whose axis it lies."""
        return _scale(self.cell).recorded

    @property
    def shown(self) -> bool:
        """Whether figures have an axis for it."""
        return self.metric in {"train_loss", *(it.name for it in self.arm.over_epochs)}

    @property
    def last(self) -> int:
        """The last epoch of which a value is known."""
        return max(number.epoch for number in self.cell.numbers)

    def points(self, epochs: int) -> tuple[Vector, Vector]:
        """Return the epochs up to one of which the value is known, ascending, and the values on our axis."""
        known = sorted(
            (it.epoch, it.value) for it in self.cell.numbers if it.statistic == "at" and it.epoch <= epochs
        )
        found = [(float(epoch), _scale(self.cell).of(value)) for epoch, value in known]
        at, values = np.array(found, dtype=float).reshape(-1, 2).T
        return at, values

    def value(self, statistic: str, epochs: int) -> float | None:
        """Return a statistic of some epochs on our axis: as published, or of the whole curve; else None."""
        said = AT[statistic]
        names = {said, "max"} if said == "min" and _scale(self.cell).higher else {said}
        known = [it.value for it in self.cell.numbers if it.statistic in names and it.epoch == epochs]
        if known:
            return _scale(self.cell).of(known[0])
        at, curve = self.points(epochs)
        return summarised(curve.tolist(), said, epochs) if at.tolist() == [*range(1, epochs + 1)] else None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "cell": self.cell.label,
            "arm": self.arm.name,
            "configuration": self.arm.named(self.place),
            "unlike": _plain(self.unlike),
        }


@dataclass(frozen=True, kw_only=True)
class Absent:
    """One published training that no study has; ``unlike`` is what the nearest of them has otherwise."""

    study: str
    cell: PublishedCell
    unlike: Unlike


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """A reference over the figures of a report.

    Attributes
    ----------
    reference
        What was published.
    laid
        The trainings that have a place, in the order of the publication; several places where several of ours are
        equally like it.
    absent
        Those that have none.
    """

    reference: Reference
    laid: tuple[Laid, ...]
    absent: tuple[Absent, ...]

    @property
    def label(self) -> str:
        """What a legend calls it."""
        return f"published ({self.reference.cited})"

    @property
    def runs(self) -> str:
        """How many runs are behind each value, in words."""
        return "one run each" if self.reference.n == 1 else f"means of {self.reference.n} runs"

    @property
    def grades(self) -> str:
        """How well its values are known, in words."""
        return ", ".join(map(str, self.reference.grades))

    def of(self, arm: ArmFindings, metrics: Sequence[str], held: Mapping[str, float] | None = None) -> list[Laid]:
        """Return what lies over an arm on the axes of some metrics, at some values of its hyperparameters."""
        return [
            it
            for it in self.laid
            if it.arm is arm
            and it.metric in metrics
            and all(it.place[name] == value for name, value in (held or {}).items())
        ]

    @property
    def sentences(self) -> list[str]:
        """What has a place and what has none, and why: for the page and whoever asked for it."""
        return list(_sentences(self))

    def to_dict(self) -> dict[str, Any]:
        """Return what ``summary.json`` has of it under ``overlay``."""
        return {
            "reference": self.reference.to_dict(),
            "laid": [it.to_dict() for it in self.laid],
            "absent": [{"study": it.study, "cell": it.cell.label, "unlike": _plain(it.unlike)} for it in self.absent],
            "sentences": self.sentences,
        }


def overlay(reference: Reference, findings: Findings) -> Overlay:
    """Return a reference over what was found: each training where ``basin compare`` puts it, study by study."""
    laid: list[Laid] = []
    absent: list[Absent] = []
    for material in findings.materials:
        arms = [one for one in findings.arms if one.material is material]
        ours = [it for one in arms for it in _ours(one)]
        for cell in reference.cells:
            found = matches(cell, ours) if cell.metric in SCALES else []
            laid += [
                Laid(cell=cell, arm=it.arm, place=it.values, unlike=unlike(cell.settings, it.settings))
                for it in found
            ]
            if not found:
                nearest = min((unlike(cell.where, it.settings) for it in ours), key=len, default={})
                absent.append(Absent(study=material.specification.name, cell=cell, unlike=nearest))
    return Overlay(reference=reference, laid=tuple(laid), absent=tuple(absent))


def several(names: Sequence[str]) -> str:
    """Return names with semicolons between them, and how many more there are where they are many."""
    more = f"; and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return "; ".join(names[:NAMED]) + more


def _ours(arm: ArmFindings) -> Iterator[Ours]:
    """Yield the configurations of an arm, in the order in which they were made."""
    points = arm.in_force[arm.space].dropna().drop_duplicates()
    for row in points.itertuples(index=False):
        values = dict(zip(arm.space, map(float, row), strict=True))
        yield Ours(arm=arm, values=values, settings=settings_of(arm.arm, arm.named(values)))


def _scale(cell: PublishedCell) -> Scale:
    return SCALES[cell.metric]


def _sentences(overlay: Overlay) -> Iterator[str]:
    reference = overlay.reference
    unknown = list(dict.fromkeys(cell.metric for cell in reference.cells if cell.metric not in SCALES))
    if unknown:
        yield f"Nothing of it has a place here: it is of {', '.join(unknown)}, which Basin does not measure."
        return
    studies = list(dict.fromkeys([it.arm.study for it in overlay.laid] + [it.study for it in overlay.absent]))
    for study in studies:
        place = f" in {study}" if len(studies) > 1 else ""
        laid = [it for it in overlay.laid if it.arm.study == study]
        absent = [it for it in overlay.absent if it.study == study]
        yield from _counted(laid, absent, place)
        hidden = [it for it in laid if not it.shown]
        for metric in dict.fromkeys(it.cell.metric for it in hidden):
            yield f"No figure shows its {metric.replace('_', ' ')}{place}."
    for text, cells in _alike(overlay.laid).items():
        whole = len(cells) == len({it.cell.label for it in overlay.laid})
        yield f"Otherwise than published{'' if whole else f' ({several(cells)})'}: {text}."
    for cell in dict.fromkeys(it.cell.label for it in overlay.laid if it.cell.note):
        note = next(it.cell.note for it in overlay.laid if it.cell.label == cell)
        yield f"{cell}: {note}."


def _counted(laid: Sequence[Laid], absent: Sequence[Absent], place: str) -> Iterator[str]:
    """Yield how many trainings of a reference have a place in a study, and which have none."""
    seen = len({it.cell.label for it in laid if it.shown})
    total = len({it.cell.label for it in laid}) + len(absent)
    if seen == total == 1:
        yield f"It has its place{place}."
    elif seen:
        number = f"All {total}" if seen == total else f"{seen} of its {total}"
        yield f"{number} trainings {'has' if seen == 1 else 'have'} a place{place}."
    shared = _shared(absent)
    if not laid and shared:
        yield f"Nothing of it has a place{place}: {_told(shared)}."
    elif absent:
        yield f"None like these was trained{place}: {several([it.cell.label for it in absent])}."


def _shared(absent: Sequence[Absent]) -> Unlike:
    """Return what is otherwise than published of all."""
    first, *rest = [it.unlike for it in absent] or [{}]
    return {path: pair for path, pair in first.items() if all(it.get(path) == pair for it in rest)}


def _alike(laid: Sequence[Laid]) -> dict[str, list[str]]:
    """Return published trainings by what was trained otherwise here, in words."""
    found: dict[str, list[str]] = {}
    for it in laid:
        if it.unlike:
            cells = found.setdefault(_told(it.unlike), [])
            cells += [it.cell.label] if it.cell.label not in cells else []
    return found


def _told(pairs: Unlike) -> str:
    return "; ".join(f"{path} {_word(was)}, here {_word(it)}" for path, (was, it) in pairs.items())


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return " or ".join(map(_word, value["any"]))
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_word, value))}]"
    if isinstance(value, float) and math.isfinite(value):
        return written(value)
    return "-" if value is None else str(value)


def _plain(pairs: Unlike) -> dict[str, Any]:
    return {path: {"published": was, "here": it} for path, (was, it) in pairs.items()}

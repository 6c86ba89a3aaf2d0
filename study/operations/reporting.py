"""Reporting: figures, tables and one page of a study, in a folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces.declarations import Metric
from search_spaces.documents import nearest
from search_spaces.errors import shown
from study.errors import UsageError
from study.operations.folder import check, publishing, unheard

if TYPE_CHECKING:
    from study.store import Store

FINEST = 1e-6
"""Percent: the error of one image in a hundred million. No colour scale can be drawn at 1e-290."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a report is to be like; made and checked before a store is opened.

    Attributes
    ----------
    out
        Folder: missing, empty, or an earlier report's.
    statistic
        ``final``, ``mean_last5`` or ``min``, instead of the objective's.
    low, high
        Between which the colours of the maps reach; None for an end that is left open.
    clip
        The two as they were written, for messages.
    force
        Whether the folder may hold other files; those of the report's names are lost.
    """

    out: Path
    statistic: str | None = None
    low: float | None = None
    high: float | None = None
    clip: str | None = None
    force: bool = False

    @classmethod
    def of(cls, out: str, *, statistic: str | None = None, clip: str | None = None, force: bool = False) -> Request:
        """Return a request of what was written.

        Raises
        ------
        UsageError
            The statistic is none, ``clip`` is not ``LOW,HIGH``, or the folder holds what is not a report's.
        """
        from analysis.statistics import STATISTICS  # noqa: PLC0415

        if statistic is not None and statistic not in STATISTICS:
            raise UsageError(f"no statistic {shown(statistic)}; {nearest(statistic, STATISTICS)}")
        if not out:
            raise UsageError("--out must name a folder, such as reports/NAME")
        low, high = _limits(clip)
        return cls(out=Path(out), statistic=statistic, low=low, high=high, clip=clip, force=force)

    def check(self, note: Callable[[str], None] = unheard) -> None:
        """Raise :class:`UsageError` where the folder may not be written into."""
        check(self.out, force=self.force, note=note)

    def fit(self, metric: Metric) -> None:
        """Raise :class:`UsageError` where a metric cannot have these colours or this statistic."""
        ends = [end for end in (self.low, self.high) if end is not None]
        ascend = len(ends) < 2 or ends[0] < ends[1]
        if metric.unit == "%":
            if not (ascend and all(FINEST <= end <= 100 for end in ends)):
                rule = f"{FINEST:g} <= LOW < HIGH <= 100 percent"
                raise UsageError(f"--clip must hold {rule}, got {shown(self.clip)}")
        elif not (ascend and all(math.isfinite(end) and (end > 0 or not metric.log) for end in ends)):
            rule = "0 < LOW < HIGH" if metric.log else "LOW < HIGH"
            raise UsageError(
                f"--clip must hold {rule}, finite numbers of the {metric.summary}, got {shown(self.clip)}"
            )
        if metric.direction == "maximize" and self.statistic == "min":
            raise UsageError(f"--statistic must not be min: {metric.name} is to be maximised, and min is its worst")


def _limits(clip: str | None) -> tuple[float | None, float | None]:
    """Return the two ends of ``LOW,HIGH``, None for one that is left open."""
    if clip is None:
        return None, None
    try:
        low, high = (float(end) if end.strip() else None for end in clip.split(","))
    except ValueError:
        raise UsageError(f"--clip must be LOW,HIGH, such as 1,10 or ,10, got {shown(clip)}") from None
    return low, high


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report that was written.

    Attributes
    ----------
    name
        Of the study.
    folder
        Where it lies.
    summary
        The numbers behind it, as ``summary.json`` has them.
    """

    name: str
    folder: Path
    summary: Mapping[str, Any] = field(repr=False)

    @property
    def page(self) -> Path:
        """The self-contained page."""
        return (self.folder / "report.html").absolute()

    @property
    def pictures(self) -> list[Path]:
        """The figures as PNG."""
        figures = [name for name in self.summary["figures"] if name.endswith(".png")]
        return [(self.folder / name).absolute() for name in figures]

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin report --json`` prints."""
        return dict(self.summary)


def report(store: Store, name: str, request: Request, note: Callable[[str], None] = unheard) -> Report:
    """Write the report of a study; what fails leaves no part of itself.

    Parameters
    ----------
    store, name
        Of which study.
    request
        What it is to be like.
    note
        Told that another report is being written into the folder, and waited for.

    Raises
    ------
    StudyNotFoundError
        There is no such study.
    UsageError
        The request does not fit the study, or the folder cannot be written.
    """
    found = store.studies.get(name)
    request.fit(next(iter(found.specification.arms.values())).metric)

    from analysis.findings import Clip  # noqa: PLC0415
    from analysis.report import write_report  # noqa: PLC0415 - pandas and Matplotlib
    from study.source import StudySource  # noqa: PLC0415

    with publishing(request.out, force=request.force, note=note) as unfinished:
        clip = Clip(low=request.low, high=request.high)
        summary = write_report(StudySource(store, found), unfinished, request.statistic, clip)
    return Report(name=name, folder=request.out, summary=summary)

"""Reporting: figures, tables and one page of a study, in a folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces.declarations import Metric
from search_spaces.documents import nearest
from search_spaces.errors import shown
from study.errors import UsageError
from study.operations.comparing import find
from study.operations.folder import check, publishing, unheard

if TYPE_CHECKING:
    from analysis.compare.reference import Reference
    from search_spaces.specification import Specification
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
    x, y
        The hyperparameters of the axes; None where the rule has them.
    low, high
        Between which the colours of the maps reach; None for an end that is left open.
    clip
        The two as they were written, for messages.
    scale
        Which numbers of the maps the page shows first, ``raw``, ``logit`` or ``censored``.
    published
        What others have published, to be laid over the figures.
    width
        How wide figures are drawn, ``page`` or ``column``.
    force
        Whether the folder may hold other files; those of the report's names are lost.
    """

    out: Path
    statistic: str | None = None
    x: str | None = None
    y: str | None = None
    low: float | None = None
    high: float | None = None
    clip: str | None = None
    scale: str = "raw"
    published: Reference | None = None
    width: str = "page"
    force: bool = False

    @classmethod
    def of(  # noqa: PLR0913 - as the report needs
        cls,
        out: str,
        *,
        statistic: str | None = None,
        x: str | None = None,
        y: str | None = None,
        clip: str | None = None,
        scale: str = "raw",
        overlay: str | None = None,
        width: str = "page",
        force: bool = False,
    ) -> Request:
        """Return a request of what was written.

        Raises
        ------
        UsageError
            The statistic, the scale, the width or the reference of ``overlay`` is none, x is y, ``clip`` is not
            ``LOW,HIGH``, or the folder is not named.
        """
        from analysis.statistics import STATISTICS  # noqa: PLC0415

        if statistic is not None and statistic not in STATISTICS:
            raise UsageError(f"no statistic {shown(statistic)}; {nearest(statistic, STATISTICS)}")
        if scale not in ("raw", "logit", "censored"):
            raise UsageError(f"--scale must be raw, logit or censored, got {shown(scale)}")
        if width not in ("page", "column"):
            raise UsageError(f"--width must be page or column, got {shown(width)}")
        if not out:
            raise UsageError("--out must name a folder, such as reports/NAME")
        if x is not None and x == y:
            raise UsageError(f"--x and --y must be two hyperparameters, got {shown(x)} for both")
        low, high = _limits(clip)
        return cls(
            out=Path(out),
            statistic=statistic,
            x=x,
            y=y,
            low=low,
            high=high,
            clip=clip,
            scale=scale,
            width=width,
            published=None if overlay is None else find(overlay),
            force=force,
        )

    def check(self, note: Callable[[str], None] = unheard) -> None:
        """Raise :class:`UsageError` where the folder may not be written into."""
        check(self.out, force=self.force, note=note)

    def fit(self, specifications: Sequence[Specification]) -> None:
        """Raise :class:`UsageError` where studies cannot be looked at together, or not like this."""
        arms = {
            f"arm {key} of study {it.name}" if it.armed else f"study {it.name}": arm
            for it in specifications
            for key, arm in it.arms.items()
        }
        (first, base), *others = arms.items()
        for place, arm in others:
            if _shown(arm.metric) != _shown(base.metric):
                raise UsageError(
                    "studies of one report must have one metric as their objective, got "
                    f"{_told(base.metric)} of {first} and {_told(arm.metric)} of {place}"
                )
            if self.statistic is None and arm.objective.statistic != base.objective.statistic:
                raise UsageError(
                    "studies of one report must have one statistic as their objective, got "
                    f"{base.objective.statistic} of {first} and {arm.objective.statistic} of {place}; --statistic "
                    f"{base.objective.statistic} shows that of both"
                )
        for option, name in (("--x", self.x), ("--y", self.y)):
            for place, arm in arms.items():
                if name is not None and name not in arm.space:
                    raise UsageError(
                        f"{option} must be what {place} varies, got {shown(name)}; {nearest(name, arm.space)}"
                    )
        if self.y is not None and (single := next((it for it, arm in arms.items() if len(arm.space) < 2), None)):
            raise UsageError(f"--y needs two hyperparameters that vary, and {single} varies one")
        self._fit(base.metric)

    def _fit(self, metric: Metric) -> None:
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
    names
        Of its studies.
    folder
        Where it lies.
    summary
        The numbers behind it, as ``summary.json`` has them.
    """

    names: tuple[str, ...]
    folder: Path
    summary: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """Of its studies, the first one first."""
        return ", ".join(self.names)

    @property
    def page(self) -> Path:
        """The self-contained page."""
        return (self.folder / "report.html").absolute()

    @property
    def pictures(self) -> list[Path]:
        """The figures as PNG."""
        figures = [name for name in self.summary["figures"] if name.endswith(".png")]
        return [(self.folder / name).absolute() for name in figures]

    @property
    def overlaid(self) -> list[str]:
        """What was published and has a place in the figures, and what has none, in sentences."""
        return list(self.summary.get("overlay", {}).get("sentences", ()))

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin report --json`` prints."""
        return dict(self.summary)


def report(
    store: Store,
    names: Sequence[str],
    request: Request,
    note: Callable[[str], None] = unheard,
    progressed: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Write the report of one study or of several; what fails leaves no part of itself.

    Parameters
    ----------
    store, names
        Of which studies, each once.
    request
        What it is to be like.
    note
        Told that another report is being written into the folder, and waited for.
    progressed
        Told how many figures are drawn, and of how many.

    Raises
    ------
    StudyNotFoundError
        There is no such study.
    UsageError
        The request does not fit the studies, they do not fit one another, or the folder cannot be written.
    """
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"each study of a report must be named once, got {shown(twice)} twice")
    found = [store.studies.get(name) for name in names]
    request.fit([it.specification for it in found])

    from analysis.press import Press  # noqa: PLC0415

    # What draws beside this process is begun first: all load Matplotlib at the same time.
    with Press.for_trials(sum(it.specification.trials for it in found), progressed) as press:
        from analysis.axes import Chosen  # noqa: PLC0415
        from analysis.findings import Clip  # noqa: PLC0415
        from analysis.report import View, write_report  # noqa: PLC0415 - pandas and Matplotlib
        from study.source import StudySource  # noqa: PLC0415

        view = View(
            statistic=request.statistic,
            clip=Clip(low=request.low, high=request.high),
            chosen=Chosen(x=request.x, y=request.y),
            scale=request.scale,
            published=request.published,
            width=request.width,
        )
        with publishing(request.out, force=request.force, note=note) as unfinished:
            summary = write_report([StudySource(store, it) for it in found], unfinished, view, press)
    return Report(names=tuple(names), folder=request.out, summary=summary)


def _shown(metric: Metric) -> tuple[str, str, str]:
    """Return what has to be alike of two metrics that share a scale."""
    return metric.name, metric.unit, metric.direction


def _told(metric: Metric) -> str:
    return " ".join(filter(None, _shown(metric)))

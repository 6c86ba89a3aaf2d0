"""The study as Python has it: looked up in its store whenever something is asked of it."""

from __future__ import annotations

import html
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from search_spaces.errors import BasinError
from study.description import described, told
from study.operations import comparing, exporting, extension, reporting
from study.operations.summary import Summary, summarize
from study.words import counted, over_seeds, point

if TYPE_CHECKING:
    import pandas as pd

    from analysis.compare.comparison import Comparison
    from study.store import Store
    from study.store.summaries import Best

Opening = Callable[[], AbstractContextManager["Store"]]
"""Gives the store for as long as a question takes."""


class Study:
    """A study in a store.

    It holds nothing but its name: every question reads the store, which may have changed since. :meth:`check_winner`
    alone writes there.

    Parameters
    ----------
    name
        Of the study.
    opening
        Gives its store.
    shown
        Where that lies, without a password.
    """

    def __init__(self, name: str, opening: Opening, shown: str) -> None:
        self.name = name
        self._opening, self._shown = opening, near(shown)

    @property
    def summary(self) -> Summary:
        """How far it is and what it comes to so far; ``to_dict()`` is what ``basin show --json`` prints.

        ``summary.counts.failed`` counts the trials that ended in errors: a drive raises nothing for these.
        """
        with self._opening() as store:
            return summarize(store, store.studies.get(self.name))

    @property
    def state(self) -> str:
        """``waiting``, ``running``, ``stalled``, ``complete`` or ``cancelled``."""
        return self.summary.state

    @property
    def best(self) -> Best | None:
        """The best configuration: ``configuration``, ``mean`` over its ``seeds``, ``diverged`` ones, ``arm``.

        None where none may be it yet, or where arms are measured on different things.
        """
        return self.summary.best

    def trials(self, where: str | None = None) -> pd.DataFrame:
        """Return the trials as a table, one row a trial, superseded generations included.

        Parameters
        ----------
        where
            An expression of the query language (docs/queries.md), such as ``"p = 0 and lr < 0.1"``.

        Raises
        ------
        BasinError
            The expression is faulty; the message points at the place.
        """
        with self._opening() as store:
            return store.trials(self.name, where=where)

    def curves(self, where: str | None = None) -> pd.DataFrame:
        """Return the epochs of the deciding attempts as a table, one row an epoch; ``where`` picks the trials."""
        with self._opening() as store:
            return store.curves(self.name, where=where)

    def report(  # noqa: PLR0913 - as the report needs
        self,
        out: str | os.PathLike[str],
        *,
        beside: Sequence[str] = (),
        statistic: str | None = None,
        x: str | None = None,
        y: str | None = None,
        clip: tuple[float | None, float | None] | None = None,
        scale: str = "raw",
        overlay: str | None = None,
        width: str = "page",
        force: bool = False,
    ) -> reporting.Report:
        """Write figures, tables and one self-contained page into a folder.

        Parameters
        ----------
        out
            Missing, empty, or an earlier report's.
        beside
            Further studies of the store, on the same colour scale.
        statistic
            ``final``, ``mean_last5`` or ``min``, instead of the objective's.
        x, y
            The hyperparameters on the axes.
        clip
            Between which values the colours of the maps reach, such as ``(None, 10)``.
        scale
            Which numbers of the maps the page shows first: ``raw``, ``logit`` or ``censored``.
        overlay
            Published values to be laid over the figures: a name that ``basin compare --list`` lists, such as
            ``"report-curves-cifar10"``. ``summary["overlay"]["sentences"]`` of the report says what has no place.
        width
            How wide figures are drawn: ``page``, or ``column`` for the column of a paper, 3.3 inches.
        force
            Whether the folder may hold other files; those of the report's names are lost.

        Raises
        ------
        UsageError
            One of these is not as it must be; nothing was written.
        """
        ends = None if clip is None else ",".join("" if end is None else repr(float(end)) for end in clip)
        request = reporting.Request.of(
            os.fspath(out),
            statistic=statistic,
            x=x,
            y=y,
            clip=ends,
            scale=scale,
            overlay=overlay,
            width=width,
            force=force,
        )
        request.check()
        with self._opening() as store:
            return reporting.report(store, [self.name, *beside], request)

    def compare(
        self, reference: str, out: str | os.PathLike[str] | None = None, *, force: bool = False
    ) -> Comparison:
        """Return this study beside published numbers: ``rows`` with a verdict each; ``to_dict()`` is plain values.

        Parameters
        ----------
        reference
            A name that ``basin compare --list`` lists, such as ``"report-table-2"``.
        out
            A folder for the picture and the numbers behind it: missing, empty, or an earlier comparison's.
        force
            Whether the folder may hold other files; those of the same names are lost.

        Raises
        ------
        UsageError
            There is no such reference, or the folder cannot be written.
        """
        folder = None if out is None else Path(out)
        with self._opening() as store:
            return comparing.compare(store, self.name, reference, out=folder, force=force)

    def export(
        self,
        to: str,
        out: str | os.PathLike[str] = ".",
        *,
        url: str | None = None,
        force: bool = False,
    ) -> exporting.Exported:
        """Write the study for others to read; ``places`` of what is returned says where.

        Parameters
        ----------
        to
            ``optuna`` (a database that its dashboard opens), ``csv``, ``parquet``; several with commas.
        out
            Folder of the files, made where it is missing.
        url
            An Optuna database to write into, instead of a file of its own.
        force
            Whether to write in the place of what is there.

        Raises
        ------
        UsageError
            One of these is not as it must be, or something is there already; nothing was written.
        """
        wanted = exporting.Export.of(to, out=os.fspath(out), url=url, force=force)
        with self._opening() as store:
            return exporting.export(store, self.name, wanted)

    def check_winner(self, seeds: int, *, dry_run: bool = False) -> extension.Extended:
        """Give the best configuration of each arm fresh seeds, as ``basin extend STUDY --winner N`` does.

        They took no part in its choice, which flatters it, and nothing counts them but the check of the winner that a
        report makes of them. The call that ran the study trains them; ``trials`` of what is returned says how many.

        Parameters
        ----------
        seeds
            How many fresh seeds a winner is to have; what it has of them already stays.
        dry_run
            Whether to say what would be added, and to write nothing.

        Raises
        ------
        UsageError
            ``seeds`` is no whole number from 1 on; nothing was written.
        StudyMismatchError
            The study has not ended, has no winner, chooses its seeds itself, or was imported; nothing was written.
        """
        with self._opening() as store:
            return extension.check_winner(store, self.name, seeds, dry_run=dry_run)

    def show(self) -> None:
        """Print how far it is, as ``basin show`` does."""
        sys.stdout.write(f"{described(self.summary)}\n")

    def __repr__(self) -> str:
        try:
            said = _said(self.summary)
        except BasinError as error:
            said = f"cannot be read: {error}"
        return f"<basin.Study {self.name!r} in {self._shown}: {said}>"

    def _repr_html_(self) -> str | None:
        try:
            text = described(self.summary)
        except BasinError:
            return None  # the line of text says why
        head, *lines = text.split("\n")
        rows = "".join(_row(line.strip()) for line in lines)
        return f"<div><b>{html.escape(head)}</b> ({html.escape(self._shown)})<table>{rows}</table></div>"


def near(place: str) -> str:
    """Return a path as it is named from here, where it lies within the working directory."""
    here = Path.cwd()
    return str(Path(place).relative_to(here)) if Path(place).is_relative_to(here) else place


def _said(summary: Summary) -> str:
    """Return in one line how far a study is."""
    text = f"{summary.state}, {counted(summary.counts, summary.eta_seconds)}"
    if summary.best is None:
        return text
    best, arm = summary.best, f"arm {summary.best.arm}, " if summary.specification.armed else ""
    value = told(summary.specification, best, over_seeds(best.seeds))
    return f"{text}; best {arm}{point(best.configuration)}: {value}"


def _row(line: str) -> str:
    """Return a line of a description as a row: its first word, and the rest."""
    name, _, rest = line.partition(" ")
    cells = "".join(f'<td style="text-align:left">{html.escape(text.strip())}</td>' for text in (name, rest))
    return f"<tr>{cells}</tr>"

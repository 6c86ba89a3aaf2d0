"""Exporting: a study as files that others read: CSV, Parquet, and a database that Optuna's dashboard opens."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces.arm import Arm
from search_spaces.configurations import identity
from search_spaces.documents import nearest
from search_spaces.errors import shown
from study.errors import UsageError
from study.interchange.curves import REPORTED
from study.trials import State

if TYPE_CHECKING:
    from study.interchange.optuna_writing import Cell, Told
    from study.store import Store, Study

FORMATS = {"optuna": ".optuna.db", "csv": ".csv", "parquet": ".parquet"}
"""What a study can be exported to, and how the name of the file ends."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """What is to be written.

    Attributes
    ----------
    forms
        Of :data:`FORMATS`.
    out
        Folder of the files, made where it is missing.
    url
        An Optuna database to write into, instead of a file of its own.
    force
        Whether to write in the place of what is there.
    """

    forms: Sequence[str]
    out: Path
    url: str | None = None
    force: bool = False

    @classmethod
    def of(cls, to: str, *, out: str, url: str | None = None, force: bool = False) -> Export:
        """Return an export of what was written, formats with commas between them.

        Raises
        ------
        UsageError
            A format is none, or a database is named that none of them is for.
        """
        forms = list(dict.fromkeys(part.strip() for part in to.split(",")))
        for it in forms:
            if it not in FORMATS:
                raise UsageError(f"--to: no format {shown(it)}; {nearest(it, FORMATS)}")
        if url is not None and "optuna" not in forms:
            raise UsageError("--url names an Optuna database, and --to must name optuna for it")
        return cls(forms=forms, out=Path(out), url=url, force=force)

    def path(self, name: str, form: str) -> Path:
        """Return the file of a study."""
        return self.out / f"{name}{FORMATS[form]}"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written: where, by format, and what its user should know."""

    name: str
    places: Mapping[str, str]
    notes: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin export --json`` prints."""
        return {"name": self.name, "to": dict(self.places), "notes": list(self.notes)}


def export(store: Store, name: str, wanted: Export) -> Exported:
    """Write a study for others; each file is there whole, or as it was.

    Raises
    ------
    StudyNotFoundError
        There is no such study.
    UsageError
        A file is there already, or a study in the database; nothing was written.
    """
    study = store.studies.get(name)
    files = [it for it in wanted.forms if it != "optuna" or wanted.url is None]
    there = [wanted.path(name, it) for it in files if wanted.path(name, it).exists()]
    if there and not wanted.force:
        listed = ", ".join(shown(str(it)) for it in there)
        raise UsageError(f"{listed} is there already; --force writes in its place, or name another folder with --out")
    try:
        wanted.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {shown(str(wanted.out))} cannot be used: {error.strerror or error}") from error
    places: dict[str, str] = {}
    notes: list[str] = []
    for form in wanted.forms:
        if form == "optuna":
            places[form] = _to_optuna(store, study, wanted, notes)
        else:
            places[form] = str(wanted.path(name, form))
            _to_table(store, study, wanted.path(name, form), form)
    return Exported(name=name, places=places, notes=notes)


def _to_table(store: Store, study: Study, path: Path, form: str) -> None:
    """Write every trial with every column that applies, superseded generations included.

    CSV is opened by people, with texts as they can be shown; Parquet by programs, with choices as they were given.
    """
    from study.rows import write_csv, write_parquet  # noqa: PLC0415

    known = store.queries.columns(study.id)
    types = {name: known.find(name).type for name in known.applying}
    as_given = known.varied if form == "parquet" else ()
    rows = store.queries.trials(study.id, columns=list(types), as_given=as_given)
    with whole(path) as unfinished:
        if form == "csv":
            with unfinished.open("w", encoding="utf-8", newline="") as text:
                write_csv(rows, types, text)
        else:
            with unfinished.open("wb") as binary:
                write_parquet(rows, types, binary)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a file beside another one, in whose place it is put at the end; what fails leaves none."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(descriptor)
    except OSError as error:
        raise UsageError(f"--out {shown(str(path.parent))} cannot be written: {error.strerror or error}") from error
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.chmod(0o666 & ~_umask())
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"{shown(str(path))} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()


def _umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found


def _to_optuna(store: Store, study: Study, wanted: Export, notes: list[str]) -> str:
    """Write the arms of a study into an Optuna database, and return where."""
    from study.interchange.optuna_writing import write  # noqa: PLC0415 - Optuna
    from study.store.location import foreign  # noqa: PLC0415

    told = list(told_to_optuna(store, study, notes.append))
    if wanted.url is not None:
        database = foreign(wanted.url, writing=True)
        write(database, told, force=wanted.force)
        return database.shown
    path = wanted.path(study.name, "optuna")
    with whole(path) as unfinished:
        unfinished.unlink()
        write(foreign(str(unfinished), writing=True), told)
    return str(path)


def told_to_optuna(store: Store, study: Study, note: Callable[[str], None]) -> Iterator[Told]:
    """Yield what Optuna is told of each arm: one trial a configuration, its value the mean over seeds."""
    from study.interchange.optuna_writing import Told  # noqa: PLC0415

    specification = study.specification
    worst = store.summaries.worst(study)
    cells, empty = _cells(store, study, worst)
    if empty:
        note(f"trials without a configuration: {empty}; they are not in the Optuna database")
    for name, arm in specification.arms.items():
        metric = arm.metric
        yield Told(
            name=f"{study.name}-{name}" if specification.armed else study.name,
            direction=metric.direction,
            metric=metric.name,
            space=arm.space,
            names=_names(arm, imported=specification.imported),
            about={
                "study": study.name,
                "arm": name,
                "hash": study.hash,
                "code_version": study.code_version,
                "statistic": specification.objective.statistic,
                "unit": metric.unit,
                "worst": metric.worst,
                "diverged_counts_at": worst[name],
            },
            cells=cells.get(name, []),
        )


def _names(arm: Arm, *, imported: bool) -> dict[str, str]:
    """Return what Optuna calls what an arm varies: its path, or what it was called where it was imported from."""
    return {path: arm.variable[path].summary or path if imported else path for path in arm.space}


def _cells(store: Store, study: Study, worst: Mapping[str, float | None]) -> tuple[dict[str, list[Cell]], int]:
    """Return the configurations of each arm in the order of their first trial, and how many trials have none."""
    arms, statistic = study.specification.arms, study.specification.objective.statistic
    metric = next(iter(arms.values())).metric.name
    paths = list(dict.fromkeys(path for arm in arms.values() for path in arm.space))
    facts = ("number", "arm", "seed", "state", "reason", "diverged_epoch", "seconds", "started_at", "finished_at")
    value = f"{metric}_{statistic}"
    rows: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    empty = 0
    columns = [*facts, value, *paths]
    for row in store.queries.trials(study.id, columns=columns, where="not superseded", as_given=paths):
        if not study.specification.has_seed(row["seed"]):
            continue
        point = {path: row[path] for path in arms[row["arm"]].space}
        if None in point.values():
            empty += 1
            continue
        rows.setdefault((row["arm"], identity(point)), []).append({**row, "point": point, "value": row[value]})
    # Of what was imported, the objective may have an end alone, beside what was reported on the way.
    reported = study.specification.imported and any(it.name == REPORTED for it in next(iter(arms.values())).metrics)
    known: dict[str, dict[int, dict[int, float]]] = {name: {} for name in (metric, *([REPORTED] * reported))}
    for record in store.queries.curves(study.id, columns=["number", "epoch", *known]):
        for name, by_number in known.items():
            if record[name] is not None:
                by_number.setdefault(record["number"], {})[record["epoch"]] = record[name]
    curves = max(known.values(), key=lambda it: sum(map(len, it.values())))
    found: dict[str, list[Cell]] = {}
    for (arm, _), mine in rows.items():
        found.setdefault(arm, []).append(_cell(mine, curves, worst[arm]))
    return found, empty


def _cell(rows: Sequence[Mapping[str, Any]], curves: Mapping[int, Mapping[int, float]], worst: float | None) -> Cell:
    from study.interchange.optuna_writing import Cell  # noqa: PLC0415

    by_state: dict[State, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_state.setdefault(State(row["state"]), []).append(row)
    complete, diverged = by_state.get(State.COMPLETE, []), by_state.get(State.DIVERGED, [])
    values = [row["value"] for row in complete] + [worst for _ in diverged]
    known = [it for it in values if it is not None]
    drawn = [curves.get(row["number"], {}) for row in complete or diverged or rows]
    everywhere = set.intersection(*(set(it) for it in drawn)) if drawn else set()
    started = [row["started_at"] for row in rows if row["started_at"] is not None]
    finished = [row["finished_at"] for row in rows if row["finished_at"] is not None]
    told = ("seed", "state", "value", "seconds", "diverged_epoch", "reason")
    return Cell(
        configuration=rows[0]["point"],
        value=sum(known) / len(known) if known and len(known) == len(values) else None,
        pending=bool(by_state.keys() & {State.WAITING, State.RUNNING}),
        diverged=len(diverged),
        curve={epoch: sum(it[epoch] for it in drawn) / len(drawn) for epoch in sorted(everywhere)},
        seeds=[{name: row[name] for name in told if row[name] is not None} for row in rows],
        started=min(started, default=None),
        finished=max(finished, default=None),
    )

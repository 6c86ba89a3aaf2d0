"""Results: what workers report, written once, fenced by (trial, attempt)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    and_,
    bindparam,
    case,
    column,
    func,
    select,
    update,
    values,
)

from analysis.statistics import STATISTICS, summarised
from search_spaces.errors import printable
from study.store import schema
from study.store.database import Database
from study.trials import Ending, Finish, Report, State
from workers.messages import Key

LONGEST_REASON = 2_000

MAX_ERRORS = 3
"""Attempts that may end in an error before the trial is failed."""

MOST = 500
"""Reports that are written together; a statement takes so many keys on every database."""

study, trial, attempt, epoch = schema.study, schema.trial, schema.attempt, schema.epoch

ITS_TRIAL, ITS_ATTEMPT = bindparam("its_trial", type_=Integer), bindparam("its_attempt", type_=Integer)
"""The attempt that a statement is about which is run for many, one after the other."""


class Results:
    """Writes of epochs and endings.

    Parameters
    ----------
    database
        The store's database.
    stall_seconds
        A finished epoch moves the deadline for progress to this long from now.
    """

    def __init__(self, database: Database, stall_seconds: float = 3600.0) -> None:
        self._database = database
        self._stall_seconds = stall_seconds

    def report(self, driver_id: str, reports: Sequence[Report], patience: float | None = None) -> set[Key]:
        """Write reports in one transaction and return the (trial, attempt) that were refused.

        A refused report means that its lease is lost: the trial has another attempt or an outcome. A report that is
        delivered twice is accepted twice and written once.
        """

        def work(connection: Connection) -> set[Key]:
            refused: set[Key] = set()
            for run in _runs(reports):
                self._write(connection, driver_id, run, refused)
            return refused

        return self._database.write(work, patience)

    def _write(self, connection: Connection, driver_id: str, run: Sequence[Report], refused: set[Key]) -> None:
        """Write a run of reports with few statements, however many they are, and add what is refused."""
        held, mine = self._held(connection, driver_id, {one.key for one in run}), []
        for one in run:
            if one.key in held:
                mine.append(one)
            elif one.key not in refused and not self._is_repeated(connection, driver_id, one):
                refused.add(one.key)
        self._write_epochs(connection, driver_id, mine)
        finishes = {one.key: one.finish for one in mine if one.finish is not None}
        if finishes:
            self._end(connection, driver_id, finishes, held)

    @staticmethod
    def _held(connection: Connection, driver_id: str, keys: Iterable[Key]) -> dict[Key, Any]:
        """Return what there is of those attempts that a driver holds, and lock their trials."""
        said = values(column("trial", Integer), column("attempt", Integer)).data(sorted(keys)).cte("said")
        rows = connection.execute(
            select(trial.c.id, trial.c.attempt, trial.c.study_id, trial.c.epochs, trial.c.errors)
            .join_from(said, trial, _fence(said.c.trial, said.c.attempt, driver_id))
            .order_by(trial.c.id)
            .with_for_update(of=trial)
        )
        return {(row.id, row.attempt): row for row in rows}

    def _write_epochs(self, connection: Connection, driver_id: str, reports: Iterable[Report]) -> None:
        """Keep the epochs of attempts that are held, and note their progress."""
        names = epoch.c.keys()
        records: list[dict[str, Any]] = []
        last: dict[Key, int] = {}
        for one in reports:
            for record in one.epochs:
                key = {"trial_id": one.trial, "attempt": one.attempt}
                records.append({name: record.get(name) for name in names} | key)
                last[one.key] = max(int(record["epoch"]), last.get(one.key, 0))
        if not records:
            return
        # Progress is an epoch that no earlier attempt reached: a trial that stalls in its third epoch, each time
        # anew, makes none.
        before = select(func.coalesce(func.max(epoch.c.epoch), 0)).where(
            epoch.c.trial_id == ITS_TRIAL, epoch.c.attempt < ITS_ATTEMPT
        )
        reached = bindparam("its_last", type_=Integer)
        connection.execute(
            update(trial)
            .where(_fence(ITS_TRIAL, ITS_ATTEMPT, driver_id))
            .values(
                epochs_done=case((trial.c.epochs_done < reached, reached), else_=trial.c.epochs_done),
                progress_until=self._database.now + self._stall_seconds,
                expiries=case((before.scalar_subquery() < reached, 0), else_=trial.c.expiries),
            ),
            [_of(key) | {"its_last": number} for key, number in last.items()],
        )
        connection.execute(self._database.insert(epoch).on_conflict_do_nothing(), records)

    def _end(
        self,
        connection: Connection,
        driver_id: str,
        finishes: Mapping[Key, Finish],
        held: Mapping[Key, Any],
    ) -> None:
        """Give trials that are held their outcomes, or put them back, and close their attempts."""
        curves = self._curves(connection, [key for key, it in finishes.items() if it.ending is Ending.COMPLETE])
        metrics = self._metrics(connection, {held[key].study_id for key in curves})
        in_force: dict[Key, Finish] = {}
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for key, said in finishes.items():
            row, curve = held[key], curves.get(key, ())
            results = results_of(curve, metrics[row.study_id]) if curve else {}
            finish = in_force[key] = _checked(said, curve, row.epochs, results)
            ending = _ending(finish, row.errors, results)
            alike.setdefault(tuple(ending), []).append(
                _of(key) | {f"new_{name}": value for name, value in ending.items()}
            )
        now = self._database.now
        for names, rows in alike.items():
            new = {name: bindparam(f"new_{name}", type_=trial.c[name].type) for name in names}
            connection.execute(
                update(trial)
                .where(_fence(ITS_TRIAL, ITS_ATTEMPT, driver_id))
                .values(
                    driver_id=None,
                    lease_until=None,
                    progress_until=None,
                    expiries=0,
                    finished_at=case((new["state"] != State.WAITING.value, now)),
                    **new,
                ),
                rows,
            )
        self._close(connection, in_force)

    @staticmethod
    def _curves(connection: Connection, keys: Sequence[Key]) -> dict[Key, Sequence[Row[Any]]]:
        """Return the epochs on record of attempts, in order."""
        if not keys:
            return {}
        found: dict[Key, list[Row[Any]]] = {key: [] for key in keys}
        trials = {number for number, _ in keys}
        for row in connection.execute(select(epoch).where(epoch.c.trial_id.in_(trials)).order_by(*epoch.primary_key)):
            if (row.trial_id, row.attempt) in found:
                found[row.trial_id, row.attempt].append(row)
        return dict(found)

    @staticmethod
    def _metrics(connection: Connection, study_ids: set[int]) -> dict[int, str]:
        """Return the metric of the objective of each study."""
        wanted = select(study.c.id, study.c.document).where(study.c.id.in_(study_ids))
        return {row.id: metric_of(row.document) for row in connection.execute(wanted)} if study_ids else {}

    def _close(self, connection: Connection, finishes: Mapping[Key, Finish]) -> None:
        """Write how attempts ended, and where and with what they ran."""
        rows = []
        for key, finish in finishes.items():
            made = finish.provenance
            ended = {
                "ending": finish.ending.value,
                "reason": finish.reason,
                "seconds": finish.seconds,
                "images_per_second": finish.images_per_second,
                "host": made.host if made else None,
                "device": made.device if made else None,
                "libraries": json.dumps(dict(made.libraries), sort_keys=True) if made else None,
                "code_version": made.code_version if made else None,
                "rule": made.rule.to_dict() if made and made.rule else None,
            }
            rows.append(_of(key) | {f"new_{name}": value for name, value in ended.items()})
        new = {name: bindparam(f"new_{name}", type_=attempt.c[name].type) for name in ended}
        connection.execute(
            update(attempt)
            .where(attempt.c.trial_id == ITS_TRIAL, attempt.c.attempt == ITS_ATTEMPT)
            .values(ended_at=self._database.now, **new),
            rows,
        )

    @staticmethod
    def _is_repeated(connection: Connection, driver_id: str, report: Report) -> bool:
        """Tell whether a report that came too late says only what was written already."""
        ended = connection.execute(
            select(attempt.c.ending).where(
                attempt.c.trial_id == report.trial,
                attempt.c.attempt == report.attempt,
                attempt.c.driver_id == driver_id,
                attempt.c.ended_at.is_not(None),
            )
        ).scalar()
        if report.finish is not None:
            return bool(ended == report.finish.ending.value)
        if ended not in {Ending.COMPLETE.value, Ending.DIVERGED.value, Ending.ERROR.value}:
            return False
        numbers = {int(record["epoch"]) for record in report.epochs}
        known = connection.execute(
            select(func.count())
            .select_from(epoch)
            .where(epoch.c.trial_id == report.trial, epoch.c.attempt == report.attempt, epoch.c.epoch.in_(numbers))
        ).scalar_one()
        return bool(known == len(numbers))


def _runs(reports: Sequence[Report]) -> Iterator[list[Report]]:
    """Yield what says something, in order, some at a time; nothing follows the end of its own attempt in a run."""
    run: list[Report] = []
    ended: set[Key] = set()
    for one in reports:
        if len(run) >= MOST or one.key in ended:
            yield run
            run, ended = [], set()
        if one.epochs or one.finish is not None:
            run.append(one)
        if one.finish is not None:
            ended.add(one.key)
    if run:
        yield run


def _fence(its_trial: ColumnElement[int], its_attempt: ColumnElement[int], driver_id: str) -> ColumnElement[bool]:
    """Tell whether an attempt is the one in force, and a driver's: what every write repeats."""
    return and_(
        trial.c.id == its_trial,
        trial.c.attempt == its_attempt,
        trial.c.driver_id == driver_id,
        trial.c.state == State.RUNNING.value,
    )


def _of(key: Key) -> dict[str, Any]:
    return dict(zip((ITS_TRIAL.key, ITS_ATTEMPT.key), key, strict=True))


def _ending(finish: Finish, errors: int, results: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that an ending sets, but for its time."""
    done = {"seconds": finish.seconds, "images_per_second": finish.images_per_second}
    if finish.ending is Ending.COMPLETE:
        return done | {"state": State.COMPLETE.value, **results}
    if finish.ending is Ending.DIVERGED:
        return done | {
            "state": State.DIVERGED.value,
            "diverged_epoch": finish.diverged_epoch,
            "last_finite_loss": finish.last_finite_loss,
        }
    state = State.WAITING if errors + 1 < MAX_ERRORS else State.FAILED
    return {"errors": errors + 1, "reason": finish.reason or "unknown error", "state": state.value}


def _checked(finish: Finish, curve: Sequence[Row[Any]], epochs: int, results: Mapping[str, Any]) -> Finish:
    """Return the finish in force: what is said to be complete must have its whole budget, measured, on record."""
    if finish.ending is Ending.COMPLETE:
        found = [record.epoch for record in curve]
        if found != list(range(1, epochs + 1)):
            reason = f"said to be complete with epochs {found} of {epochs} on record"
            return replace(finish, ending=Ending.ERROR, reason=reason)
        if results["value_final"] is None:
            reason = "said to be complete without the metric of its study's objective in every epoch"
            return replace(finish, ending=Ending.ERROR, reason=reason)
    return finish if finish.reason is None else replace(finish, reason=printable(finish.reason, LONGEST_REASON))


COLUMNS = ("test_error", "validation_error", "train_loss")
"""Metrics that have columns of their own; all others are kept as objects."""


def metric_of(document: str) -> str:
    """Return the metric of a study's objective; ``test_error`` where a damaged row does not tell."""
    try:
        objective = json.loads(document)["objective"]
        if objective.get("metric") is not None:
            return str(objective["metric"])
        return "validation_error" if objective["split"] == "validation" else "test_error"
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return "test_error"


def results_of(curve: Sequence[Row[Any]], objective: str) -> dict[str, Any]:
    """Return the result columns of a whole curve: every statistic of every metric, the objective's once more."""
    series: dict[str, Sequence[float | None]] = {
        name: [getattr(record, name) for record in curve] for name in COLUMNS
    }
    others = dict.fromkeys(name for record in curve for name in record.metrics or {})
    series |= {name: [(record.metrics or {}).get(name) for record in curve] for name in others}
    found = {
        name: {f"{name}_{statistic}": _statistic(values, statistic) for statistic in STATISTICS}
        for name, values in series.items()
    }
    nothing = dict.fromkeys(STATISTICS)
    columns: dict[str, Any] = {"train_loss_final": found["train_loss"]["train_loss_final"]}
    columns |= found["test_error"] | found["validation_error"]
    columns["metrics"] = {key: it for name in others for key, it in found[name].items()} or None
    judged = found.get(objective)
    values = dict(zip(STATISTICS, judged.values(), strict=True)) if judged is not None else nothing
    return columns | {f"value_{statistic}": value for statistic, value in values.items()}


def _statistic(values: Sequence[float | None], statistic: str) -> float | None:
    """Return one number for a series, None where an epoch lacks it."""
    known = [value for value in values if value is not None]
    return summarised(known, statistic) if len(known) == len(values) else None

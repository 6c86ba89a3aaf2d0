"""Results: what workers report, written once, fenced by (trial, attempt)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, select, update

from analysis.statistics import STATISTICS, summarised
from search_spaces.errors import printable
from study.store import schema
from study.store.database import Database
from study.trials import Ending, Finish, Report, State

LONGEST_REASON = 2_000

MAX_ERRORS = 3
"""Attempts that may end in an error before the trial is failed."""

study, trial, attempt, epoch = schema.study, schema.trial, schema.attempt, schema.epoch


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

    def report(
        self, driver_id: str, reports: Sequence[Report], patience: float | None = None
    ) -> set[tuple[int, int]]:
        """Write reports in one transaction and return the (trial, attempt) that were refused.

        A refused report means that its lease is lost: the trial has another attempt or an outcome. A report that is
        delivered twice is accepted twice and written once.
        """

        def work(connection: Connection) -> set[tuple[int, int]]:
            refused: set[tuple[int, int]] = set()
            for one in reports:
                if one.key not in refused and not self._write(connection, driver_id, one):
                    refused.add(one.key)
            return refused

        return self._database.write(work, patience)

    def _write(self, connection: Connection, driver_id: str, report: Report) -> bool:
        held = and_(
            trial.c.id == report.trial,
            trial.c.attempt == report.attempt,
            trial.c.driver_id == driver_id,
            trial.c.state == State.RUNNING.value,
        )
        now = self._database.now
        if report.epochs:
            last = max(int(record["epoch"]) for record in report.epochs)
            # Progress is an epoch that no earlier attempt reached: a trial that stalls in its third epoch, each time
            # anew, makes none.
            before = select(func.coalesce(func.max(epoch.c.epoch), 0)).where(
                epoch.c.trial_id == report.trial, epoch.c.attempt < report.attempt
            )
            moved = connection.execute(
                update(trial)
                .where(held)
                .values(
                    epochs_done=case((trial.c.epochs_done < last, last), else_=trial.c.epochs_done),
                    progress_until=now + self._stall_seconds,
                    expiries=case((before.scalar_subquery() < last, 0), else_=trial.c.expiries),
                )
            )
            if not moved.rowcount:
                return self._is_repeated(connection, driver_id, report)
            names = epoch.c.keys()
            rows = [
                {name: record.get(name) for name in names} | {"trial_id": report.trial, "attempt": report.attempt}
                for record in report.epochs
            ]
            connection.execute(self._database.insert(epoch).on_conflict_do_nothing(), rows)
        if report.finish is None:
            return True
        document = select(study.c.document).where(study.c.id == trial.c.study_id).scalar_subquery()
        row = connection.execute(
            select(trial.c.epochs, trial.c.errors, document.label("document")).where(held).with_for_update()
        ).one_or_none()
        if row is None:
            return self._is_repeated(connection, driver_id, report)
        curve = self._curve(connection, report) if report.finish.ending is Ending.COMPLETE else ()
        results = results_of(curve, metric_of(row.document)) if curve else {}
        finish = _checked(report.finish, curve, row.epochs, results)
        ending = self._ending(finish, row.errors, results)
        connection.execute(
            update(trial)
            .where(held)
            .values(driver_id=None, lease_until=None, progress_until=None, expiries=0, **ending)
        )
        self._close(connection, report, finish)
        return True

    def _ending(self, finish: Finish, errors: int, results: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns that an ending sets."""
        now = self._database.now
        done = {"finished_at": now, "seconds": finish.seconds, "images_per_second": finish.images_per_second}
        if finish.ending is Ending.COMPLETE:
            return done | {"state": State.COMPLETE.value, **results}
        if finish.ending is Ending.DIVERGED:
            return done | {
                "state": State.DIVERGED.value,
                "diverged_epoch": finish.diverged_epoch,
                "last_finite_loss": finish.last_finite_loss,
            }
        blame = {"errors": errors + 1, "reason": finish.reason or "unknown error"}
        if errors + 1 < MAX_ERRORS:
            return blame | {"state": State.WAITING.value}
        return blame | {"state": State.FAILED.value, "finished_at": now}

    @staticmethod
    def _curve(connection: Connection, report: Report) -> Sequence[Row[Any]]:
        return connection.execute(
            select(epoch)
            .where(epoch.c.trial_id == report.trial, epoch.c.attempt == report.attempt)
            .order_by(epoch.c.epoch)
        ).all()

    def _close(self, connection: Connection, report: Report, finish: Finish) -> None:
        made = finish.provenance
        connection.execute(
            update(attempt)
            .where(attempt.c.trial_id == report.trial, attempt.c.attempt == report.attempt)
            .values(
                ended_at=self._database.now,
                ending=finish.ending.value,
                reason=finish.reason,
                seconds=finish.seconds,
                images_per_second=finish.images_per_second,
                host=made.host if made else None,
                device=made.device if made else None,
                libraries=json.dumps(dict(made.libraries), sort_keys=True) if made else None,
                code_version=made.code_version if made else None,
            )
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

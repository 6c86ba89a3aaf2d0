"""Constraints: what the database itself refuses, whatever code writes to it."""

import math

import pytest
from sqlalchemy import Double, insert, update
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from study.errors import StoreBrokenError
from study.store import schema
from tests.contract.helpers import claim, claim_one, completion, every_outcome, everything, make, row, run_sql, tell

NO_NUMBERS = (math.nan, math.inf, -math.inf)
WAITING = "state = 'waiting', driver_id = NULL, lease_until = NULL, finished_at = NULL"


def change(store, lease, assignments):
    return run_sql(store, f"UPDATE trial SET {assignments} WHERE id = :id", id=lease.trial)


IMPOSSIBLE = [
    "state = 'paused'",
    "state = NULL",
    "state = 'waiting'",
    "driver_id = NULL",
    "lease_until = NULL",
    "driver_id = 'nobody'",
    "finished_at = 1.0",
    "diverged_epoch = 1",
    "filled = false",
    "options = NULL",
    "options = '[]'",
    "options = '0.1'",
    "options = '{\"lr\": NaN}'",
    "options = 'x'",
    "metrics = '[]'",
    "metrics = '{}'",
    "arm = NULL",
    "state = 'complete', driver_id = NULL, lease_until = NULL, finished_at = 1.0, test_error_final = 1.0",
    "state = 'complete', driver_id = NULL, lease_until = NULL, finished_at = 1.0, epochs_done = epochs",
    "state = 'diverged', driver_id = NULL, lease_until = NULL, finished_at = 1.0",
    "state = 'failed', driver_id = NULL, lease_until = NULL, finished_at = 1.0",
    "state = 'cancelled', driver_id = NULL, lease_until = NULL",
    "state = 'cancelled', finished_at = 1.0",
    "configuration_id = 1000000",
    "study_id = 1000000",
    "number = 1",
    "seed = 1",
    "attempt = NULL",
    "epochs = NULL",
    "filled = NULL",
]


def test_a_running_trial_cannot_be_changed_into_what_is_none(store):
    lease, _ = claim(store, make(store), limit=2)
    before = everything(store)
    assert [change for change in IMPOSSIBLE if accepts(store, f"UPDATE trial SET {change}", lease)] == []
    assert everything(store) == before


def test_a_trial_with_an_outcome_needs_what_belongs_to_it(store):
    decided = every_outcome(store, make(store))
    before = everything(store)
    for outcome, assignments in [
        ("complete", "epochs_done = 2"),
        ("complete", "value_final = NULL"),
        ("complete", "finished_at = NULL"),
        ("complete", "diverged_epoch = 2"),
        ("diverged", "diverged_epoch = NULL"),
        ("failed", "reason = NULL"),
        ("cancelled", "driver_id = 'ann'"),
        ("cancelled", "lease_until = 1.0"),
    ]:
        with pytest.raises(IntegrityError):
            change(store, decided[outcome], assignments)
    assert everything(store) == before


def test_a_diverged_trial_has_no_result(store):
    decided = every_outcome(store, make(store))
    names = (
        "test_error_final", "test_error_mean_last5", "test_error_min", "train_loss_final", "value_final",
        "value_mean_last5", "value_min",
    )  # fmt: skip
    assert [name for name in names if accepts(store, f"UPDATE trial SET {name} = 1.0", decided["diverged"])] == []


def accepts(store, statement, lease):
    """Tell whether the database takes a change of one trial, and keep it where it does."""
    try:
        run_sql(store, f"{statement} WHERE id = :id".replace('":', '"\\:'), id=lease.trial)
    except (IntegrityError, DataError):  # what is no JSON is no value to one backend
        return False
    return True


def test_the_legal_change_passes(store):
    lease = claim_one(store, make(store))
    change(store, lease, WAITING)
    assert row(store, lease)["state"] == "waiting"


def test_no_two_studies_share_a_name_and_no_two_slots_a_number(store):
    make(store)
    make(store, name="other")
    for statement in (
        "UPDATE study SET name = 'study'",
        "UPDATE configuration SET number = 0",
        "UPDATE configuration SET key = 'same'",
        "UPDATE trial SET number = 0",
    ):
        with pytest.raises(IntegrityError):
            run_sql(store, statement)


def test_an_attempt_has_an_ending_when_it_has_ended_and_only_then(store):
    claim_one(store, make(store))
    for assignment in ("ended_at = 1.0", "ending = 'complete'"):
        with pytest.raises(IntegrityError):
            run_sql(store, f"UPDATE attempt SET {assignment}")


def test_nothing_is_written_about_a_driver_nobody_registered(store):
    study = make(store)
    with pytest.raises(StoreBrokenError):  # to a driver at work: its own row is gone, so the store was replaced
        claim(store, study, "nobody")
    assert everything(store)["attempt"] == []


def numeric(table):
    """Return the columns of measured and chosen numbers; times come from the database's own clock."""
    return [c for c in table.columns if isinstance(c.type, Double) and not c.name.endswith(("_at", "_until"))]


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_no_column_of_a_trial_takes_a_number_that_is_none(store, number):
    decided = every_outcome(store, make(store))["complete"]
    taken = [
        column.name
        for column in numeric(schema.trial)
        if keeps(
            store, update(schema.trial).where(schema.trial.c.id == decided.trial).values({column: number}), column
        )
    ]
    assert taken == []


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_no_column_of_an_epoch_takes_a_number_that_is_none(store, number):
    lease = claim_one(store, make(store))
    tell(store, completion(lease))
    key = {"trial_id": lease.trial, "attempt": 1, "epoch": 9}
    sound = {column.name: 1.0 for column in numeric(schema.epoch)}
    taken = [
        column.name
        for column in numeric(schema.epoch)
        if keeps(store, insert(schema.epoch).values(key | sound | {column.name: number}), column)
    ]
    assert taken == []


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_no_option_and_no_metric_takes_a_number_that_is_none(store, number):
    decided = every_outcome(store, make(store))["complete"]
    for column in (schema.trial.c.options, schema.trial.c.metrics):
        statement = update(schema.trial).where(schema.trial.c.id == decided.trial).values({column: {"lr": number}})
        with store.database.engine.begin() as connection, pytest.raises(StatementError):
            connection.execute(statement)


def keeps(store, statement, column):
    """Tell whether a statement leaves a number in a column that is none, and undo it. SQLite turns NaN into NULL."""
    with store.database.engine.connect() as connection, connection.begin() as transaction:
        try:
            connection.execute(statement)
        except (IntegrityError, DataError):
            return False
        values = connection.execute(column.table.select().with_only_columns(column)).scalars().all()
        transaction.rollback()
        return any(value is not None and not math.isfinite(value) for value in values)


def test_a_study_goes_with_everything_that_belongs_to_it(store):
    every_outcome(store, make(store))
    make(store, name="other")
    run_sql(store, "DELETE FROM study WHERE name = 'study'")
    left = everything(store)
    assert (len(left["trial"]), left["attempt"], left["epoch"]) == (6, [], [])

"""Queries: the columns, order and rows that readers ask for."""

import tracemalloc

import pytest
from sqlalchemy import event

from study.errors import UsageError
from study.store.columns import TRIAL_NAMES
from study.trials import Ending, Finish, Report
from tests.contract.helpers import (
    MADE,
    claim,
    claim_one,
    completion,
    divergence,
    epoch,
    expire_leases,
    failure,
    make,
    make_tpe,
    progress,
    run_sql,
    tell,
)

PRINTED = (
    "number", "arm", "state", "seed", "generation", "attempt", "optimizer", "lr", "p", "beta2", "weight_decay",
    "epochs", "test_error_final", "test_error_mean_last5", "test_error_min", "train_loss_final", "diverged_epoch",
    "epochs_done", "last_finite_loss", "validation_error_final", "validation_error_mean_last5",
    "validation_error_min", "beta1", "eps", "momentum", "seconds", "images_per_second", "superseded", "errors",
    "reason", "created_at", "started_at", "finished_at", "rule", "decay_per_step", "weight_decay_norm", "eps_at",
    "total_steps",
)  # fmt: skip
PROMISED = [
    "number", "arm", "state", "seed", "generation", "attempt", "optimizer", "lr", "p", "beta2", "weight_decay",
    "epochs", "test_error_final", "test_error_mean_last5", "test_error_min", "train_loss_final", "diverged_epoch",
]  # fmt: skip


@pytest.fixture
def study(store):
    """Return a study whose trials 0 to 3 ended at 30 %, 10 %, diverged and 20 %; 4 and 5 wait."""
    made = make(store)
    for lease, error in zip(claim(store, made, limit=4), (30.0, 10.0, None, 20.0), strict=True):
        tell(store, divergence(lease) if error is None else completion(lease, 90.0, 80.0, error))
    return made


def numbers(store, study, **options):
    return [row["number"] for row in store.queries.trials(study.id, columns=["number"], **options)]


def test_a_trial_has_every_promised_column_first(store, study):
    found = list(store.queries.trials(study.id))[0]  # noqa: RUF015 - read to the end
    assert tuple(found) == TRIAL_NAMES == PRINTED
    assert list(found)[: len(PROMISED)] == PROMISED


def test_a_trial_is_shown_as_it_was_written(store, study):
    found = list(store.queries.trials(study.id, columns=PROMISED))[1]
    assert list(found.values())[:12] == [1, "base", "complete", 1, 0, 1, "padam", 0.01, 0.125, 0.999, 0.0, 3]
    assert list(found.values())[12:] == [10.0, 60.0, 10.0, 1 / 3, None]


def test_what_does_not_apply_is_empty(store, study):
    found = list(store.queries.trials(study.id, columns=["state", "diverged_epoch", "test_error_final"]))
    assert [tuple(row.values()) for row in found[1:]] == [
        ("complete", None, 10.0),
        ("diverged", 2, None),
        ("complete", None, 20.0),
        ("waiting", None, None),
        ("waiting", None, None),
    ]


def test_columns_come_as_asked(store, study):
    found = list(store.queries.trials(study.id, columns=["seed", "lr", "number"]))
    assert list(found[0].items()) == [("seed", 0), ("lr", 0.01), ("number", 0)]


def test_trials_come_by_number_unless_sorted(store, study):
    assert numbers(store, study) == [0, 1, 2, 3, 4, 5]


def test_empty_values_are_last_whichever_way_is_sorted(store, study):
    assert numbers(store, study, sort="test_error_final") == [1, 3, 0, 2, 4, 5]
    assert numbers(store, study, sort="-test_error_final") == [0, 3, 1, 2, 4, 5]


def test_equal_values_are_in_the_order_of_numbers(store, study):
    assert numbers(store, study, sort="seed") == [0, 2, 4, 1, 3, 5]
    assert numbers(store, study, sort="-seed") == [1, 3, 5, 0, 2, 4]
    assert numbers(store, study, sort="-lr") == [4, 5, 2, 3, 0, 1]


def test_a_limit_cuts_after_sorting(store, study):
    assert numbers(store, study, sort="test_error_final", limit=2) == [1, 3]
    assert numbers(store, study, limit=0) == []
    assert numbers(store, study, limit=99) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("ask", [{"columns": ["number", "weight_dekay"]}, {"sort": "-weight_dekay"}])
def test_an_unknown_column_is_refused_with_the_nearest(store, study, ask):
    with pytest.raises(UsageError, match=r"no column 'weight_dekay'.*weight_decay"):
        list(store.queries.trials(study.id, **ask))


@pytest.mark.parametrize("name", ["driver_id", "id; DROP TABLE trial", "--number"])
def test_only_what_users_see_is_a_column(store, study, name):
    with pytest.raises(UsageError):
        list(store.queries.trials(study.id, columns=[name]))
    with pytest.raises(UsageError):
        list(store.queries.trials(study.id, sort=name))


def test_superseded_trials_are_shown_and_marked(store, study):
    run_sql(store, "UPDATE trial SET superseded = true WHERE number = 0")
    found = list(store.queries.trials(study.id, columns=["number", "superseded"]))
    assert [bool(row["superseded"]) for row in found] == [True] + [False] * 5


def test_queries_are_of_one_study(store, study):
    other = make(store, name="other", seeds=1)
    assert numbers(store, other) == [0, 1, 2]
    assert list(store.queries.curves(other.id)) == []
    assert list(store.queries.attempts(other.id)) == []


def test_a_query_left_half_read_does_not_block_a_writer(store, study):
    reading = store.queries.trials(study.id)
    next(reading)
    assert store.studies.cancel(study) == 2
    reading.close()


def test_curves_are_those_of_the_deciding_attempt(store):
    study = make(store)
    tell(store, progress(claim_one(store, study), 70.0, 60.0))
    expire_leases(store)
    again = claim_one(store, study, "ben")
    tell(store, completion(again, 50.0, 40.0, 30.0), driver="ben")
    found = [(row["number"], row["seed"], row["epoch"], row["test_error"]) for row in store.queries.curves(study.id)]
    assert found == [(0, 0, 1, 50.0), (0, 0, 2, 40.0), (0, 0, 3, 30.0)]


def test_a_curve_has_every_measure_of_an_epoch(store):
    study = make(store)
    lease = claim_one(store, study)
    measured = epoch(1, 42.0, validation_error=41.0, validation_error5=8.0)
    tell(store, Report(trial=lease.trial, attempt=1, epochs=[measured]))
    (found,) = store.queries.curves(study.id)
    assert found.items() >= (measured | {"number": 0, "seed": 0}).items()


def test_curves_come_by_number_and_epoch_and_without_the_superseded(store, study):
    run_sql(store, "UPDATE trial SET superseded = true WHERE number = 1")
    found = [(row["number"], row["epoch"]) for row in store.queries.curves(study.id)]
    assert found == [(0, 1), (0, 2), (0, 3), (2, 1), (3, 1), (3, 2), (3, 3)]


def test_attempts_are_shown_with_what_became_of_them(store):
    study = make(store)
    tell(store, failure(claim_one(store, study), "no space"))
    claim_one(store, study, "ben")
    expire_leases(store)
    last = claim_one(store, study)
    finish = Finish(ending=Ending.DIVERGED, diverged_epoch=1, seconds=4.0, provenance=MADE)
    tell(store, Report(trial=last.trial, attempt=3, finish=finish))
    found = list(store.queries.attempts(study.id))
    assert [(row["number"], row["attempt"], row["ending"], row["reason"]) for row in found] == [
        (0, 1, "error", "no space"),
        (0, 2, "expired", None),
        (0, 3, "diverged", None),
    ]
    assert [row["host"] for row in found] == [None, None, "node1"]
    assert (found[2]["device"], found[2]["code_version"], found[2]["seconds"]) == ("H200", MADE.code_version, 4.0)


def test_a_map_has_a_cell_for_each_configuration_whatever_it_varies(store):
    space = {"beta2": {"values": [0.9, 0.999]}, "weight_decay": {"values": [0.0, 5e-4]}}
    study = make(store, space=space, optimizer={"name": "adam", "lr": 0.01}, seeds=2)
    first, second, third, fourth, *_ = claim(store, study, limit=8)
    tell(store, completion(first, 90.0, 50.0, 40.0), completion(second, 90.0, 10.0, 20.0), divergence(third))
    tell(store, completion(fourth, 90.0, 80.0, 70.0))
    store.growth.retry(study, where="number = 3")
    assert store.queries.cells(study.id) == [
        ("base", 0, {"beta2": 0.9, "weight_decay": 0.0}, 2, 2, 0, 30.0, 20.0),
        ("base", 1, {"beta2": 0.9, "weight_decay": 0.0005}, 2, 0, 1, None, None),
        ("base", 2, {"beta2": 0.999, "weight_decay": 0.0}, 2, 0, 0, None, None),
        ("base", 3, {"beta2": 0.999, "weight_decay": 0.0005}, 2, 0, 0, None, None),
    ]
    assert [cell.mean for cell in store.queries.cells(study.id, "min")] == [25.0, None, None, None]
    assert [cell.lowest for cell in store.queries.cells(study.id, "mean_last5")] == [40.0, None, None, None]


def test_a_cell_that_no_proposal_has_filled_has_no_configuration(store):
    study = make_tpe(store)
    assert store.queries.cells(study.id)[0] == ("base", 0, None, 2, 0, 0, None, None)


def test_the_store_gives_tables(store):
    study = make(store)
    tell(store, completion(claim_one(store, study)))
    table = store.trials(study.name, where="state = 'complete'")
    assert (len(table), table["test_error_final"].item()) == (1, 30.0)
    assert len(store.trials(study.name)) == 6
    assert store.curves(study.name)["epoch"].tolist() == [1, 2, 3]
    assert store.trials(study.name, where="seed > 99").empty


def test_a_query_is_read_page_by_page(store):
    """Read whole, these rows would take 12 MB."""
    grid = {
        "lr": {"low": 1e-4, "high": 1.0, "log": True, "points": 100},
        "p": {"low": 0.0, "high": 0.5, "points": 100},
    }
    study = make(store, space=grid)
    served = []
    event.listen(store.database.engine, "after_cursor_execute", lambda *a: served.append(a[4]._is_server_side))
    tracemalloc.start()
    count = sum(1 for _ in store.queries.trials(study.id))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == study.specification.trials
    assert peak < 5e6
    assert served[-1] is not store.database.is_sqlite  # SQLite computes rows as they are asked for


def test_where_epoch_and_trial_have_a_column_curves_show_the_epochs(store):
    study = make(store)
    lease = claim_one(store, study)
    tell(store, completion(lease, 30.0, 20.0))
    (first, second) = store.queries.curves(study.id, columns=["lr", "seconds", "weight_decay", "epochs"], limit=2)
    assert first["lr"] == epoch(1)["lr"]
    assert (first["epochs"], second["epochs"]) == (lease.epochs, lease.epochs)


def test_a_reader_may_pause_longer_than_a_writer(store, study):
    """A pager, or a slow consumer of a million rows, holds its transaction open."""
    if store.database.is_sqlite:
        pytest.skip("SQLite has no such timeout")
    seen = []
    event.listen(store.database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    list(store.queries.trials(study.id))
    assert seen[-2] == "SET LOCAL idle_in_transaction_session_timeout = 0"


def test_tables_have_types_whatever_they_hold(store):
    empty = make(store)
    for table in (store.trials(empty.name), store.trials(empty.name, where="number < 0"), store.curves(empty.name)):
        errors = [name for name in table.columns if name.startswith(("test_error", "train_loss", "log10_v"))]
        assert {str(kind) for kind in table[errors].dtypes} == {"float64"}
        assert str(table["number"].dtype) == "int64"
    assert store.trials(empty.name).nsmallest(3, "test_error_final").empty is False

"""Imported studies, on both databases: written whole or not at all, read as any other, and never trained."""

import itertools
from dataclasses import replace

import optuna
import pytest
from optuna.storages import RDBStorage
from sqlalchemy import NullPool, event

from search_spaces.declarations import Metric
from study.errors import StoreUnreachableError, StudyNotFoundError, UsageError
from study.interchange.building import built
from study.interchange.optuna_reading import read
from study.interchange.optuna_writing import write
from study.interchange.records import Parameter, Record, Results
from study.operations.exporting import told_to_optuna
from study.store.location import foreign
from study.trials import State
from tests.contract.helpers import CODE, claim, every_outcome, make, make_tpe, rows, specification

RATES = (0.001, 0.01, 0.1)


def results(**changes):
    """Return 3 x 2 configurations with two seeds: one diverged, one failed, one was cut short, one has nothing."""
    records = [
        Record(
            place=f"trial {number}", params={"lr": lr, "act": act}, state=State.COMPLETE, value=value, seed=seed,
            curve={0: value + 1.0, 1: value}, started=1e9, finished=1e9 + 60.0, seconds=60.0,
        )
        for number, (lr, act, seed) in enumerate(itertools.product(RATES, ("relu", "tanh"), (0, 1)))
        for value in [10.0 * lr + (act == "tanh") + 0.1 * seed]
    ]  # fmt: skip

    def cut(number, state, curve):
        return Record(
            place="", params=records[number].params, state=state, reason="so", seed=records[number].seed, curve=curve
        )

    records[11] = cut(11, State.DIVERGED, {0: 3.0, 1: float("inf")})
    records[10] = cut(10, State.FAILED, {0: 3.0})
    records[9] = cut(9, State.CANCELLED, {0: 3.0})
    records.append(Record(place="", params={}, state=State.CANCELLED, reason="waiting", seed=0))
    whole = {
        "source": "table of a test",
        "parameters": {"lr": Parameter(kind="real"), "act": Parameter(kind="choice", choices=("relu", "tanh"))},
        "metric": Metric("loss"),
        "records": records,
    }
    return Results(**(whole | changes))


def add(store, name="others", **changes):
    made = built(results(**changes), name)
    return store.imports.add(made.specification, CODE, made.trials)


def test_an_imported_study_is_read_as_any_other(store):
    study = add(store)
    assert store.studies.counts(study.id).to_dict() == {
        "total": 13, "complete": 9, "diverged": 1, "failed": 1, "cancelled": 2, "running": 0, "waiting": 0,
        "superseded": 0,
    }  # fmt: skip
    assert store.studies.status(study).state == "imported"
    best = store.summaries.best(study)
    assert (best.configuration, best.mean, best.seeds) == (
        {"task.lr": 0.001, "task.act": "relu"},
        pytest.approx(0.06),
        2,
    )
    found = store.trials("others", where="act = 'tanh' and state = 'complete'")
    assert found["loss_final"].tolist() == pytest.approx([1.01, 1.11, 1.1, 1.2])
    assert found["loss_mean_last5"].tolist() == pytest.approx([1.51, 1.61, 1.6, 1.7])
    assert found["seconds"].tolist() == [60.0] * 4
    assert [(cell.complete, cell.diverged) for cell in store.queries.cells(study.id)][:6] == [
        (2, 0), (2, 0), (2, 0), (2, 0), (1, 0), (0, 1),
    ]  # fmt: skip
    curves = store.curves("others", where="number >= 8")
    assert list(curves.columns) == ["number", "seed", "state", "epoch", "loss"]
    assert curves["epoch"].tolist() == [1, 2, 1, 1, 1, 2]
    assert curves["loss"].isna().tolist() == [False] * 5 + [True]
    assert store.findings() == []
    assert store.studies.size(study).attempts == 0
    assert store.studies.delete(study).trials == 13
    assert rows(store, "epoch") == []


def test_a_name_is_taken_once(store):
    add(store)
    make(store)
    for name in ("others", "study"):
        with pytest.raises(UsageError, match="nothing was imported"):
            add(store, name)
    assert store.studies.names() == ["others", "study"]
    assert store.studies.counts(store.studies.get("study").id).total == 6


@pytest.mark.parametrize("table", ["study", "configuration", "trial", "epoch"])
def test_nothing_is_half_imported(store, table):
    def fail(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO ") and statement.split()[2].strip('"').rpartition(".")[2] == table:
            raise RuntimeError(table)

    event.listen(store.database.engine, "after_cursor_execute", fail)
    with pytest.raises(RuntimeError, match=table):
        add(store)
    event.remove(store.database.engine, "after_cursor_execute", fail)
    assert [rows(store, it) for it in ("study", "configuration", "trial", "epoch")] == [[]] * 4
    add(store)


def test_an_imported_study_is_never_trained(store):
    study = add(store)
    before = rows(store), rows(store, "study")
    for name, change in (
        ("continued", lambda: store.studies.create(specification(name="others"), CODE)),
        ("extended", lambda: store.growth.extend(study, specification(name="others"))),
        ("extended", lambda: store.winners.check(study, 3)),
        ("retried", lambda: store.growth.retry(study, where="state = 'failed'")),
    ):
        with pytest.raises(
            UsageError, match=f"study others cannot be {name}: its results were imported from table of"
        ):
            change()
    assert claim(store, study) == []
    assert store.studies.cancel(study) == 0
    assert (rows(store), rows(store, "study")) == before


def storage_of(database):
    """Return Optuna's storage, which keeps no connection."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return RDBStorage(database.url, {"poolclass": NullPool})


def test_an_optuna_database_lies_beside_a_store_and_is_only_read(store, location, tmp_path):
    theirs = str(tmp_path / "optuna.db") if store.database.is_sqlite else location
    study = optuna.create_study(study_name="theirs", storage=storage_of(foreign(theirs, writing=True)))
    study.enqueue_trial({"lr": 0.1})
    study.optimize(lambda trial: trial.suggest_float("lr", 0.01, 1.0, log=True), n_trials=1)
    found = read(foreign(theirs), "theirs")
    assert [it.value for it in found.records] == [0.1]
    made = built(found, "ours")
    store.imports.add(made.specification, CODE, made.trials)
    assert store.trials("ours")["lr"].tolist() == [0.1]
    # Nothing can be written through what it was read with, whatever somebody tried.
    with pytest.raises(optuna.exceptions.StorageInternalError):
        optuna.create_study(study_name="intruder", storage=storage_of(foreign(theirs)))
    assert optuna.get_all_study_names(storage_of(foreign(theirs))) == ["theirs"]
    with pytest.raises(StudyNotFoundError, match="no study 'nobody'"):
        read(foreign(theirs), "nobody")


def test_what_was_reported_on_the_way_goes_back_to_optuna(store, location, tmp_path):
    """The last report is not the value, so that the curve is a metric of its own; the user's notes have no place."""
    theirs = str(tmp_path / "optuna.db") if store.database.is_sqlite else location

    def train(trial):
        rate = trial.suggest_float("lr", 0.01, 1.0)
        for step in range(4):
            trial.report(rate + step, step)
        trial.set_user_attr("note", "mine")
        return 10.0 * rate

    study = optuna.create_study(study_name="theirs", storage=storage_of(foreign(theirs, writing=True)))
    study.set_user_attr("team", "blue")
    study.optimize(train, n_trials=3)
    found = read(foreign(theirs), "theirs")
    assert found.notes == ["user attributes are not imported: note, team"]
    made = built(found, "ours")
    ours = store.imports.add(made.specification, CODE, made.trials)
    write(foreign(theirs, writing=True), list(told_to_optuna(store, ours, print)))
    assert read(foreign(theirs), "ours").notes == []  # what an export leaves there is nobody's note
    (again,) = (it for it in optuna.get_all_study_summaries(storage_of(foreign(theirs))) if it.study_name == "ours")
    trials = optuna.load_study(study_name=again.study_name, storage=storage_of(foreign(theirs))).trials
    expected = [list(it.intermediate_values.values()) for it in study.trials]
    assert [list(it.intermediate_values.values()) for it in trials] == [pytest.approx(it) for it in expected]
    assert [it.value for it in trials] == pytest.approx([it.value for it in study.trials])


def test_a_metric_that_is_called_reported_is_not_taken_for_the_curve_of_the_objective(store):
    """One value of it a training, where the objective has its curve."""
    records = [replace(it, others={"reported": 5.0}) for it in results().records[:4]]
    study = add(store, records=records, others=[Metric("reported")])
    (told,) = told_to_optuna(store, study, print)
    assert [len(it.curve) for it in told.cells] == [2, 2]
    assert all(5.0 not in it.curve.values() for it in told.cells)


def test_a_database_without_optunas_tables_is_told(store, location, tmp_path):
    theirs = str(store.database.file.path) if store.database.is_sqlite else location
    with pytest.raises(StoreUnreachableError, match="must be a database that Optuna made"):
        read(foreign(theirs), "anything")
    assert store.findings() == []


def test_a_study_is_told_to_optuna_and_back(store, location, tmp_path):
    theirs = str(tmp_path / "optuna.db") if store.database.is_sqlite else location
    every_outcome(store, make(store))
    notes = []
    for study in (store.studies.get("study"), make_tpe(store, name="tpe"), add(store)):
        writing = foreign(theirs, writing=True)
        write(writing, list(told_to_optuna(store, study, notes.append)))
    reading = foreign(theirs)
    made = built(read(reading, "study"), "again")
    again = store.imports.add(made.specification, CODE, made.trials)
    assert store.trials("again")["state"].value_counts().to_dict() == {
        "complete": 1,
        "diverged": 1,
        "failed": 1,
        "cancelled": 3,
    }
    assert store.summaries.best(again).mean == store.summaries.best(store.studies.get("study")).mean
    made = built(read(reading, "others"), "others-again")
    again = store.imports.add(made.specification, CODE, made.trials)
    told = ["state", "seed", "lr", "task.act", "loss_final", "reason"]
    pairs = [
        store.trials(name, where="lr > 0")[told].sort_values(told[1:4]).to_dict("list")
        for name in ("others", "others-again")
    ]
    assert str(pairs[0]) == str(pairs[1])
    assert notes == ["trials without a configuration: 6; they are not in the Optuna database",
                     "trials without a configuration: 1; they are not in the Optuna database"]  # fmt: skip
    assert store.findings() == []

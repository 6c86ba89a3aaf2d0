"""``basin import``: an Optuna database and tables as studies that are read and never trained."""

from __future__ import annotations

import hashlib
import json

import pytest

from study.store import Store
from tests.unit.study.interchange.common import WANDB, optuna_4

EVERY = "Padam search #1"


@pytest.fixture
def four(folder):
    """Return a database of Optuna 4."""
    return optuna_4(folder / "four.db")


@pytest.fixture
def wandb(folder):
    (folder / "wandb.csv").write_text(WANDB, encoding="utf-8")
    return folder / "wandb.csv"


PARAMS = ("--params", "learning_rate,batch_size,optimizer.name")


def trials(basin, study):
    return basin("trials", study, "--json").json


def test_every_state_of_an_optuna_study_is_told_for_what_it_is(basin, four):
    before = hashlib.sha256(four.read_bytes()).hexdigest()
    done = basin("import", "optuna", four, EVERY, "--name", "optuna", "--whole")
    assert (done.code, done.err) == (0, "")
    assert hashlib.sha256(four.read_bytes()).hexdigest() == before
    found = trials(basin, "optuna")
    assert [it["number"] for it in found] == list(range(10))
    assert [it["state"] for it in found] == [
        "complete", "complete", "cancelled", "diverged", "failed", "complete", "diverged", "complete", "cancelled",
        "cancelled",
    ]  # fmt: skip
    assert [it["value_final"] for it in found] == [1.5, 0.5, None, None, None, 1.7, None, 1.25, None, None]
    assert [it["diverged_epoch"] for it in found] == [None, None, None, 2, None, None, 3, None, None, None]
    assert [it["last_finite_loss"] for it in found if it["state"] == "diverged"] == [9.0, 9.0]
    reasons = {it["number"]: it["reason"] for it in found}
    assert reasons[2] == "pruned in Optuna after step 1"
    assert reasons[3] == "FAIL in Optuna after it reported nan at step 1"
    assert reasons[4] == "FAIL in Optuna"
    assert reasons[6] == "its value is inf"
    assert reasons[8] == "RUNNING in Optuna when it was imported"
    assert reasons[9].startswith("WAITING in Optuna")
    assert found[9]["lr"] is None
    assert [it["epochs_done"] for it in found] == [3, 3, 2, 2, 1, 3, 3, 2, 1, 0]
    assert all(it["started_at"] is None or it["started_at"] <= it["finished_at"] for it in found)
    curves = basin("curves", "optuna", "--where", "number in (0, 2, 3)", "--json").json
    assert [(it["number"], it["epoch"], it["value"]) for it in curves] == [
        (0, 1, 3.0), (0, 2, 2.0), (0, 3, 1.5), (2, 1, 5.0), (2, 2, 4.0), (3, 1, 9.0), (3, 2, None),
    ]  # fmt: skip
    assert basin("db", "check").code == 0


def test_repeats_are_seeds_and_choices_are_choices(basin, four):
    basin("import", "optuna", four, EVERY, "--name", "optuna")
    found = trials(basin, "optuna")
    assert (found[0]["seed"], found[5]["seed"]) == (0, 1)
    assert [it["task.param_optimizer"] for it in found[:3]] == ["adam", "padam", "padam"]
    assert [it["task.batch_size"] for it in found[:3]] == [32, 64, 32]
    assert [it["task.nesterov"] for it in found[:3]] == [False, True, True]
    where = "param_optimizer = 'adam' and batch_size = 32 and lr < 0.05 and depth = 2"
    assert [it["number"] for it in basin("trials", "optuna", "--where", where, "--json").json] == [0, 5]
    best = basin("show", "optuna", "--json").json["best"]
    assert (best["value"], best["seeds"], best["configuration"]["task.lr"]) == (0.5, 1, 0.1)


def test_a_trial_that_stopped_before_its_budget_counts_in_no_figure_unless_that_is_asked_for(basin, four):
    done = basin("import", "optuna", four, EVERY, "--name", "optuna")
    assert "complete trials that reported fewer than 3 steps: 1" in done.out
    short = trials(basin, "optuna")[7]
    assert (short["state"], short["value_final"]) == ("cancelled", None)
    assert short["reason"] == "stopped before its budget: reported 2 of 3 steps"


def test_a_failed_trial_is_taken_for_a_diverged_one_where_that_is_asked_for(basin, four):
    basin("import", "optuna", four, EVERY, "--name", "optuna", "--failed-diverged", "--worst", 10)
    found = trials(basin, "optuna")
    assert [it["number"] for it in found if it["state"] == "diverged"] == [3, 4, 6]
    assert basin("show", "optuna", "--json").json["specification"]["objective"]["metric"] == "value"


def test_other_hyperparameters_make_arms_of_their_own(basin, four):
    basin("import", "optuna", four, "conditional", "--metric", "accuracy", "--unit", "%")
    summary = basin("show", "conditional", "--json").json
    assert {name: it["trials"]["total"] for name, it in summary["arms"].items()} == {"momentum": 2, "plain": 1}
    assert summary["best"]["value"] == 92.0
    assert [it["accuracy_final"] for it in trials(basin, "conditional")] == [90.0, 91.0, 92.0]


def test_one_of_several_objectives_is_chosen(basin, four):
    refused = basin("import", "optuna", four, "two")
    assert (refused.code, "choose one with --objective: 0, 1" in refused.err) == (2, True)
    basin("import", "optuna", four, "two", "--objective", 1)
    assert basin("show", "two", "--json").json["best"]["configuration"] == {"task.x": 0.25}


def test_a_grid_is_told_as_one_and_mapped(basin, four, folder):
    basin("import", "optuna", four, "grid")
    basin("report", "grid", "--out", "out")
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    (map_,) = summary["maps"]
    assert summary["imported_from"] == "Optuna study grid in four.db"
    assert map_["x"]["values"] == [0.01, 0.1, 1.0]
    assert "imported from Optuna study grid" in (folder / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere.db", "x"), 2, "there is no file"),
        (("four.db", "gird"), 3, "did you mean 'grid'?"),
        (("basin.db", "x"), 4, "must be a database that Optuna made"),
        (("notes.txt", "x"), 4, "must be a database that Optuna made"),
        (("mysql://u@h/d", "x"), 2, "must be SQLite or PostgreSQL"),
        (("postgresql://u:hunter2@127.0.0.1:1/d", "x"), 4, "must be a database that Optuna made"),
        (("four.db", "grid", "--rename", "lrr=rate"), 2, "no hyperparameter 'lrr'; did you mean 'lr'?"),
        (("four.db", "grid", "--rename", "lr=seed"), 2, "got 'seed'"),
        (("four.db", "grid", "--rename", "lr"), 2, "--rename must be OLD=NEW"),
        (("four.db", "grid", "--metric", "train_loss"), 2, "which is a column already"),
        (("four.db", "grid", "--name", "Grid"), 2, "--name must be"),
        (("four.db", "two", "--objective", "7"), 2, "no objective '7'"),
    ],
)
def test_what_cannot_be_imported_says_why_and_leaves_nothing(basin, store, four, folder, arguments, code, words):
    (folder / "notes.txt").write_text("no database", encoding="utf-8")
    done = basin("import", "optuna", *arguments)
    assert done.code == code
    assert words in done.err
    assert "hunter2" not in done.err
    assert store.studies.names() == []


def test_a_name_is_given_once(basin, four):
    basin("import", "optuna", four, "grid")
    again = basin("import", "optuna", four, "grid")
    assert (again.code, "give this one another name with --name" in again.err) == (2, True)
    assert basin("import", "optuna", four, "grid", "--name", "second").code == 0
    assert [it["trials"]["total"] for it in basin("studies", "--json").json] == [6, 6]


def test_an_imported_study_is_never_trained(basin, four, folder):
    basin("import", "optuna", four, EVERY, "--name", "optuna")
    document = basin("show", "optuna", "--json").json["specification"]
    (folder / "again.yaml").write_text(json.dumps(document), encoding="utf-8")
    before = trials(basin, "optuna")
    for arguments in (
        ("run", "again.yaml"),
        ("run", "digits-lr-p", "--set", "name=optuna"),
        ("extend", "optuna", "again.yaml"),
        ("retry", "optuna", "--failed"),
    ):
        refused = basin(*arguments)
        assert refused.code == 2, arguments
        assert "its results were imported from Optuna study Padam search #1" in refused.err
    assert basin("cancel", "optuna", "--json").json["cancelled"] == 0
    assert trials(basin, "optuna") == before
    text = basin("show", "optuna").out
    assert "imported    from Optuna study" in text
    assert "basin retry" not in text
    assert basin("show", "optuna", "--json").json["state"] == "imported"
    assert basin("delete", "optuna", "--yes").code == 0


def test_nobody_writes_a_specification_of_imported_results(basin, folder):
    document = {"name": "own", "task": {"dataset": "digits", "network": "mlp"}, "epochs": 1}
    document |= {"space": {"lr": {"values": [0.1]}}, "design": {"name": "imported"}}
    (folder / "own.yaml").write_text(json.dumps(document), encoding="utf-8")
    refused = basin("run", "own.yaml")
    assert (refused.code, "design.name: is said of results that `basin import` took in" in refused.err) == (2, True)


def test_an_export_of_wandb_is_read_as_it_comes(basin, wandb):
    done = basin("import", "csv", wandb, "--value", "val_loss", *PARAMS, "--also", "val_acc")
    assert (done.code, done.err) == (0, "")
    found = trials(basin, "wandb")
    assert [it["state"] for it in found] == [
        "complete", "complete", "diverged", "complete", "failed", "complete", "complete", "complete", "cancelled",
        "cancelled",
    ]  # fmt: skip
    assert [it["seed"] for it in found[:9]] == [0, 1, 0, 1, 0, 0, 1, 0, 1]
    assert [it["val_acc_final"] for it in found[:3]] == [0.91, 0.9, None]
    assert [it["seconds"] for it in found[:2]] == [61.0, 62.0]
    assert [it["finished_at"] - it["started_at"] for it in found[:2]] == [61.0, 62.0]
    # A run that crashed and was tried again with its seed is an earlier generation of it.
    assert [(it["generation"], it["superseded"]) for it in found[4:6]] == [(0, True), (1, False)]
    assert found[4]["reason"] == "crashed in the table"
    summary = basin("show", "wandb", "--json").json
    assert summary["best"]["configuration"] == {"task.learning_rate": 0.01, "task.batch_size": 32}
    assert summary["best"]["value"] == pytest.approx(0.295)
    assert summary["specification"]["task"]["optimizer_name"] == "adam"
    assert basin("db", "check").code == 0


def test_columns_are_mapped_by_options(basin, folder):
    rows = [(1e-3, "relu", 7, 90.0, 10), (1e-3, "tanh", 8, 80.0, 10), (1e-1, "relu", 7, 70.0, 4)]
    rows.append((1e-1, "tanh", 8, "inf", 10))
    table = "rate\tact\trun\tacc\tepoch\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows)
    (folder / "mine.tsv").write_text(table, encoding="utf-8")
    done = basin(
        "import", "csv", "mine.tsv", "--value", "acc", "--params", "rate,act", "--seed", "run", "--steps", "epoch",
        "--metric", "accuracy", "--unit", "%", "--maximize", "--worst", 10, "--name", "own", "--rename", "rate=lr",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    found = trials(basin, "own")
    assert [it["state"] for it in found] == ["complete", "complete", "cancelled", "diverged"]
    assert [it["seed"] for it in found] == [7, 8, 7, 8]
    assert [it["task.act"] for it in found] == ["relu", "tanh", "relu", "tanh"]
    assert found[2]["reason"] == "stopped before its budget: 4 of 10 epoch"
    assert [it["accuracy_final"] for it in found] == [90.0, 80.0, None, None]
    best = basin("show", "own").out
    assert "best        task.act=relu, task.lr=0.001: 90.00 % (accuracy, final, one seed)" in best


def test_all_faults_of_a_table_are_told_at_once_and_nothing_is_imported(basin, store, folder):
    (folder / "bad.csv").write_text(
        "lr,p,seed,state,loss\n0.1,0,0,finished,1\n0.1,0,0,finished,2\n,0,1,finished,3\n0.2,x,1,finished,high\n"
        "0.2,0.5,,finished,4\n0.3,0.5,1,exploded,5\n",
        encoding="utf-8",
    )
    done = basin("import", "csv", "bad.csv", "--value", "loss", "--params", "lr,p", "--state", "state")
    assert done.code == 2
    for words in (
        "5 faults",
        "loss: must be a number, got 'high' in line 5",
        "state: must be one of complete,",
        "got 'exploded' in line 7",
        "lr: must have a value where there is an outcome, and is empty in line 4",
        "p: must be a finite number, as most of them are, or be named in --choice, got 'x' in line 5",
        "seed: must say which replicate a row with an outcome is, and is empty in line 6",
    ):
        assert words in done.err
    twice = "lr,seed,loss\n0.1,0,1\n0.1,0,2\n0.2,0,3\n"
    (folder / "twice.csv").write_text(twice, encoding="utf-8")
    done = basin("import", "csv", "twice.csv", "--value", "loss", "--params", "lr")
    assert (done.code, "line 2, line 3 have the same hyperparameters and the same seed, 0" in done.err) == (2, True)
    (folder / "short.csv").write_text("lr,p,loss\n0.1,0.5,12.5\n0.01,0.5\n", encoding="utf-8")
    done = basin("import", "csv", "short.csv", "--value", "loss", "--params", "lr,p")
    assert (done.code, "has names, 3, and line 3 has 2" in done.err) == (2, True)
    done = basin("import", "csv", "twice.csv", "--value", "los", "--params", "lr,lr2", "--choice", "p")
    for words in ("--value: no column 'los'", "--params: no column 'lr2'", "--choice: 'p' is no hyperparameter"):
        assert words in done.err
    done = basin("import", "csv", "twice.csv", "--value", "loss")
    assert "--params: must name the columns that are hyperparameters, such as some of lr" in done.err
    assert store.studies.names() == []


def test_a_store_is_made_where_there_is_none_and_only_for_what_can_be_imported(basin, four, folder):
    basin("import", "optuna", four, "gird")
    assert not (folder / "basin.db").exists()
    assert basin("import", "optuna", four, "grid", "--json").json["trials"]["complete"] == 6
    with Store("basin.db") as store:
        assert store.studies.names() == ["grid"]

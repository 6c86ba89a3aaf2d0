"""``basin export``: for Optuna's dashboard, and as tables; and back again."""

from __future__ import annotations

import html
import json

import optuna
import pandas as pd
import pytest

from search_spaces.errors import escaped
from tests.unit.study.common import create, fill
from tests.unit.study.interchange.common import WANDB, optuna_4

PARAMS = ("--params", "learning_rate,batch_size,optimizer.name")
REASON = "its value is nan, and its outcome finished"


@pytest.fixture
def wandb(basin, folder):
    """Import a study with diverged, failed and cancelled trials, and two seeds a configuration."""
    (folder / "wandb.csv").write_text(WANDB, encoding="utf-8")
    assert basin("import", "csv", "wandb.csv", "--value", "val_loss", *PARAMS).code == 0


def loaded(path, name):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.load_study(study_name=name, storage=f"sqlite:///{path}")


def test_optuna_is_given_one_trial_a_configuration(basin, wandb, folder):
    done = basin("export", "wandb", "--to", "optuna", "--out", "out")
    assert (done.code, done.err) == (0, "")
    study = loaded(folder / "out" / "wandb.optuna.db", "wandb")
    assert study.metric_names == ["val_loss"]
    assert [(it.params, it.value) for it in study.trials] == [
        ({"batch_size": 64, "learning_rate": 0.01}, pytest.approx(0.32)),
        ({"batch_size": 64, "learning_rate": 0.1}, pytest.approx(1.2)),  # one of the two diverged, at the worst
        ({"batch_size": 32, "learning_rate": 0.01}, pytest.approx(0.295)),
        ({"batch_size": 32, "learning_rate": 0.1}, pytest.approx(0.7)),
    ]
    assert [list(it.constraints.values()) for it in study.trials] == [[0.0], [1.0], [0.0], [0.0]]
    # What the dashboard and Optuna 4 read: a list.
    assert [it.system_attrs["constraints"] for it in study.trials] == [[0.0], [1.0], [0.0], [0.0]]
    assert study.best_trial.number == 2
    assert study.trials[1].user_attrs["basin_seeds"] == [
        {"seed": 0, "state": "diverged", "seconds": 63.0, "diverged_epoch": 1, "reason": REASON},
        {"seed": 1, "state": "complete", "value": 1.2, "seconds": 64.0},
    ]
    assert study.user_attrs["basin"]["study"] == "wandb"


def numbers(basin, study):
    """Return what a study comes to, whatever its trials are called."""
    found = basin("show", study, "--json").json
    rows = basin("trials", study, "--where", "not superseded and lr is null and state != 'cancelled'", "--json").json
    told = ("state", "seed", "val_loss_final", "diverged_epoch", "task.learning_rate", "task.batch_size", "seconds")
    return found["best"], sorted(json.dumps([row[name] for name in told]) for row in rows)


def test_what_was_exported_to_optuna_comes_back_with_the_same_numbers(basin, wandb):
    basin("export", "wandb", "--to", "optuna")
    assert basin("import", "optuna", "wandb.optuna.db", "wandb", "--name", "again").code == 0
    assert numbers(basin, "again") == numbers(basin, "wandb")
    assert len(numbers(basin, "again")[1]) == 7


def test_a_study_of_ones_own_goes_and_comes_with_its_curves(basin, store):
    fill(store, create(store, seeds=1), [30.0, 20.0, "diverged"])
    basin("export", "small", "--to", "optuna")
    done = basin("import", "optuna", "small.optuna.db", "small", "--name", "again")
    assert (done.code, done.err) == (0, "")
    mine = basin("show", "small", "--json").json["best"]
    again = basin("show", "again", "--json").json["best"]
    assert again["value"] == mine["value"]
    assert {it.removeprefix("task."): value for it, value in again["configuration"].items()} == mine["configuration"]
    curve = basin("curves", "small", "--columns", "number,epoch,test_error", "--json").json
    told = basin("curves", "again", "--columns", "number,epoch,metric_test_error", "--json").json
    assert [[*it.values()] for it in told] == [[*it.values()] for it in curve]


def test_arms_and_curves_reach_optuna(basin, folder):
    optuna_4(folder / "four.db")
    basin("import", "optuna", "four.db", "conditional")
    basin("import", "optuna", "four.db", "Padam search #1")
    basin("export", "conditional", "--to", "optuna")
    assert optuna.get_all_study_names("sqlite:///conditional.optuna.db") == [
        "conditional-momentum",
        "conditional-plain",
    ]
    basin("export", "padam-search-1", "--to", "optuna")
    study = loaded("padam-search-1.optuna.db", "padam-search-1")
    first = study.trials[0]
    assert first.params == {"lr": 0.01, "optimizer": "adam", "batch size": 32, "depth": 2, "nesterov": False}
    assert (first.value, first.intermediate_values) == (1.6, {1: 3.25, 2: 2.25, 3: 1.6})  # two seeds
    states = {it.params["lr"]: it.state.name for it in study.trials}
    assert states == {
        0.01: "COMPLETE", 0.1: "COMPLETE", 0.02: "FAIL", 0.9: "COMPLETE", 0.3: "FAIL", 0.5: "COMPLETE", 0.05: "FAIL",
        0.04: "FAIL",
    }  # fmt: skip


def test_choices_keep_their_characters_to_the_end_and_are_escaped_where_they_are_shown(basin, folder):
    choices = ["a", "new\nline", "\x1b[31mred", "tab\there", "\u202eleft", "join\u200ded", "new\\nline"]
    rows = [
        (it, lr, 10 * lr + place, seed) for place, it in enumerate(choices) for lr in (0.1, 0.01) for seed in (0, 1)
    ]
    table = pd.DataFrame(rows, columns=["opt", "lr", "err", "seed"])
    table.to_csv("wild.csv", index=False)
    assert basin("import", "csv", "wild.csv", "--value", "err", "--params", "opt,lr").code == 0
    done = basin("report", "wild", "--out", "out")
    assert (done.code, done.err) == (0, "")
    maps = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))["maps"]
    assert maps[0]["y"] == {"name": "task.opt", "values": choices}
    shown = [escaped(it) for it in choices]
    kept = pd.read_csv(folder / "out" / "trials.csv")
    assert list(dict.fromkeys(kept["task.opt"])) == list(dict.fromkeys(shown))
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert all(html.escape(it) in page for it in shown[2:])
    assert not any(raw in page + done.out for raw in ("\x1b", "\u202e", "\u200d"))
    assert basin("export", "wild", "--to", "optuna,csv,parquet", "--out", "out").code == 0
    assert list(dict.fromkeys(pd.read_parquet("out/wild.parquet")["task.opt"])) == choices
    assert list(dict.fromkeys(pd.read_csv("out/wild.csv")["task.opt"])) == list(dict.fromkeys(shown))
    assert {it.params["opt"] for it in loaded("out/wild.optuna.db", "wild").trials} == set(choices)
    assert basin("import", "optuna", "out/wild.optuna.db", "wild", "--name", "again").code == 0
    assert basin("export", "again", "--to", "parquet", "--out", "out").code == 0
    first, again = (pd.read_parquet(f"out/{it}.parquet") for it in ("wild", "again"))
    told = ["task.opt", "task.lr", "seed", "err_final"]
    assert sorted(first[told].to_numpy().tolist()) == sorted(again[told].to_numpy().tolist())


def test_tables_hold_every_trial(basin, wandb, folder):
    done = basin("export", "wandb", "--to", "csv,parquet", "--out", "out", "--json")
    assert done.json["to"] == {"csv": "out/wandb.csv", "parquet": "out/wandb.parquet"}
    printed = basin("trials", "wandb", "--format", "csv").out
    assert (folder / "out" / "wandb.csv").read_text(encoding="utf-8") == printed
    assert len(pd.read_parquet(folder / "out" / "wandb.parquet")) == 10
    assert list(pd.read_parquet(folder / "out" / "wandb.parquet").columns) == printed.partition("\n")[0].split(",")


def test_nothing_is_written_over_unless_that_is_asked_for(basin, wandb, folder):
    export = ("export", "wandb", "--to", "csv,optuna", "--out", "out")
    files = [folder / "out" / name for name in ("wandb.csv", "wandb.optuna.db")]
    assert basin(*export).code == 0
    before = [it.read_bytes() for it in files]
    refused = basin(*export)
    assert (refused.code, "is there already; --force writes in its place" in refused.err) == (2, True)
    assert [it.read_bytes() for it in files] == before
    assert basin(*export, "--force").code == 0
    assert sorted((folder / "out").iterdir()) == files
    # Into a database that is there: beside other studies, and not twice.
    shared = ("export", "wandb", "--to", "optuna", "--url", "shared.db")
    assert basin(*shared).code == 0
    refused = basin(*shared)
    assert (refused.code, "holds 'wandb' already" in refused.err) == (2, True)
    assert basin(*shared, "--force").code == 0
    assert len(loaded("shared.db", "wandb").trials) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("wandb", "--to", "excel"), 2, "no format 'excel'"),
        (("wandb", "--to", "csv", "--url", "x.db"), 2, "--to must name optuna"),
        (("nobody", "--to", "csv"), 3, "no study 'nobody'"),
        (("wandb", "--to", "optuna", "--url", "wandb.csv"), 4, "cannot be written as an Optuna database"),
    ],
)
def test_what_cannot_be_exported_says_why(basin, wandb, arguments, code, words):
    done = basin("export", *arguments)
    assert (done.code, words in done.err) == (code, True)


def test_what_fails_half_way_leaves_no_study_behind(basin, wandb, monkeypatch):
    def broken(it, *_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("study.interchange.optuna_writing._trial", broken)
    done = basin("export", "wandb", "--to", "optuna", "--url", "shared.db")
    assert (done.code, "the disk is full" in done.err) == (4, True)
    assert optuna.get_all_study_names("sqlite:///shared.db") == []

"""Commands that only read: ``presets``, ``studies``, ``show``, ``trials``, ``curves``."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sqlite3
import sys

import pytest

from search_spaces.presets import preset_names
from tests.unit.study.common import create, fill, lease, sql, tpe

COUNTED = {"total", "complete", "diverged", "failed", "cancelled", "running", "waiting"}
PROMISED = {
    "number", "state", "seed", "generation", "attempt", "optimizer", "lr", "p", "beta2", "weight_decay", "epochs",
    "test_error_final", "test_error_mean_last5", "test_error_min", "train_loss_final", "diverged_epoch",
}  # fmt: skip


def test_presets_are_listed_one_a_line(basin):
    lines = basin("presets").out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *preset_names()]


def test_presets_are_json_too(basin):
    rows = basin("presets", "--json").json
    assert [row["name"] for row in rows] == list(preset_names())
    assert all(row["summary"] for row in rows)


def test_a_store_without_studies_says_so(basin, store):
    done = basin("studies")
    assert done.code == 0
    assert done.out.startswith("no studies in ")


def test_no_studies_are_an_empty_list(basin, store):
    assert basin("studies", "--json").json == []


def test_studies_are_listed_oldest_first(basin, store):
    for name in ("zebra", "ant"):
        create(store, name=name)
    assert [line.split()[0] for line in basin("studies").out.splitlines()] == ["name", "zebra", "ant"]


def test_studies_have_their_counts(basin, filled):
    (row,) = basin("studies", "--json").json
    assert (row["name"], row["state"]) == ("small", "waiting")
    assert row["trials"] == {
        "total": 6, "complete": 3, "diverged": 1, "failed": 1, "cancelled": 0, "running": 0, "waiting": 1,
        "superseded": 0,
    }  # fmt: skip


def test_show_has_the_promised_keys(basin, filled):
    shown = basin("show", "small", "--json").json
    assert {"name", "state", "trials"} <= shown.keys()
    assert shown["trials"].keys() >= COUNTED


def test_show_counts(basin, filled):
    trials = basin("show", "small", "--json").json["trials"]
    assert trials["total"] == sum(trials[name] for name in COUNTED - {"total"}) == 6


def test_show_has_the_best_configuration(basin, filled):
    assert basin("show", "small", "--json").json["best"] == {
        "arm": "base",
        "configuration": {"lr": 0.1, "p": 0.5},
        "value": 10.0,
        "seeds": 1,
    }


def test_show_takes_the_mean_over_seeds(basin, finished):
    assert basin("show", "small", "--json").json["best"] == {
        "arm": "base", "configuration": {"lr": 1.0}, "value": 15.0, "seeds": 2,
    }  # fmt: skip


def test_show_has_no_best_before_the_first_outcome(basin, store):
    create(store)
    assert basin("show", "small", "--json").json["best"] is None


def test_show_of_a_configuration_with_open_seeds_has_no_best(basin, store):
    fill(store, create(store), [10.0])
    assert basin("show", "small", "--json").json["best"] is None


def test_show_is_read_by_people(basin, filled):
    out = basin("show", "small").out
    assert out.startswith("small: waiting\n")
    assert "digits, mlp, batch 128, 2 epochs" in out
    assert "lr (0.01 to 1), p (0 to 0.5); optimizer padam torch" in out
    assert "6 total, 3 complete, 1 diverged, 1 failed, 1 waiting" in out
    assert "lr=0.1, p=0.5: 10.00 % (test, final, one seed)" in out
    assert "ETA" in out


def test_show_has_the_training_time_of_all_attempts(basin, filled):
    assert basin("show", "small", "--json").json["training_seconds"] == 7.0
    assert "  training    7.0 s, all attempts together\n" in basin("show", "small").out


def test_show_of_an_untrained_study_has_no_training_time(basin, store):
    create(store)
    assert basin("show", "small", "--json").json["training_seconds"] == 0.0
    assert "training" not in basin("show", "small").out


@pytest.fixture
def between_looks(monkeypatch):
    """Return a function that says what happens between the looks of a watch; more looks than that are a failure."""

    def between_looks(*events):
        coming = iter(events)
        monkeypatch.setattr("study.cli.read.sleep", lambda _seconds: next(coming)())

    return between_looks


def test_watching_shows_every_change_until_the_end(basin, store, between_looks):
    study = create(store)
    between_looks(
        lambda: None, lambda: fill(store, study, [10.0] * 2), lambda: None, lambda: fill(store, study, [5.0] * 4)
    )
    done = basin("show", "small", "--watch")
    assert done.code == 0
    blocks = done.out.split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == ["small: waiting", "small: waiting", "small: complete"]
    assert ["best" in block for block in blocks] == [False, True, True]
    assert done.out == done.out.rstrip("\n") + "\n"


def test_watching_as_json_is_a_line_a_change(basin, store, between_looks):
    study = create(store)
    between_looks(lambda: None, lambda: fill(store, study, [10.0] * 6))
    lines = [json.loads(line) for line in basin("show", "small", "--watch", "--json").out.splitlines()]
    assert [line["trials"]["complete"] for line in lines] == [0, 6]
    assert lines[-1] == basin("show", "small", "--json").json


def test_watching_a_finished_study_shows_it_once(basin, finished, between_looks):
    between_looks()
    assert basin("show", "small", "--watch").out == basin("show", "small").out


def test_on_a_terminal_watching_redraws_in_place(basin, store, between_looks, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    study = create(store)
    between_looks(lambda: fill(store, study, [10.0] * 6))
    out = basin("show", "small", "--watch").out
    first, up, second = out.partition("\x1b[1A")
    assert up
    assert "small: waiting" in first
    assert "small: complete" in second


def test_watching_a_study_that_goes_away_says_so(basin, store, between_looks):
    study = create(store)
    between_looks(lambda: sql(store, f"DELETE FROM study WHERE id = {study.id}"))
    assert basin("show", "small", "--watch").code == 3


def test_show_of_a_finished_study_has_no_eta(basin, finished):
    done = basin("show", "small")
    assert done.out.startswith("small: complete\n")
    assert "ETA" not in done.out


def test_show_of_a_running_study_counts_its_drivers(basin, store):
    study = create(store)
    lease(store, study, "ann")
    lease(store, study, "ben")
    shown = basin("show", "small", "--json").json
    assert (shown["state"], shown["drivers"], shown["trials"]["running"]) == ("running", 2, 2)


def test_show_says_since_when_a_study_is_stalled(basin, store):
    lease(store, create(store))
    sql(store, "UPDATE trial SET lease_until = 0.0 WHERE state = 'running'")
    assert basin("show", "small", "--json").json["state"] == "stalled"
    assert "stalled since 1970-01-01 00:00:00 UTC: no driver lives" in basin("show", "small").out


def test_trials_have_the_promised_keys(basin, filled):
    rows = basin("trials", "small", "--format", "json").json
    assert len(rows) == 6
    assert all(row.keys() >= PROMISED for row in rows)


def test_trials_are_null_where_a_value_does_not_apply(basin, filled):
    rows = basin("trials", "small", "--json").json
    assert [row["diverged_epoch"] for row in rows] == [None, None, 1, None, None, None]
    assert [row["test_error_final"] for row in rows] == [30.0, 20.0, None, 10.0, None, None]


def test_trials_as_csv_are_those_of_json(basin, filled):
    rows = basin("trials", "small", "--json").json
    listed = list(csv.DictReader(io.StringIO(basin("trials", "small", "--format", "csv").out)))
    assert [row.keys() for row in listed] == [row.keys() for row in rows]
    assert [row["lr"] for row in listed] == [str(row["lr"]) for row in rows]


def test_trials_as_a_table_have_a_line_each(basin, filled):
    lines = basin("trials", "small").out.splitlines()
    assert lines[0].split()[:4] == ["number", "state", "seed", "lr"]
    assert len(lines) == 7


def test_parquet_of_trials_is_refused_on_a_terminal(basin, filled, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert basin("trials", "small", "--format", "parquet").code == 2


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("test_error_final", [3, 1, 0, 2, 4, 5]),
        ("-test_error_final", [0, 1, 3, 2, 4, 5]),
        ("-number", [5, 4, 3, 2, 1, 0]),
        ("p", [0, 2, 4, 1, 3, 5]),
    ],
)
def test_trials_are_sorted_with_empty_values_last(basin, filled, sort, numbers):
    assert [row["number"] for row in basin("trials", "small", "--json", "--sort", sort).json] == numbers


@pytest.mark.parametrize(("limit", "count"), [(0, 0), (2, 2), (100, 6)])
def test_at_most_so_many_trials_are_printed(basin, filled, limit, count):
    assert len(basin("trials", "small", "--json", "--limit", limit).json) == count


def test_columns_come_in_the_order_asked_for(basin, filled):
    done = basin("trials", "small", "--columns", "lr, number", "--format", "csv", "--limit", 1)
    assert done.out == "lr,number\n0.01,0\n"


@pytest.mark.parametrize("option", ["--columns", "--sort"])
def test_an_unknown_column_is_refused_with_the_nearest(basin, filled, option):
    done = basin("trials", "small", option, "test_eror_final")
    assert done.code == 2
    assert done.err == "basin: no column 'test_eror_final'; did you mean 'test_error_final'?\n"


@pytest.mark.parametrize(
    ("where", "numbers"),
    [("lr < 0.1", [0, 1]), ("state = 'diverged' or state = 'failed'", [2, 4]), ("p = 0.5 and lr > 0.01", [3, 5])],
)
def test_trials_are_those_for_which_an_expression_is_true(basin, filled, where, numbers):
    assert [row["number"] for row in basin("trials", "small", "--json", "--where", where).json] == numbers


def test_a_faulty_expression_points_at_its_fault(basin, filled):
    done = basin("trials", "small", "--where", "lr < ")
    assert done.code == 2
    assert done.err.splitlines()[-1].strip() == "^"


def test_a_study_without_configurations_yet_has_its_slots(basin, store):
    create(store, **tpe(2))
    rows = basin("trials", "small", "--json").json
    assert [(row["number"], row["lr"]) for row in rows] == [(0, None), (1, None), (2, None), (3, None)]


def test_curves_have_an_epoch_a_row(basin, store):
    fill(store, create(store), [10.0, "diverged"])
    rows = basin("curves", "small", "--format", "json").json
    assert [(row["number"], row["epoch"], row["test_error"]) for row in rows] == [(0, 1, 10.0), (0, 2, 10.0)]


def test_curves_of_some_trials(basin, finished):
    rows = basin("curves", "small", "--json", "--where", "lr = 0.1 and seed = 1").json
    assert [(row["number"], row["epoch"]) for row in rows] == [(3, 1), (3, 2)]


def test_curves_have_the_columns_asked_for_those_of_the_trial_too(basin, finished):
    rows = basin("curves", "small", "--json", "--columns", "weight_decay,epoch,number", "--limit", 3).json
    assert [list(row) for row in rows] == [["weight_decay", "epoch", "number"]] * 3
    assert [(row["number"], row["epoch"]) for row in rows] == [(0, 1), (0, 2), (1, 1)]


def test_curves_refuse_an_unknown_column_with_the_nearest(basin, finished):
    done = basin("curves", "small", "--columns", "epoch,train_los")
    assert (done.code, done.out) == (2, "")
    assert "did you mean 'train_loss'?" in done.err


def test_a_column_named_twice_is_refused(basin, finished):
    done = basin("trials", "small", "--columns", "lr,p,LR", "--json")
    assert (done.code, done.out) == (2, "")
    assert "must name a column once, got lr" in done.err


def test_columns_are_named_in_any_case(basin, finished):
    rows = basin("trials", "small", "--columns", "LR,Number", "--sort", "-NUMBER", "--json").json
    assert [row["number"] for row in rows] == [5, 4, 3, 2, 1, 0]


def test_a_query_that_fails_prints_no_head(basin, finished):
    done = basin("trials", "small", "--where", "foo = 1", "--format", "csv")
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize("name", ["va\udcff", "a\0b", "x' or 'a'='a", "", "A"])
def test_what_is_no_name_is_no_study(basin, finished, name):
    assert basin("show", "--", name).code == 3


def test_a_limit_beyond_any_store_is_no_limit(basin, finished):
    assert len(basin("trials", "small", "--limit", 2**70, "--json").json) == 6


@pytest.mark.parametrize("command", [("studies",), ("trials", "small"), ("report", "small", "--out", "o"), ("reap",)])
def test_a_database_of_others_is_left_as_it_was(basin, folder, command):
    path = folder / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE notes (a)")
        other.commit()
    before = path.read_bytes()
    done = basin(*command, "--store", path)
    assert done.code == 4
    assert "holds no store; `basin run` makes one" in done.err
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", [("trials", "small"), ("curves", "small"), ("report", "small", "--out", "o")])
def test_a_damaged_store_is_said_to_be_damaged(basin, finished, folder, command):
    content = (folder / "basin.db").read_bytes()
    (folder / "damaged.db").write_bytes(content[: len(content) // 2])
    done = basin(*command, "--store", "damaged.db")
    assert done.code == 4
    assert "restore the file from a copy" in done.err


def test_no_columns_at_all_are_refused(basin, finished):
    assert basin("trials", "small", "--columns", "").code == 2

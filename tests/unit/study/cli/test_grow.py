from __future__ import annotations

import json

import pytest

from tests.unit.study.common import DOCUMENT, create, sql


@pytest.fixture
def wider(folder):
    """Write the study's specification with one value more."""
    space = {"lr": {"values": [0.01, 0.1, 1.0, 10.0]}}
    path = folder / "wider.json"
    path.write_text(json.dumps(DOCUMENT | {"space": space}), encoding="utf-8")
    return path


def test_extending_adds_what_is_missing(basin, finished, wider):
    done = basin("extend", "small", wider)
    assert done.out.startswith("study small: 2 trials added (1 new configurations), 8 in all\n")
    assert finished.studies.counts(1).waiting == 2


def test_a_study_whose_name_reads_as_a_number_is_extended(basin, store, wider):
    create(store, name="2026")
    assert basin("extend", "2026", wider, "--json").json["added"]["trials"] == 2


def test_extending_is_told_as_json(basin, finished, wider):
    assert basin("extend", "small", wider, "--set", "seeds=3", "--json").json == {
        "name": "small",
        "dry_run": False,
        "added": {"configurations": 1, "trials": 6},
        "total": 12,
    }


def test_extending_by_nothing_adds_nothing(basin, finished, wider):
    basin("extend", "small", wider)
    assert basin("extend", "small", wider, "--json").json["added"] == {"configurations": 0, "trials": 0}


def test_a_dry_run_says_what_would_be_added_and_writes_nothing(basin, finished, wider):
    before = sql(finished, "SELECT * FROM study"), sql(finished, "SELECT * FROM trial")
    done = basin("extend", "small", wider, "--dry-run")
    assert done.out == (
        "study small: 2 trials would be added (1 new configurations), 8 in all\nnothing was written\n"
    )
    assert basin("extend", "small", wider, "--dry-run", "--json").json == {
        "name": "small", "dry_run": True, "added": {"configurations": 1, "trials": 2}, "total": 8,
    }  # fmt: skip
    assert (sql(finished, "SELECT * FROM study"), sql(finished, "SELECT * FROM trial")) == before


def test_the_winner_gets_fresh_seeds(basin, finished):
    before = sql(finished, "SELECT * FROM trial")
    dry = basin("extend", "small", "--winner", "3", "--dry-run")
    assert dry.out == (
        "study small: 3 trials would be added (fresh seeds for the best), 9 in all\nnothing was written\n"
    )
    assert sql(finished, "SELECT * FROM trial") == before
    assert basin("extend", "small", "--winner", "3", "--json").json == {
        "name": "small", "dry_run": False, "added": {"configurations": 0, "trials": 3}, "total": 9,
    }  # fmt: skip
    assert basin("extend", "small", "--winner", "3").code == 2  # they have not ended
    assert {row["seed"] for row in sql(finished, "SELECT seed FROM trial")} == {0, 1, 2, 3, 4}
    assert basin("db", "check").code == 0


def test_fresh_seeds_are_a_number_and_stand_alone(basin, finished, wider):
    before = sql(finished, "SELECT * FROM trial")
    for arguments, told in (
        (("--winner", "0"), "--winner must be at least 1 fresh seed, got 0"),
        ((wider, "--winner", "3"), "--winner adds seeds to what is there, and takes no SPEC and no --set"),
        (
            ("--winner", "3", "--set", "seeds=5"),
            "--winner adds seeds to what is there, and takes no SPEC and no --set",
        ),
        ((), "Missing argument 'SPEC'; or --winner N for fresh seeds of the best"),
    ):
        done = basin("extend", "small", *arguments)
        assert (done.code, done.out) == (2, "")
        assert told in done.err
    assert sql(finished, "SELECT * FROM trial") == before


@pytest.mark.parametrize("assignment", ["epochs=5", "seeds=1", "task.network=resnet8", "space.lr.values=[0.01, 0.1]"])
def test_what_may_not_change_is_refused(basin, finished, wider, assignment):
    before = finished.studies.get("small")
    done = basin("extend", "small", wider, "--set", assignment)
    assert done.code == 2
    assert done.err.startswith("basin: study small cannot be extended by this specification:\n")
    assert finished.studies.get("small") == before


@pytest.mark.parametrize(
    ("options", "count"),
    [(["--failed"], 1), (["--diverged"], 1), (["--failed", "--diverged"], 2), (["--where", "lr < 0.1"], 2)],
    ids=["failed", "diverged", "both", "where"],
)
def test_chosen_trials_are_retried(basin, filled, options, count):
    assert basin("retry", "small", *options, "--json").json == {"name": "small", "retried": count}
    assert filled.studies.counts(1).superseded == count


def test_retrying_keeps_n(basin, filled):
    basin("retry", "small", "--failed", "--diverged")
    assert filled.studies.counts(1).total == 6


def test_retrying_must_be_told_which(basin, filled):
    done = basin("retry", "small")
    assert done.code == 2
    assert "--failed, --diverged or --where" in done.err

"""``basin claims``: what the store says, whatever it holds."""

from __future__ import annotations

import pytest

from tests.unit.study.common import CODE, create, fill, sql

STUDY = {
    "name": "report-sensitivity-cifar10",
    "task": {"dataset": "cifar10", "network": "resnet18"},
    "optimizer": {"name": "padam"},
    "epochs": 2,
    "space": {"lr": {"values": [0.001, 0.01, 0.1]}, "p": {"values": [0.0625, 0.25]}},
    "seeds": 3,
}


def claim(done, name):
    return next(it for it in done.json if it["name"] == name)


def test_a_store_without_studies_has_run_nothing(basin, store):
    done = basin("claims", "--json")
    assert done.code == 0
    assert [it["name"] for it in done.json] == [f"H{number}" for number in range(1, 14)]
    assert {it["verdict"] for it in done.json} == {"not run"}
    assert {test["n"] for it in done.json for one in it["experiments"] for test in one["tests"]} == {0}


def test_so_has_a_folder_without_a_store(basin, folder):
    done = basin("claims", "--json")
    assert (done.code, done.err) == (0, "there is no store: nothing was run\n")
    assert {it["verdict"] for it in done.json} == {"not run"}
    assert list(folder.iterdir()) == []


def test_a_store_that_was_named_must_be_there(basin, folder):
    assert basin("claims", "--store", "other.db").code == 4


@pytest.fixture
def trained(store):
    """Return a store with a study in which the best rate falls from 0.1 at p = 1/16 to 0.001 at p = 1/4."""
    study = create(store, **STUDY)
    surface = {(0.001, 0.0625): 40.0, (0.01, 0.0625): 30.0, (0.1, 0.0625): 20.0}
    surface |= {(0.001, 0.25): 20.0, (0.01, 0.25): 30.0, (0.1, 0.25): 60.0}
    rows = sql(
        store,
        "SELECT t.number, t.seed, c.hyperparameters AS point FROM trial t "
        "JOIN configuration c ON c.id = t.configuration_id ORDER BY t.number",
    )
    import json

    points = [(json.loads(row["point"]), row["seed"]) for row in rows]
    fill(store, study, [surface[point["lr"], point["p"]] + seed for point, seed in points])
    return store


def test_verdicts_are_worked_out_from_differences_over_seeds(basin, trained):
    done = basin("claims", "--json")
    third = claim(done, "H3")
    assert third["verdict"] == "supported"
    (one,) = [it for it in third["experiments"] if it["verdict"] != "not run"]
    assert one["preset"] == "report-sensitivity-cifar10"
    assert [(test["n"], test["verdict"]) for test in one["tests"]] == [(3, "supported")] * 2
    assert [test["mean"] for test in one["tests"]] == pytest.approx([60.0 - 25.0, -2 / 0.1875])
    assert claim(done, "H4")["experiments"][0]["tests"][0]["mean"] == pytest.approx(40.0 + 20.0)
    assert claim(done, "H1")["verdict"] == "not run"


def test_one_that_happens_somewhere_is_never_contradicted(basin, trained):
    """The records have a mean log10 v of -4."""
    it = claim(basin("claims", "--json"), "H6")
    assert it["verdict"] == "undecided"
    (test,) = it["experiments"][0]["tests"]
    assert (test["refutable"], test["n"], test["mean"], test["verdict"]) == (False, 3, -4.0, "undecided")


def test_a_study_that_is_not_as_the_preset_says_where(basin, trained):
    (one,) = [it for it in claim(basin("claims", "--json"), "H3")["experiments"] if it["verdict"] != "not run"]
    assert one["bundled"]
    assert one["measure"] == "final test error (%)"
    assert any(line.startswith("epochs: ") for line in one["otherwise"])
    assert not any("seeds" in line for line in one["otherwise"])


def test_the_table_has_interval_n_and_verdict(basin, trained):
    out = basin("claims").out
    assert out.startswith("H1  not run: Padam converges faster")
    line = next(line for line in out.splitlines() if "at p = 1/4 (points)" in line and "sensitivity-cifar10" in line)
    assert line.split()[-6:] == ["0", "3", "35", "[35,", "35]", "supported"]
    assert "report-sensitivity-cifar10 is not as the preset: epochs: " in out


def test_more_seeds_make_it_no_other_study(basin, store):
    from search_spaces.validation import load

    preset = load("report-sensitivity-cifar10")
    store.studies.create(preset.model_copy(update={"seeds": 7}), CODE)
    one = claim(basin("claims", "--json"), "H3")["experiments"][0]
    assert (one["otherwise"], one["verdict"]) == ([], "not run")

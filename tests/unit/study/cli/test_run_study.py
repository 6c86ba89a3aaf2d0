"""``basin run``, as far as it goes without a cluster."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from study.cli.run_study import _repeated
from study.description import best_so_far
from study.operations import driving
from tests.unit.study.common import DOCUMENT, create, fill, sql


@pytest.fixture
def spec(folder):
    path = folder / "small.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return path.name


@pytest.fixture
def undriven(monkeypatch):
    """Let the drive end as it began: nothing is trained."""
    monkeypatch.setattr(driving, "_driven", lambda store, study, _interruption, **_: store.studies.status(study))


@pytest.fixture
def interrupted(handlers, monkeypatch):
    """Let a signal come before the drive has begun."""

    def driven(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(driving, "_driven", driven)


FAULTY = {
    "yaml": "name: [",
    "empty": "",
    "faults": "name: Bad\nepochs: 0\n",
    "unknown key": json.dumps(DOCUMENT | {"epoch": 2}),
}


@pytest.mark.parametrize("content", FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_specification_is_2_and_makes_no_store(basin, folder, content):
    (folder / "bad.yaml").write_text(content, encoding="utf-8")
    done = basin("run", "bad.yaml")
    assert done.code == 2
    assert done.err.startswith("basin: ")
    assert [path.name for path in folder.iterdir()] == ["bad.yaml"]


def test_all_faults_stand_in_one_message(basin, folder):
    (folder / "bad.yaml").write_text(FAULTY["faults"], encoding="utf-8")
    err = basin("run", "bad.yaml").err
    assert all(word in err for word in ("name: ", "epochs: ", "task: is required", "space: is required"))


@pytest.mark.parametrize("assignment", ["epochs", "epochs=0", "epoch=3", "seeds=many"])
def test_a_faulty_assignment_is_2_and_makes_no_store(basin, folder, spec, assignment):
    assert basin("run", spec, "--set", assignment).code == 2
    assert not (folder / "basin.db").exists()


def test_a_faulty_assignment_is_told_as_one_and_not_as_the_file_s(basin, spec):
    done = basin("run", spec, "--set", "seeds=abc")
    assert done.err == "basin: --set seeds=abc has 1 fault:\n  seeds: must be a whole number, got 'abc'\n"


@pytest.mark.parametrize("spec", ["nosuch", "nosuch.yaml", "digits-lr"])
def test_a_specification_that_is_not_there_is_2(basin, folder, spec):
    assert basin("run", spec).code == 2
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_a_faulty_number_of_workers_is_2(basin, folder, spec, workers):
    assert basin("run", spec, "--workers", workers).code == 2
    assert not (folder / "basin.db").exists()


def test_a_faulty_setting_is_2_and_makes_no_store(basin, folder, spec, monkeypatch):
    monkeypatch.setenv("BASIN_WORKERS", "many")
    assert basin("run", spec).code == 2
    assert not (folder / "basin.db").exists()


@pytest.mark.parametrize("resource", ["cpus=1000000", "cpus=1024", "gpus=1e300", "gpus=64"])
def test_more_than_this_machine_has_is_2_and_makes_no_store(basin, folder, spec, resource):
    done = basin("run", spec, "--set", f"resources.{resource}")
    assert done.code == 2, done.err
    assert resource.partition("=")[0] in done.err
    assert not (folder / "basin.db").exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RAY_AUTH_MODE", "disabled"),
        ("TUNE_MAX_PENDING_TRIALS_PG", "abc"),
        ("BASIN_LEASE_SECONDS", "1e12"),
        ("BASIN_DATA", "~nosuchuser/data"),
    ],
)
def test_a_faulty_environment_is_2_and_makes_no_store(basin, folder, spec, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    done = basin("run", spec)
    assert done.code == 2, done.err
    assert not (folder / "basin.db").exists()


@pytest.mark.usefixtures("undriven")
def test_a_drive_that_ends_before_its_study_is_1_and_says_how_to_continue(basin, spec):
    done = basin("run", spec)
    assert done.code == 1
    assert "not finished: 0/6 done" in done.err
    assert done.err.endswith(f"Continue with:\n  basin run {spec}\n")


@pytest.mark.usefixtures("undriven")
def test_an_address_that_is_not_used_is_told(basin, spec, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert "note: RAY_ADDRESS is not used; --address or BASIN_ADDRESS names a cluster\n" in basin("run", spec).err


@pytest.mark.usefixtures("undriven")
def test_a_study_is_created(basin, folder, spec):
    done = basin("run", spec)
    assert "study small created: 3 configurations x 2 seeds = 6 trials of 2 epochs" in done.err
    assert (folder / "basin.db").exists()


@pytest.mark.usefixtures("undriven")
def test_a_study_is_continued(basin, store, spec):
    basin("run", spec)
    assert "study small continued" in basin("run", spec, "--set", "resources.cpus=2").err
    assert len(sql(store, "SELECT * FROM trial")) == 6


@pytest.mark.usefixtures("undriven")
def test_what_a_reader_should_know_is_told_when_a_study_is_created(basin, folder, spec):
    mean = ("--set", "objective.statistic=mean_last5")
    created = basin("run", spec, *mean).err
    assert created.count("\nnote: ") == 1
    assert "\nnote: objective.statistic mean_last5 is the mean of all 2 epochs, " in created
    assert "mean_last5 is" not in basin("run", spec, *mean).err


@pytest.mark.usefixtures("undriven")
def test_a_study_without_anything_to_know_has_no_note(basin, folder, spec):
    assert "note:" not in basin("run", spec).err


def test_another_specification_of_the_name_is_2(basin, store, spec):
    create(store)
    done = basin("run", spec, "--set", "epochs=3")
    assert done.code == 2
    assert "epochs: stored 2, given 3" in done.err
    assert "basin extend small" in done.err


def test_another_code_is_told(basin, finished, spec):
    assert "began with code 0.1.0+0123456789abcdef, this is " in basin("run", spec).err


def test_a_finished_study_is_not_trained_again(basin, finished, spec):
    before = sql(finished, "SELECT * FROM attempt")
    done = basin("run", spec)
    assert done.code == 0
    assert "finished already; nothing is trained again" in done.err
    assert sql(finished, "SELECT * FROM attempt") == before


def test_the_summary_is_printed(basin, finished, spec):
    out = basin("run", spec).out
    assert re.match(
        r"study small complete: 6/6 done, 0 running, 0 diverged; took \d\.\d s here, 12 s of training\n", out
    )
    assert "best: lr=1: 15.00 % test error (final, mean over 2 seeds)\n" in out
    assert out.endswith("next: basin report small --out reports/small\n")


def test_time_is_what_was_spent_and_not_what_went_by(basin, store, spec):
    fill(store, create(store), [10.0] * 6)
    sql(store, "UPDATE trial SET started_at = started_at - 86400 WHERE number = 0")
    assert re.search(r"; took \d\.\d s here, 12 s of training\n", basin("run", spec).out)


def test_the_best_so_far_has_the_objectives_name_and_unit(store):
    study = create(store, objective={"statistic": "min", "split": "test"})
    assert best_so_far(store, study) is None
    fill(store, study, [30.0, 10.0])
    assert best_so_far(store, study) == "20.00 % test error (min)"


def test_a_study_with_failures_is_5(basin, store, spec):
    fill(store, create(store), [10.0, "failed", 10.0, 10.0, 10.0, 10.0])
    done = basin("run", spec)
    assert done.code == 5
    assert "1 trials failed; see `basin trials small --columns number,state,reason`" in done.err


def test_a_cancelled_study_is_not_done(basin, store, spec):
    create(store)
    basin("cancel", "small")
    done = basin("run", spec)
    assert done.code == 0
    assert "study small was cancelled; nothing is trained\n" in done.err
    assert done.out.startswith("study small cancelled: 0/6 done, 0 running, 0 diverged, 6 cancelled; took ")
    assert done.out.endswith(
        "6 trials were cancelled; `basin retry small --where \"state = 'cancelled'\"` takes them back\n"
    )


def test_what_was_trained_of_a_cancelled_study_can_be_reported(basin, store, spec):
    fill(store, create(store), [10.0])
    basin("cancel", "small")
    done = basin("run", spec)
    assert (done.code, "study small cancelled: 1/6 done" in done.out) == (0, True)
    assert done.out.endswith("next: basin report small --out reports/small\n")


def test_a_study_that_diverged_throughout_is_0(basin, store, spec):
    fill(store, create(store), ["diverged"] * 6)
    assert basin("run", spec).code == 0


def test_a_study_that_is_deleted_under_its_driver_is_3(basin, spec, monkeypatch):
    def driven(store, study, _interruption, **_options):
        store.studies.delete(study)
        return store.studies.status(study)

    monkeypatch.setattr(driving, "_driven", driven)
    done = basin("run", spec)
    assert (done.code, done.out) == (3, "")
    assert "study small was deleted while it was driven" in done.err


@pytest.mark.usefixtures("interrupted")
def test_an_interruption_is_130(basin, spec):
    done = basin("run", spec)
    assert done.code == 130
    assert "interrupted: 0/6 done" in done.err


@pytest.mark.usefixtures("interrupted")
def test_an_interruption_says_how_to_continue(basin, spec):
    words = ["basin", "run", spec, "--store", "my store.db", "--set", "seeds=1", "--workers", "2"]
    assert shlex.split(basin(*words[1:]).err.splitlines()[-1]) == words


@pytest.mark.usefixtures("interrupted")
def test_an_interruption_keeps_the_study(basin, spec):
    basin("run", spec)
    assert basin("studies", "--json").json[0]["trials"]["waiting"] == 6


def test_options_are_repeated_as_they_were_given():
    words = _repeated("a.db", "node:6379", ["seeds=3", "epochs=2"], 4, Path("data"))
    assert list(words) == [
        "--store", "a.db", "--address", "node:6379", "--set", "seeds=3", "--set", "epochs=2", "--workers", "4",
        "--data", "data",
    ]  # fmt: skip


def test_options_that_were_not_given_are_not_repeated():
    assert list(_repeated(None, None, None, None, None)) == []


@pytest.mark.parametrize(
    "url", ["postgresql://u:hunter2@h/d", "postgresql://h/d?user=u&password=hunter2"], ids=["url", "query"]
)
def test_a_password_is_not_repeated(url):
    assert not any("hunter2" in word for word in _repeated(url, None, None, None, None))


def test_there_are_no_more_workers_than_trials(basin, spec, monkeypatch):
    asked = []
    monkeypatch.setattr("study.tuning.run_tickets", lambda _driver, **options: asked.append(options["workers"]))
    done = basin("run", spec, "--workers", "1" + 30 * "0")
    assert asked == [6], done.err

"""Everything declared can be varied: through validation, store, driver, Ray, worker, queries and report."""

import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("joined")]

STUDY = """
name: varied
task: {dataset: digits, network: mlp, subset: 200, augmentation: none}
optimizer: {weight_decay: 0.1, lr: 0.1}
schedules: {p: {name: multistep, milestones: [1]}}
epochs: 2
space:
  batch_size: {low: 16, high: 64, log: true, points: 2}
  decay: {values: [decoupled-lr, l2]}
  width: {values: [32]}
  schedules.p.gamma: {values: [0.5, 1]}
seeds: 1
"""
FIXED = """
name: fixed
task: {dataset: digits, network: {name: mlp, width: 32}, subset: 200, batch_size: 64}
optimizer: {weight_decay: 0.1, decay: decoupled-lr}
schedules: {p: {name: multistep, milestones: [1], gamma: 0.5}}
epochs: 2
space: {lr: {values: [0.1]}}
seeds: 1
"""


def test_a_varied_option_trains_as_the_same_option_does_where_it_is_fixed(folder):
    folder.write("varied.yaml", STUDY)
    folder.write("fixed.yaml", FIXED)
    for name in ("varied", "fixed"):
        done = folder.run("run", f"{name}.yaml")
        assert done.returncode == 0, done.stderr
    rows = folder.json("trials", "varied", "--format", "json")
    assert len({(row["task.batch_size"], row["decay"], row["schedules.p.gamma"]) for row in rows}) == 8
    assert len({row["train_loss_final"] for row in rows}) == 8
    where = "batch_size = 64 and decay = 'decoupled-lr' and schedules.p.gamma = 0.5"
    (same,) = folder.json("trials", "varied", "--where", where, "--json")
    (alone,) = folder.json("trials", "fixed", "--json")
    assert same["train_loss_final"] == pytest.approx(alone["train_loss_final"], rel=1e-6)
    assert same["test_error_final"] == alone["test_error_final"]
    # The same file continues the study: there is nothing left to train.
    assert folder.run("run", "varied.yaml").returncode == 0
    assert folder.json("trials", "varied", "--format", "json") == rows
    assert folder.json("db", "check", "--json")["findings"] == []
    assert folder.run("report", "varied", "--out", "out").returncode == 0
    wider = STUDY.replace("[decoupled-lr, l2]", "[l2, normalised, decoupled-lr]")
    folder.write("wider.yaml", wider)
    assert folder.json("extend", "varied", "wider.yaml", "--json")["added"] == {"configurations": 4, "trials": 4}

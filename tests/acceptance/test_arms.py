"""Arms and a task without images: through validation, store, driver, Ray, worker, queries, report and growth."""

import json

import pytest

from tests.acceptance.conftest import BACKENDS, SPECIFICATION

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("joined")]

TOY = """
name: toy
task: {name: beale, steps: 10}
optimizer: {name: adam}
epochs: 2
space:
  lr: {low: 1e-3, high: 10, log: true, points: 3}
  beta1: {values: [0.5, 0.9]}
seeds: 3
arms:
  adam: {}
  sgd: {optimizer: {name: sgd}, space: {beta1: null, momentum: {values: [0, 0.9]}}}
  noisy: {task: {noise: 1}, epochs: 3, space: {beta1: null}}
"""
PADAM = TOY + "  padam: {optimizer: {name: padam}, space: {beta1: null, p: {values: [0.5]}}}\n"
ARMS = {"adam": 6, "sgd": 6, "noisy": 3}


def ended(folder, code, *arguments):
    """Run a command that must end with a code."""
    done = folder.run(*arguments)
    assert done.returncode == code, done.stderr


def counted(rows):
    found = {}
    for row in rows:
        found[row["arm"]] = found.get(row["arm"], 0) + 1
    return found


@pytest.mark.parametrize("folder", BACKENDS, indirect=True)
def test_an_arm_study_is_trained_queried_shown_and_reported(folder):
    folder.write("toy.yaml", TOY)
    done = folder.run("run", "toy.yaml")
    assert done.returncode == 0, done.stderr
    assert "15 configurations in 3 arms x 3 seeds = 45 trials of 2 to 3 epochs" in done.stderr
    rows = folder.json("trials", "toy", "--format", "json")
    assert [row["number"] for row in rows] == list(range(45))
    assert counted(rows) == {name: 3 * cells for name, cells in ARMS.items()}
    assert {row["optimizer"] for row in rows if row["arm"] == "sgd"} == {"sgd"}
    assert {row["epochs_done"] for row in rows if row["state"] == "complete" and row["arm"] == "noisy"} == {3}
    assert all(row["test_error_final"] is None for row in rows)
    # Without noise all seeds of a cell are one descent, with it they are not.
    cells = {}
    for row in rows:
        if row["state"] == "complete":
            point = row["arm"], row["lr"], row["beta1"], row["momentum"]
            cells.setdefault(point, set()).add(row["excess_final"])
    assert {len(values) for (arm, *_), values in cells.items() if arm != "noisy"} == {1}
    assert {len(values) for (arm, *_), values in cells.items() if arm == "noisy"} == {3}
    sgd = folder.json("trials", "toy", "--where", "arm = 'sgd' and momentum = 0", "--json")
    assert counted(sgd) == {"sgd": 9}
    # Nothing speaks of images or percent.
    shown = folder.run("show", "toy").stdout
    assert "arm noisy: 9 total" in shown
    table = folder.run("trials", "toy").stdout
    ended(folder, 0, "report", "toy", "--out", "out")
    summary = json.loads((folder.path / "out/summary.json").read_text())
    page = (folder.path / "out/trials.csv").read_text() + shown + table
    page += (folder.path / "out/report.html").read_text().split("<h2>Specification</h2>")[0].split("base64")[0]
    assert not [word for word in ("test_error", "test error", "percent", "(%)", "images", "guess") if word in page]
    best = min(
        (row for row in rows if row["state"] == "complete" and row["arm"] != "noisy"),
        key=lambda row: row["excess_final"],
    )
    assert summary["arms"][best["arm"]]["best"]["mean"] == pytest.approx(best["excess_final"])
    assert folder.json("show", "toy", "--json")["best"]["value"] == pytest.approx(summary["best"]["mean"])
    # The same file continues the study.
    ended(folder, 0, "run", "toy.yaml")
    assert folder.json("trials", "toy", "--format", "json") == rows
    assert folder.json("db", "check", "--json")["findings"] == []


@pytest.mark.parametrize("folder", BACKENDS, indirect=True)
def test_an_arm_study_is_extended_by_an_arm(folder):
    folder.write("toy.yaml", TOY)
    folder.write("padam.yaml", PADAM)
    ended(folder, 0, "run", "toy.yaml", "--set", "seeds=1")
    rows = folder.json("trials", "toy", "--format", "json")
    ended(folder, 2, "run", "padam.yaml", "--set", "seeds=1")
    added = folder.json("extend", "toy", "padam.yaml", "--set", "seeds=1", "--json")["added"]
    assert added == {"configurations": 3, "trials": 3}
    ended(folder, 0, "run", "padam.yaml", "--set", "seeds=1")
    after = folder.json("trials", "toy", "--format", "json")
    assert [{name: it for name, it in row.items() if name in rows[0]} for row in after[:15]] == rows
    assert counted(after[15:]) == {"padam": 3}
    assert folder.json("db", "check", "--json")["findings"] == []


def test_a_study_without_arms_is_extended_by_one(folder):
    folder.write("small.yaml", SPECIFICATION)
    ended(folder, 0, "run", "small.yaml", "--set", "seeds=1")
    before = folder.json("trials", "small", "--format", "json")
    arms = "arms: {base: {}, adam: {optimizer: {name: adam}, space: {p: null}}}\n"
    folder.write("armed.yaml", SPECIFICATION + arms)
    refused = folder.run("extend", "small", "armed.yaml", "--set", "seeds=1", "--set", "arms.base=null")
    assert refused.returncode == 0, refused.stderr  # null is {}: base as it was
    ended(folder, 0, "run", "armed.yaml", "--set", "seeds=1")
    after = folder.json("trials", "small", "--format", "json")
    assert after[:6] == before
    assert counted(after) == {"base": 6, "adam": 3}
    again = folder.run("run", "small.yaml", "--set", "seeds=1")
    assert again.returncode == 2
    assert "arms.adam: stored alone" in again.stderr


def test_a_sampler_proposes_for_each_arm(folder):
    text = TOY.replace("points: 3", "").replace("seeds: 3", "seeds: 2\ndesign: {name: tpe, configurations: 4}")
    folder.write("toy.yaml", text.replace(", }", "}"))
    done = folder.run("run", "toy.yaml")
    assert done.returncode == 0, done.stderr
    rows = folder.json("trials", "toy", "--format", "json")
    assert counted(rows) == dict.fromkeys(ARMS, 8)
    for arm in ARMS:
        assert len({(row["lr"], row["beta1"], row["momentum"]) for row in rows if row["arm"] == arm}) == 4
    assert folder.json("db", "check", "--json")["findings"] == []


def test_arms_that_train_the_same_make_no_store(folder):
    folder.write("toy.yaml", TOY + "  twin: {optimizer: {eps: 1e-8}}\n")
    refused = folder.run("run", "toy.yaml")
    assert refused.returncode == 2
    assert "toy.yaml' has 1 fault:\n  arms.twin: trains the same as arm adam; one of them is enough" in refused.stderr
    assert not (folder.path / "basin.db").exists()

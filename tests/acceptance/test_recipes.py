"""The recipes of docs/queries.md, each run as it stands there, on a store whose answers are worked out here."""

from __future__ import annotations

import csv
import io
import math
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import pandas as pd
import pytest

from search_spaces.designs import drawn
from search_spaces.presets import preset_document
from search_spaces.validation import validate
from study.expressions import ExpressionError, parse
from study.hosts import Process
from study.store import Store
from study.store.columns import TRIAL_NAMES
from study.trials import Ending, Finish, Provenance, Report
from workers.records import Facts

pytestmark = pytest.mark.acceptance

PAGE = (Path(__file__).parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
CHECKED = []
STUDY, EPOCHS = "digits-mlp-divergence", 5
MADE = Provenance(host="node1", device="cpu", libraries={}, code_version="1")
DECAY = 5e-4
"""Of every trial of the study, as L2."""


def error_of(lr, p, seed):
    """Return the final error of a trial that completes: a valley whose best learning rate falls with p."""
    return min(5.0 + seed + 10.0 * abs(math.log10(lr) + 3.2 * p), 88.0)


def outcome_of(lr, p, seed):
    if lr >= 1_000 and p <= 0.125:
        return "diverged"
    if (lr, p, seed) == (0.01, 0.5, 2):
        return "failed"
    return "waiting" if (lr, p, seed) == (10_000.0, 0.5, 2) else "complete"


def curve_of(lr, p, seed):
    """Return the errors of every epoch; the second seed is better before the end."""
    final = error_of(lr, p, seed)
    return [final + 10.0, final + 6.0, final + 3.0, final - (3.0 if seed == 1 else 0.0), final]


def epochs_of(lr, p, seed, count):
    errors = curve_of(lr, p, seed)[:count]
    return [
        {
            "epoch": number, "train_loss": 1.0, "test_error": error, "test_error5": 0.0, "lr": lr, "p": p,
            "log10_v": -4.0 - p, "seconds": 0.1,
        }
        for number, error in enumerate(errors, start=1)
    ]  # fmt: skip


def facts_of(lr, p):
    """Return what a worker would say of the rule."""
    found = {"rule": "padam torch amsgrad", "eps_at": "outside the root, after bias correction", "decay": "l2"}
    steps = {"steps_per_epoch": 14, "total_steps": 14 * EPOCHS, "cycle_steps": 14 * EPOCHS}
    return Facts(**found, **steps, decay_per_step=None if p else lr * DECAY)


def reports_of(lease):
    point = lease.configuration["lr"], lease.configuration["p"], lease.seed
    outcome, made = outcome_of(*point), {"trial": lease.trial, "attempt": lease.attempt}
    there = replace(MADE, rule=facts_of(lease.configuration["lr"], lease.configuration["p"]))
    if outcome == "diverged":
        end = Finish(ending=Ending.DIVERGED, diverged_epoch=1 + lease.seed, last_finite_loss=7.5, provenance=there)
        return Report(**made, epochs=epochs_of(*point, lease.seed), finish=end)
    if outcome == "failed":
        return Report(**made, finish=Finish(ending=Ending.ERROR, reason="out of memory", provenance=MADE))
    end = Finish(ending=Ending.COMPLETE, seconds=2.0, images_per_second=1e3, provenance=there)
    return Report(**made, epochs=epochs_of(*point, EPOCHS), finish=end)


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Return the file of a store with the study of the page, its trials at the outcomes above."""
    path = tmp_path_factory.mktemp("known") / "basin.db"
    specification = validate(preset_document(STUDY))
    with Store(str(path), create=True) as store:
        study = store.studies.create(specification, "1")[0]
        store.leases.register("ann", Process.current())
        for _ in range(3):  # errors until a trial is failed
            leases = store.leases.claim(study.id, "ann", 96)
            done = [one for one in leases if outcome_of(*values_of(one)) != "waiting"]
            assert not store.results.report("ann", [reports_of(one) for one in done])
            store.leases.release_all("ann")
    return path


def values_of(lease):
    return lease.configuration["lr"], lease.configuration["p"], lease.seed


@pytest.fixture(scope="module")
def points():
    """Return every (lr, p, seed) of the study."""
    specification = validate(preset_document(STUDY))
    return [(c["lr"], c["p"], seed) for c in drawn(specification.base) for seed in range(3)]


@pytest.fixture
def folder(tmp_path, known):
    shutil.copy(known, tmp_path / "basin.db")
    return tmp_path


def recipe(heading):
    """Say which recipe a test runs."""
    CHECKED.append(heading)
    return pytest.mark.recipe(heading)


def code_of(heading):
    return re.findall(r"```(\w+)\n(.*?)```", RECIPES[heading], re.DOTALL)


@pytest.fixture
def shell(folder, request):
    """Return a function that runs the commands of the test's recipe and returns what they print."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BASIN_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"

    def shell():
        ((language, commands),) = code_of(heading_of(request))
        assert language == "sh"
        done = subprocess.run(
            ["bash", "-ec", commands], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return shell


def heading_of(request):
    return request.node.get_closest_marker("recipe").args[0]


def rows_of(printed):
    head, *lines = [line.split() for line in printed.splitlines()]
    return [dict(zip(head, line, strict=False)) for line in lines]


@pytest.fixture
def python(folder, monkeypatch, request):
    """Return a function that runs the first recipe in Python, then the test's own, and returns its names."""
    monkeypatch.chdir(folder)

    def python():
        names = {}
        for one in dict.fromkeys(["Read a study", heading_of(request)]):
            ((language, code),) = code_of(one)
            assert language == "python"
            exec(compile(code, one, "exec"), names)  # noqa: S102 - the page of this project
        return names

    return python


@pytest.fixture(scope="module")
def done(points):
    """Return the error of every trial that counts, by (lr, p)."""
    cells = {}
    for lr, p, seed in points:
        outcome = outcome_of(lr, p, seed)
        if outcome in {"complete", "diverged"}:
            cells.setdefault((lr, p), []).append(90.0 if outcome == "diverged" else error_of(lr, p, seed))
    return cells


# -- one test a recipe, in the order of the page


@recipe("The ten best trials")
def test_the_ten_best_trials(shell, points):
    rows = rows_of(shell())
    best = sorted(error_of(*point) for point in points if outcome_of(*point) == "complete")[:10]
    assert [float(row["test_error_final"]) for row in rows] == pytest.approx(best, rel=1e-4)


@recipe("What diverged, and when")
def test_what_diverged_and_when(shell, points):
    rows = rows_of(shell())
    expected = sorted(1 + seed for lr, p, seed in points if outcome_of(lr, p, seed) == "diverged")
    assert [int(row["diverged_epoch"]) for row in rows] == expected
    assert all(float(row["lr"]) >= 1_000 for row in rows)


@recipe("What failed, and why")
def test_what_failed_and_why(shell):
    (row,) = rows_of(shell())
    assert (row["lr"], row["p"], row["seed"], row["errors"], row["reason"]) == ("0.01", "0.5", "2", "3", "out")


@recipe("One row of the map")
def test_one_row_of_the_map(shell):
    rows = rows_of(shell())
    assert len(rows) == 8 * 3
    assert [float(row["lr"]) for row in rows] == sorted(float(row["lr"]) for row in rows)


@recipe("Where the minimum over epochs flatters")
def test_where_the_minimum_over_epochs_flatters(shell, points):
    rows = rows_of(shell())
    assert {row["seed"] for row in rows} == {"1"}
    assert len(rows) == sum(seed == 1 and outcome_of(lr, p, seed) == "complete" for lr, p, seed in points)


@recipe("Equal decay per step")
def test_equal_decay_per_step(shell):
    rows = rows_of(shell())
    assert {float(row["lr"]) for row in rows} == {0.001, 0.01, 0.1}


@recipe("By which rule")
def test_by_which_rule(shell, points):
    rows = list(csv.DictReader(io.StringIO(shell())))
    ended = sum(outcome_of(*point) in {"complete", "diverged"} for point in points)
    known = ("padam torch amsgrad", "outside the root, after bias correction", "70")
    found = [(row["rule"], row["eps_at"], row["total_steps"]) for row in rows]
    assert found == [known] * ended + [("", "", "")] * (len(points) - ended)


@recipe("What is still open")
def test_what_is_still_open(shell):
    (row,) = csv.DictReader(io.StringIO(shell()))
    assert (float(row["lr"]), float(row["p"]), row["seed"]) == (10_000.0, 0.5, "2")


@recipe("The epochs of one cell")
def test_the_epochs_of_one_cell(shell):
    rows = list(csv.DictReader(io.StringIO(shell())))
    expected = [error for seed in range(3) for error in curve_of(0.1, 0.25, seed)]
    assert [float(row["test_error"]) for row in rows] == pytest.approx(expected)


@recipe("Everything, for another program")
def test_everything_for_another_program(shell, folder, points):
    shell()
    assert len(pd.read_parquet(folder / "trials.parquet")) == len(points) == 96
    complete = sum(outcome_of(*point) == "complete" for point in points)
    diverged = sum(seed for lr, p, seed in points if outcome_of(lr, p, seed) == "diverged")
    assert len(pd.read_parquet(folder / "curves.parquet")) == EPOCHS * complete + diverged


@recipe("Another chance for some")
def test_another_chance_for_some(shell, folder):
    shell()
    with Store(str(folder / "basin.db")) as store:
        again = store.trials(STUDY, where="generation = 1")
    assert again[["lr", "p", "seed", "state"]].to_numpy().tolist() == [[0.01, 0.5, 2, "waiting"]]


@recipe("The map in SQL")
def test_the_map_in_sql(folder, points, request):
    ((language, statement),) = code_of(heading_of(request))
    assert language == "sql"
    with sqlite3.connect(f"file:{folder / 'basin.db'}?mode=ro", uri=True) as connection:
        rows = connection.execute(statement).fetchall()
    connection.close()
    cells = {}
    for lr, p, seed in points:
        cells.setdefault((lr, p), []).append(seed if outcome_of(lr, p, seed) == "complete" else None)
    assert [row[:4] for row in rows] == [
        (*cell, len(seeds), len(seeds) - seeds.count(None)) for cell, seeds in sorted(cells.items())
    ]
    for lr, p, _, complete, mean in rows:
        errors = [error_of(lr, p, seed) for seed in cells[lr, p] if seed is not None]
        assert mean == (pytest.approx(fmean(errors)) if complete else None)


@recipe("Read a study")
def test_read_a_study(python, done):
    trials = python()["trials"]
    assert sorted(trials["error"]) == pytest.approx(sorted(error for cell in done.values() for error in cell))


@recipe("The best configurations")
def test_the_best_configurations(python, done):
    best = python()["best"]
    expected = sorted(fmean(cell) for cell in done.values())[:10]
    assert best["mean"].tolist() == pytest.approx(expected)


@recipe("The best p for each learning rate")
def test_the_best_p_for_each_learning_rate(python, done):
    found = python()["best_p"].to_dict()
    ps = sorted({p for _, p in done})
    for lr in {lr for lr, _ in done}:
        assert found[lr] == min(ps, key=lambda p: fmean(done[lr, p]))


@recipe("The best learning rate for each p")
def test_the_best_learning_rate_for_each_p(python):
    assert python()["best_lr"].to_dict() == {0: 1.0, 0.125: 1.0, 0.25: 0.1, 0.5: 0.01}


@recipe("Both axes of a decoupling figure")
def test_both_axes_of_a_decoupling_figure(python):
    names = python()
    as_given, per_step = names["as_given"], names["per_step"]
    assert as_given.columns.tolist() == [DECAY]
    assert per_step.columns.tolist() == pytest.approx([lr * DECAY for lr in per_step.index])
    errors = as_given[DECAY].tolist()
    assert [per_step.iloc[n, n] for n in range(len(per_step))] == errors
    assert per_step.notna().to_numpy().sum() == len(errors) == 8


@recipe("The share that diverged")
def test_the_share_that_diverged(python):
    shares = python()["diverged"]
    assert shares.loc[0.125].to_dict() == {10.0**k: float(k >= 3) for k in range(-3, 5)}
    assert shares.loc[0.25].sum() == 0


@recipe("How much seeds differ")
def test_how_much_seeds_differ(python):
    spread = python()["spread"]
    assert spread.loc[(0.25, 0.1)].tolist() == pytest.approx([stdev([5.0, 6.0, 7.0]), 3])


@recipe("Epochs until an error is reached")
def test_epochs_until_an_error_is_reached(python):
    first = python()["first"]
    cell = first[(first["lr"] == 1.0) & (first["p"] == 0.125)]["epochs_to_20"]
    expected = [1 + next(i for i, e in enumerate(curve_of(1.0, 0.125, seed)) if e <= 20.0) for seed in range(3)]
    assert cell.tolist() == expected
    assert first[first["lr"] == 10_000.0]["epochs_to_20"].isna().all()


@recipe("How large the second moment is")
def test_how_large_the_second_moment_is(python):
    assert python()["log10_v"].to_dict() == pytest.approx({p: -4.0 - p for p in (0.0, 0.125, 0.25, 0.5)})


def test_every_recipe_is_checked():
    assert list(RECIPES) == CHECKED


def test_every_column_is_on_the_page_and_no_other():
    table = PAGE[PAGE.index("| columns |") : PAGE.index("A trial that `basin retry` replaced")]
    named = set(re.findall(r"`(\w+)`", table)) - {"waiting", "running", "complete", "diverged", "failed", "cancelled"}
    named = (named - {"validation_"}) | {f"validation_error_{s}" for s in ("final", "mean_last5", "min")}
    assert named == set(TRIAL_NAMES)


def test_the_error_on_the_page_is_the_one_that_is_printed():
    columns = dict.fromkeys(TRIAL_NAMES, "number")
    with pytest.raises(ExpressionError) as caught:
        parse("tset_error_final < 10", columns)
    assert f"basin: {caught.value}" in PAGE

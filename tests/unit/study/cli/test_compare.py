"""``basin compare``: what is printed, and what is written."""

from __future__ import annotations

import subprocess
import sys

import pytest

from analysis.compare.reference import reference_names
from tests.unit.study.common import create, fill

CIFAR = {
    "name": "mine",
    "task": {"dataset": "cifar10", "network": "resnet18"},
    "optimizer": {"name": "padam", "weight_decay": 5e-4},
    "epochs": 30,
    "space": {"lr": {"values": [0.001, 0.1]}, "p": {"values": [0.25]}},
    "seeds": 3,
}
NAME = "report-sensitivity-cifar10"


@pytest.fixture
def trained(store):
    """Return a store with a study at two cells of Figure 5: by seed 18, 17, 19 % and 40 %, diverged, to come."""
    study = create(store, **CIFAR)
    fill(store, study, [18.0, 17.0, 19.0, 40.0, "diverged"])
    return store


def row(done, cell, statistic="at"):
    return next(it for it in done.json["rows"] if (it["cell"], it["statistic"]) == (cell, statistic))


def test_a_number_beside_its_replicates(basin, trained):
    """Published 17.82; 17, 18, 19 have s = 1, and the interval is 18 -+ 4.302653 sqrt(4/3)."""
    done = basin("compare", "mine", NAME, "--json")
    assert done.code == 0
    it = row(done, "p = 0.25, lr = 0.001")
    assert (it["published"], it["measured"], it["n"], it["verdict"]) == (17.82, 18.0, 3, "within noise")
    assert it["difference"] == pytest.approx(0.18)
    assert (it["low"], it["high"]) == pytest.approx((13.031724, 22.968276), abs=1e-5)


def test_a_diverged_seed_counts_at_guessing_and_one_to_come_not_at_all(basin, trained):
    it = row(basin("compare", "mine", NAME, "--json"), "p = 0.25, lr = 0.1")
    assert (it["n"], it["diverged"], it["measured"]) == (2, 1, (40.0 + 90.0) / 2)


def test_what_was_not_trained_was_not_run(basin, trained):
    done = basin("compare", "mine", NAME, "--json")
    assert row(done, "p = 0.125, lr = 0.1")["verdict"] == "not run"
    assert done.json["verdicts"]["not run"] == 27 - 6


def test_settings_that_are_otherwise_are_named(basin, trained):
    it = row(basin("compare", "mine", NAME, "--json"), "p = 0.25, lr = 0.001")
    assert it["unlike"] == {"optimizer.variant": {"published": "report-tf", "measured": "torch"}}
    line = "otherwise than published: p = 0.25, lr = 0.001: optimizer.variant report-tf, here torch"
    assert line in basin("compare", "mine", NAME).out


def test_the_table_has_a_line_a_number_and_the_notes(basin, trained):
    out = basin("compare", "mine", NAME).out
    line = next(line for line in out.splitlines() if line.startswith("p = 0.25, lr = 0.001") and "at epoch" in line)
    assert line.split()[6:] == [
        "test_error", "at", "epoch", "30", "17.82", "18", "3", "+0.18", "13.03", "to", "22.97", "within", "noise",
    ]  # fmt: skip
    assert "6 within noise, 21 not run; 0.3 not within noise are to be expected by chance" in out
    assert "note: Each number is of one run without a seed." in out


def test_who_has_something_to_lay_over_is_told_how(basin, trained):
    told = f"basin report mine --out DIR --overlay {NAME} lays it over the figures"
    assert told in basin("compare", "mine", NAME).out
    assert "--overlay" not in basin("compare", "mine", "report-table-2").out


def test_numbers_of_an_earlier_epoch_are_read_from_the_curve(basin, trained):
    done = basin("compare", "mine", "report-curves-cifar10", "--json")
    rows = [it for it in done.json["rows"] if it["cell"] == "p = 0.25, lr = 0.001"]
    assert [(it["epoch"], it["measured"]) for it in rows] == [(epoch, 18.0) for epoch in range(1, 31)]


def test_a_picture_is_written_with_its_numbers(basin, trained, folder):
    done = basin("compare", "mine", NAME, "--out", "out", "--json")
    assert {path.name for path in (folder / "out").iterdir()} == {
        "SHA256SUMS", "comparison.json", "comparison.pdf", "comparison.png", "comparison.svg",
    }  # fmt: skip
    assert (folder / "out" / "comparison.json").read_text(encoding="utf-8") == done.out
    again = basin("compare", "mine", NAME, "--out", "out")
    assert again.code == 0
    assert again.out.endswith(f"picture: {folder / 'out' / 'comparison.png'}\n")


def test_a_folder_with_files_of_others_is_refused(basin, trained, folder):
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    done = basin("compare", "mine", NAME, "--out", "out")
    assert (done.code, done.out) == (2, "")
    assert "'mine.txt'" in done.err


def test_the_references_are_listed_without_a_store(basin, folder):
    done = basin("compare", "--list", "--json")
    assert [it["name"] for it in done.json] == list(reference_names())
    assert all(it["grades"] and it["n"] == 1 and it["numbers"] and it["source"] for it in done.json)
    lines = basin("compare", "--list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *reference_names()]
    assert list(folder.iterdir()) == []


def test_an_unknown_reference_is_refused_with_the_nearest(basin, trained):
    done = basin("compare", "mine", "report-tabel-2")
    assert done.code == 2
    assert "did you mean 'report-table-2'?" in done.err
    assert "basin compare --list" in done.err


def test_without_a_reference_the_list_is_named(basin, trained):
    done = basin("compare", "mine")
    assert done.code == 2
    assert "basin compare --list" in done.err


def test_a_study_of_another_task_has_none_of_it(basin, store):
    create(store, task={"name": "beale"}, optimizer={"name": "sgd"}, objective={"statistic": "final"})
    done = basin("compare", "small", NAME, "--json")
    assert done.code == 0
    assert done.json["verdicts"]["not run"] == 27


@pytest.mark.parametrize("words", [["compare", "mine", NAME], ["claims"]])
def test_no_training_library_is_loaded(trained, words):
    command = f"""
import sys
from study.cli.app import run
try:
    run({words!r})
finally:
    print(*[name for name in ("torch", "ray", "optuna", "matplotlib", "scipy.stats") if name in sys.modules], "!")
"""
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "!"

"""``basin analyze``: what is printed, and how it ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

from analysis.measures import MEASURES

TABLE = """lr,p,v
0.1,0.25,49.82
0.01,0.25,18.98
0.001,0.25,17.82
0.1,0.125,33.99
0.01,0.125,15.07
0.001,0.125,21.95
0.1,0.0625,19.54
0.01,0.0625,15.98
0.001,0.0625,27.49
"""
AXES = ("--x", "lr", "--y", "p", "--value", "v")


@pytest.fixture
def table(folder):
    (folder / "t.csv").write_text(TABLE, encoding="utf-8")
    return "t.csv"


def test_json_has_the_numbers_of_the_contract(basin, table, folder):
    done = basin("analyze", table, *AXES, "--log", "lr", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["interaction_share"]["value"] == pytest.approx(0.415, abs=5e-4)
    assert done.json["best"] == {"x": 0.01, "y": 0.125, "value": 15.07, "n": 1}
    assert done.json.keys() >= {
        "interaction_share", "ridge_slope", "ridge_slope_yx", "canonical_rho", "coordinate_tuning_regret", "best",
    }  # fmt: skip
    assert [path.name for path in folder.iterdir()] == [table]


def test_the_table_says_what_each_number_is_in_the_words_of_the_columns(basin, table):
    out = basin("analyze", table, *AXES, "--log", "x").out
    lines = out.splitlines()
    assert lines[:2] == ["v over lr and p: 3 x 3 cells", "lower values of v are better"]
    assert [line.split()[0] for line in lines[4 : 4 + len(MEASURES)]] == [kind.name for kind in MEASURES]
    slope = next(line for line in lines if line.startswith("ridge_slope "))
    assert slope.split()[:4] == ["ridge_slope", "-4.02", "-", "1"]
    assert slope.endswith("slope of the best lr against p, in log10 lr per p")
    assert "best cell: lr 0.01, p 0.125, with v 15.07 (mean of 1)" in lines
    assert "note: p is taken as it is; its values grow by one factor, which --log p follows" in lines


def test_a_scale_is_said_and_changes_the_numbers(basin, table):
    raw, logit = (basin("analyze", table, *AXES, "--scale", it, "--json").json for it in ("raw", "logit"))
    assert (raw["scale"], logit["scale"]) == ("raw", "logit")
    assert raw["interaction_share"]["value"] != logit["interaction_share"]["value"]
    out = basin("analyze", table, *AXES, "--scale", "logit").out
    assert "lower values of v are better; scale logit" in out
    assert "regret of tuning lr, then p, in logit of v" in out


def test_a_unit_stands_behind_the_numbers_that_have_it(basin, table):
    out = basin("analyze", table, *AXES, "--unit", "%").out
    lines = out.splitlines()
    assert lines[0] == "v (%) over lr and p: 3 x 3 cells"
    assert any(line.endswith("regret of tuning lr, then p, in %") for line in lines)
    assert any(line.startswith("best cell: ") and line.endswith("with v 15.07 % (mean of 1)") for line in lines)
    logit = basin("analyze", table, *AXES, "--unit", "%", "--scale", "logit").out
    assert "regret of tuning lr, then p, in logit of v" in logit


def test_a_scale_that_there_is_not_is_refused(basin, table):
    done = basin("analyze", table, *AXES, "--scale", "rank")
    assert (done.code, done.out) == (2, "")
    assert "scale must be one of raw, logit, censored" in done.err


def test_hyperparameters_stand_instead_of_a_map(basin, table):
    done = basin("analyze", table, "--hyperparameters", "lr,p", "--value", "v", "--log", "lr", "--json")
    assert done.json["importances"]["all"]["reason"] == "20 configurations are needed, and there are 9"
    assert done.json["best"] == {"lr": 0.01, "p": 0.125, "value": 15.07, "n": 1}
    assert "nothing is said" in basin("analyze", table, "--hyperparameters", "lr,p", "--value", "v").out
    for wrong in (("--x", "lr"), ("--scale", "logit")):
        done = basin("analyze", table, "--hyperparameters", "lr,p", "--value", "v", *wrong)
        assert (done.code, done.out) == (2, "")
        assert f"has no {wrong[0]}" in done.err


def test_without_axes_one_of_them_is_asked_for(basin, table):
    done = basin("analyze", table, "--x", "lr", "--value", "v")
    assert done.code == 2
    assert "Missing option '--y'" in done.err


def test_a_reason_stands_once_for_all_that_have_it(basin, folder):
    (folder / "t.csv").write_text("".join(TABLE.splitlines(keepends=True)[:-1]), encoding="utf-8")
    out = basin("analyze", "t.csv", *AXES).out
    assert out.count("every cell must have a value") == 1
    assert "all: every cell must have a value, and 1 of 9 have none" in out.splitlines()


def test_log_may_be_repeated_and_name_a_column_with_a_comma(basin, folder):
    (folder / "t.csv").write_text(TABLE.replace("lr", '"l,r"', 1), encoding="utf-8")
    done = basin("analyze", "t.csv", "--x", "l,r", "--y", "p", "--value", "v", "--log", "l,r", "--log", "p", "--json")
    assert done.json["log"] == ["l,r", "p"]


def test_maximizing_turns_the_order(basin, table):
    assert basin("analyze", table, *AXES, "--maximize", "--json").json["best"]["value"] == 49.82
    assert "higher values of v are better" in basin("analyze", table, *AXES, "--maximize").out


def test_hostile_names_are_escaped(basin, folder):
    text = TABLE.replace("lr,p,v", "\x1b[31mlr,\x1b[2Jp,\x07v")
    (folder / "t.csv").write_text(text.replace(",0.25,", ",\x1b[1m,").replace(",0.125,", ",b,"), encoding="utf-8")
    done = basin("analyze", "t.csv", "--x", "\x1b[31mlr", "--y", "\x1b[2Jp", "--value", "\x07v")
    assert done.code == 0
    assert done.out.replace("\n", "").isprintable()
    assert "\\x07v over \\x1b[31mlr and \\x1b[2Jp: 3 x 3 cells" in done.out


def test_rounding_is_printed_as_nothing(basin, folder):
    rows = "\n".join(f"{x},{y},{0.1 * x + 0.3 * y}" for x in (1, 2, 3) for y in (1, 2, 3))
    (folder / "t.csv").write_text(f"lr,p,v\n{rows}\n", encoding="utf-8")
    out = basin("analyze", "t.csv", *AXES).out
    assert next(line for line in out.splitlines() if line.startswith("interaction_share")).split()[1] == "0"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nosuch.csv", *AXES], "TABLE must be a file"),
        (["t.csv", "--x", "LR", "--y", "p", "--value", "v"], "x must name a column of the table, got 'LR'"),
        (["t.csv", *AXES, "--log", "q"], "log must name 'lr' or 'p'"),
        (["t.csv", *AXES, "--start", "p=9"], "start must be a value of 'p', one of [0.0625, 0.125, 0.25]"),
        (["t.csv", *AXES, "--seed", "v"], "seed must be another column"),
        (["t.csv", *AXES, "--worst", "nan"], "worst must be a finite number"),
        (["t.csv", *AXES, "--tolerance", "-1"], "tolerance must be a number of 0 or more"),
    ],
)
def test_what_cannot_be_measured_is_2_with_one_sentence(basin, table, words, told):
    done = basin("analyze", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("basin: ")
    assert told in done.err
    assert done.err.count("\n") == 1


def test_a_pipe_is_read_and_nothing_heavy_is_loaded():
    words = ["analyze", "-", *AXES, "--json"]
    command = f"""
import sys
from study.cli.app import run
try:
    run({words!r})
finally:
    print(*[name for name in ("torch", "ray", "optuna", "matplotlib", "sqlalchemy") if name in sys.modules], "!")
"""
    done = subprocess.run([sys.executable, "-c", command], input=TABLE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].strip() == "!"

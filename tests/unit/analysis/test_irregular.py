"""What decides a value where there is no grid: known answers, each axis's own scale, the same bytes, and refusals."""

import json
import warnings

import numpy as np
import optuna
import pandas as pd
import pytest

import basin
from analysis.errors import TableError
from analysis.importance import Sample
from analysis.irregular import METHODS, importances_of
from tests.unit.analysis.common import trials
from tests.unit.analysis.reports import written

NAMES = ("lr", "p", "beta2")


def drawn(n, number=1):
    """Random configurations: log10 lr in -5 to 0, p in 0 to 1/2, beta2 in 0 to 1, which does nothing."""
    return np.random.default_rng(number).random((n, 3)) * [5.0, 0.5, 1.0] - [5.0, 0.0, 0.0]


def error(points):
    """a^2 + a b / 2 of a, b uniform in -1 to 1: a alone 4/45 of 4/45 + 1/36, p alone nothing, the pair the rest."""
    a, b = points[:, 0] / 2.5 + 1.0, 4.0 * points[:, 1] - 1.0
    return a**2 + 0.5 * a * b


ALONE = (4.0 / 45.0) / (4.0 / 45.0 + 1.0 / 36.0)


def told(points, **options):
    return importances_of(points, error(points), names=NAMES, choices=[False] * 3, **options)


@pytest.fixture(scope="module")
def found():
    return told(drawn(300))


def test_shares_of_the_variance_are_those_that_were_worked_out(found):
    values = {way: {name: it.value for name, it in numbers.items()} for way, numbers in found.numbers.items()}
    assert values["fanova"] == pytest.approx({"lr": ALONE, "p": 0.0, "beta2": 0.0}, abs=0.08)
    assert values["sobol_first"] == pytest.approx({"lr": ALONE, "p": 0.0, "beta2": 0.0}, abs=0.08)
    assert values["sobol_total"] == pytest.approx({"lr": 1.0, "p": 1.0 - ALONE, "beta2": 0.0}, abs=0.08)
    assert values["sobol_pairs"]["lr x p"] == pytest.approx(1.0 - ALONE, abs=0.08)
    assert max(values["ped_anova"], key=values["ped_anova"].get) == "lr"
    assert sum(values["ped_anova"].values()) == pytest.approx(1.0)


def test_every_number_has_an_interval_around_it(found):
    numbers = [it for by_name in found.numbers.values() for it in by_name.values()]
    assert len(numbers) == 3 * len(METHODS) + 3
    assert all(it.low <= it.value <= it.high and it.low < it.high and it.n == 300 for it in numbers)


def test_the_same_configurations_say_the_same_in_any_order():
    points = drawn(20)
    one, other = told(points), told(points[np.random.default_rng(5).permutation(20)])
    assert json.dumps(one.to_dict()) == json.dumps(other.to_dict())


def test_optuna_s_own_fanova_takes_a_learning_rate_on_a_linear_axis():
    """The truth of p alone is 2 %; there it is credited with two thirds of the variance."""
    points = drawn(200)
    spaces = {
        "lr": optuna.distributions.FloatDistribution(1e-5, 1.0, log=True),
        "p": optuna.distributions.FloatDistribution(0.0, 0.5),
    }
    study = optuna.create_study()
    study.add_trials(
        [
            optuna.trial.create_trial(
                params={"lr": float(10.0**lr), "p": float(p)}, distributions=spaces, value=value
            )
            for (lr, p, _), value in zip(points, _slanted(points), strict=True)
        ]
    )
    theirs = optuna.importance.FanovaImportanceEvaluator(n_trees=16, seed=0).evaluate(study)
    sample = Sample(points[:, :2], _slanted(points), [False] * 2)
    ours = sample.fanova(sample.drawn(np.arange(200)), 16)
    assert theirs["p"] > 0.5
    assert ours[1] < 0.05


def _slanted(points):
    """A valley whose best learning rate moves with p, so steep that large rates are all lost but for small p."""
    return np.clip(4.0 * (points[:, 0] + 2.5 + 4.0 * (points[:, 1] - 0.25)) ** 2, 0.0, 90.0)


@pytest.mark.parametrize("design", ["tpe", "gp", "levelset"])
def test_a_design_that_chose_where_to_look_is_flagged(design):
    assert told(drawn(5), design=design).to_dict()["caution"] == "biased design"
    assert told(drawn(5), design="sobol").to_dict()["caution"] is None


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        (drawn(19), "20 configurations are needed, and there are 19"),
        (drawn(30) * [1.0, 0.0, 0.0], "two hyperparameters must vary"),
        (np.column_stack([np.full(30, -2.5), drawn(30)[:, 1:]]), "all configurations have the same value"),
    ],
)
def test_what_says_nothing_says_why(points, reason):
    found = told(points)
    assert (found.reason, found.numbers) == (reason, {})


# --- tables and reports ---


def rows(n=60):
    points = drawn(n)
    kind = np.where(points[:, 2] > 0.5, "a", "b")
    return pd.DataFrame({"lr": 10.0 ** points[:, 0], "p": points[:, 1], "kind": kind, "error": error(points)})


def test_a_table_has_its_importances_of_all_rows_and_of_those_that_trained():
    table = rows()
    table.loc[table.lr > 0.5, "error"] = np.nan
    found = basin.importances(table, ["lr", "p", "kind"], value="error", log="lr", worst=9.0, design="tpe").to_dict()
    assert found["importances"]["all"]["n"] == 60
    assert found["importances"]["trained"]["n"] == 60 - found["diverged"] < 60
    assert found["importances"]["all"]["caution"] == "biased design"
    assert found["importances"]["all"]["fanova"]["lr"]["value"] > 0.5
    assert found["best"]["value"] == pytest.approx(float(table["error"].min()))
    assert found["best"]["lr"] == pytest.approx(float(table.loc[table["error"].idxmin(), "lr"]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hyperparameters": ["lr"]}, "two different columns"),
        ({"hyperparameters": ["lr", "error"]}, "not that of the value"),
        ({"hyperparameters": ["lr", "q"]}, "must name a column of the table, got 'q'"),
        ({"log": "beta2"}, "log must name hyperparameters"),
        ({"log": "kind"}, "must hold numbers to be logarithmic, got text"),
        ({"value": "kind"}, "must hold numbers"),
        ({"direction": "up"}, "direction must be"),
    ],
)
def test_a_table_that_cannot_be_measured_is_refused(options, words):
    given = {
        "hyperparameters": ["lr", "p", "kind"] if options.get("value") != "kind" else ["lr", "p"],
        "value": "error",
    }
    with pytest.raises(TableError, match=words):
        basin.importances(rows(), **given | options)


def test_the_report_of_a_design_without_a_grid_says_what_decides(tmp_path):
    points = drawn(24)
    cells = {
        (float(10.0**lr), float(p)): [float(10.0 * value)]
        for (lr, p, _), value in zip(points, error(points) + 0.2, strict=True)
    }
    space = {"lr": {"low": 1e-5, "high": 1.0, "log": True}, "p": {"low": 0.0, "high": 0.5}}
    changes = {"space": space, "design": {"name": "tpe", "configurations": 24}, "seeds": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = (written(tmp_path / name, trials(cells), **changes) for name in ("a", "b"))
    arm = next(iter(one.summary["arms"].values()))
    assert arm["importances"]["all"]["fanova"]["lr"]["n"] == 24
    assert "Biased design" in one.html
    assert "share of the variance, alone (fANOVA)" in one.html
    assert one.files["summary.json"].read_bytes() == other.files["summary.json"].read_bytes()

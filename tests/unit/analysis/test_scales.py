"""The scales: log odds, logarithms, bounds; and what differs between them."""

import numpy as np
import pandas as pd
import pytest

import basin
from analysis.errors import TableError
from analysis.measures.number import Number
from analysis.measures.trained import fitted
from analysis.scales import differs, logits
from tests.unit.analysis.common import mapped
from tests.unit.analysis.measures.surfaces import X, Y, bowl, surface


def rows(mean, seeds=2, lost=()):
    """A table of some means; ``lost`` are (row, column, seed) without a value."""
    return pd.DataFrame(
        [
            {
                "x": 10.0**column,
                "y": float(row),
                "seed": seed,
                "v": np.nan if (row, column, seed) in lost else v + seed,
            }
            for (row, column), v in np.ndenumerate(np.asarray(mean, dtype=float))
            for seed in range(seeds)
        ]
    )


ODDS = 100.0 / (1.0 + np.exp(-np.add.outer([0.0, 1.0, -1.0], [0.5, -2.0, 1.0, 2.0])))
"""Percentages whose log odds are a sum."""


def on(table, scale, **options):
    return basin.analyze(table, x="x", y="y", value="v", seed="seed", scale=scale, **options)


def test_a_sum_of_log_odds_is_separable_on_its_scale_alone():
    table = rows(ODDS, seeds=1)
    shares = {scale: on(table, scale).numbers["interaction_share"].value for scale in ("raw", "logit")}
    assert shares["logit"] == pytest.approx(0.0, abs=1e-12)
    assert shares["raw"] > 0.01
    assert on(table.assign(v=table.v / 100.0), "logit").numbers["interaction_share"].value == pytest.approx(0.0)


def test_a_product_of_positive_numbers_is_separable_in_their_logarithms():
    product = 1000.0 * np.outer([1.0, 2.0, 5.0], [3.0, 1.0, 4.0])
    found = on(rows(product, seeds=1), "logit")
    assert found.numbers["interaction_share"].value == pytest.approx(0.0, abs=1e-12)
    assert "on scale logit values are natural logarithms" in found.notes


def test_a_value_at_an_end_has_log_odds_all_the_same():
    odds, what = logits(np.array([0.0, 10.0, 100.0]))
    assert what == "log odds of percentages"
    assert odds == pytest.approx([-odds[2], np.log(0.15 / 0.95), np.log(1.05 / 0.05)])


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        (-ODDS, {"scale": "logit"}, "a logit needs values of 0 or more"),
        (np.where(ODDS > 50.0, 100.0, 0.0), {"scale": "logit"}, "a logit needs a value between the ends"),
        (ODDS, {"scale": "logit", "tolerance": 1.0}, "tolerance is in the unit of the value"),
        (ODDS, {"scale": "ranks"}, "scale must be one of raw, logit, censored, got 'ranks'"),
    ],
)
def test_what_has_no_such_scale_is_refused_with_the_reason(values, options, words):
    with pytest.raises(TableError, match=words):
        on(rows(values, seeds=1), **options)


# --- bounds ---


def test_seeds_that_are_missing_are_fitted_beside_the_cells():
    """The third cell lost the seed that adds 4; its mean of two would be 2 too low."""
    values = np.array([10.0, 20.0, 30.0])[:, None] + np.array([-1.0, -3.0, 4.0])
    lost = np.zeros((3, 3), dtype=bool)
    lost[2, 2] = True
    found = fitted(np.where(lost, 90.0, values), lost)
    assert found.cells == pytest.approx([10.0, 20.0, 30.0])
    assert found.seeds == pytest.approx([-1.0, -3.0, 4.0])
    assert (found.squares, found.freedom) == (pytest.approx(0.0, abs=1e-20), 8 - 3 - 2)
    assert found.spread[2] > found.spread[0] == pytest.approx(1 / 3)


def test_cells_and_seeds_are_those_of_a_linear_model():
    generator = np.random.default_rng(3)
    values, lost = generator.normal(size=(6, 4)), generator.random((6, 4)) < 0.3
    cell, seed = np.nonzero(~lost)
    design = np.hstack([np.eye(6)[cell], np.eye(4)[seed] - 0.25])
    effects, _, rank, _ = np.linalg.lstsq(design, values[~lost], rcond=None)
    found = fitted(values, lost)
    assert found.cells == pytest.approx(effects[:6])
    assert found.squares == pytest.approx(((values[~lost] - design @ effects) ** 2).sum())
    assert found.freedom == (~lost).sum() - rank
    assert found.spread == pytest.approx(np.diag(np.linalg.pinv(design.T @ design))[:6])


def test_without_a_loss_the_censored_form_says_what_the_raw_one_does():
    table = rows(bowl(1.0), seeds=3)
    table["v"] += np.random.default_rng(0).normal(0.0, 0.1, len(table))
    raw, censored = (on(table, scale).to_dict() for scale in ("raw", "censored"))
    assert {name: it for name, it in raw.items() if name not in {"scale", "interaction_share"}} == {
        name: it for name, it in censored.items() if name not in {"scale", "interaction_share"}
    }
    assert censored["interaction_share"] == raw["interaction_share"] | {"censored": 0}


def test_a_cliff_is_no_interaction_where_the_sum_lies_above_the_bound():
    """Beyond a separable bowl everything diverged: entangled at the worst, no contradiction as a bound."""
    mean = 10.0 + 10.0 * np.add.outer(np.arange(4.0), np.arange(5.0) ** 2)
    gone = {(row, column, seed) for row, column in np.argwhere(mean > 90.0) for seed in range(2)}
    table = rows(mean, lost=gone)
    raw, censored = (on(table, scale, worst=90.0).numbers["interaction_share"] for scale in ("raw", "censored"))
    assert raw.value > 0.01
    assert (censored.value, censored.details["censored"]) == (pytest.approx(0.0, abs=1e-12), 8)


def test_a_bound_that_no_sum_allows_counts_as_interaction():
    mean = np.add.outer(np.arange(4.0), np.arange(5.0))
    found = on(rows(mean, lost={(0, 0, 0), (0, 0, 1)}), "censored", worst=50.0)
    assert found.numbers["interaction_share"].value > 0.5


def test_half_diverged_cells_are_not_calibrated_raw_and_are_where_divergence_stands_apart():
    table = rows(bowl(1.0), seeds=3, lost={(2, 4, 1)})
    table["v"] += np.random.default_rng(0).normal(0.0, 0.1, len(table))
    raw, censored = (on(table, scale, worst=90.0, log="x").numbers["ridge_slope"] for scale in ("raw", "censored"))
    assert "scale censored" in raw.details["caution"]
    assert "caution" not in censored.details
    assert censored.low <= -0.25 <= censored.high  # a step of x is four of y
    assert censored.high - censored.low < raw.high - raw.low


def test_the_best_x_beside_a_bound_is_no_nearer_than_half_way():
    mean = bowl(0.0)
    gone = {(row, 4, seed) for row in range(5) for seed in range(3)}
    found = surface(mean, seeds=3, noise=0.01)
    lost = np.zeros((5, 7, 3), dtype=bool)
    for place in gone:
        lost[place] = True
    beside = type(found)(x=X, y=Y, values=np.where(lost, 60.0, found.values), lost=lost)
    at = np.argmin(np.where(lost.all(axis=2), np.inf, found.mean)[0])
    from analysis.measures.vertex import vertices

    best = vertices(beside)[0]
    assert (best.low, best.high) == pytest.approx(((X[at - 1] + X[at]) / 2.0, (X[at] + X[at + 1]) / 2.0))


def test_where_tuning_starts_in_what_diverged_there_is_no_regret():
    gone = {(0, column, seed) for column in range(4) for seed in range(2)}
    table = rows(np.add.outer(np.arange(3.0), np.arange(4.0)), lost=gone)
    found = on(table, "censored", worst=90.0)
    assert [it["at"] for it in found.numbers["coordinate_tuning_regret"].details["starts"]] == [1.0, 2.0]
    assert on(table, "censored", worst=90.0, start=0.0).numbers["coordinate_tuning_regret"].value is None


def test_a_map_has_its_numbers_on_every_scale():
    cells = {(lr, p): [10.0 * lr + p, 10.0 * lr + p + 1.0] for lr in (0.1, 1.0, 2.0) for p in (0.0, 0.5, 0.7)}
    found = mapped(cells | {(2.0, 0.7): ["diverged", "diverged"]}).to_dict()
    assert found["scales"].keys() == {"logit", "censored"}
    assert found["scales"]["censored"]["interaction_share"]["censored"] == 1
    shares = {found["numbers"]["interaction_share"]["raw"], found["scales"]["logit"]["interaction_share"]["raw"]}
    assert len(shares) == 2


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ((0.5, 0.4, 0.6), (0.55, 0.4, 0.7), False),
        ((0.5, 0.4, 0.6), (0.7, 0.3, 0.8), True),
        ((0.5, None, None), (0.52, None, None), False),
        ((0.5, None, None), (0.6, None, None), True),
        ((None, None, None), (0.6, 0.5, 0.7), True),
        ((None, None, None), (None, None, None), False),
    ],
)
def test_numbers_differ_where_one_lies_outside_the_other(one, other, told):
    a, b = (Number(value=v, low=low, high=high, n=3) for v, low, high in (one, other))
    assert differs(a, b) is told

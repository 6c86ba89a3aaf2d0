"""The list of measures, the surface they see, and those that describe."""

import numpy as np
import pandas as pd
import pytest

from analysis.grid import grid_of_table
from analysis.measures import MEASURES, measured
from analysis.measures.area import basin_area
from analysis.measures.concordance import rank_concordance
from analysis.measures.lowest import lowest
from analysis.measures.probability import best_probability
from analysis.measures.sensitivity import x_sensitivity
from analysis.measures.surface import Surface, third_of
from tests.unit.analysis.measures.surfaces import X, Y, bowl, published, surface


def table(mean, seeds=1):
    return pd.DataFrame(
        [
            {"x": 10.0**column, "y": float(row), "seed": seed, "v": float(value) + seed}
            for (row, column), value in np.ndenumerate(np.asarray(mean, dtype=float))
            for seed in range(seeds)
        ]
    )


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_every_measure_gives_a_value_or_a_reason_and_plain_numbers(seeds, noise):
    for name, number in measured(surface(bowl(1.0), seeds=seeds, noise=noise)).items():
        assert (number.value is None) <= bool(number.reason), name
        assert number.n == seeds
        assert (number.low is None) == (number.high is None)
        if number.value is not None and number.low is not None:
            assert number.low <= number.value <= number.high, name
        assert all(type(it) in {float, int, str, bool, type(None), list} for it in number.to_dict().values()), name


def test_names_are_those_of_the_contract_and_differ():
    names = [kind.name for kind in MEASURES]
    assert names[:5] == [
        "interaction_share", "ridge_slope", "ridge_slope_yx", "canonical_rho", "coordinate_tuning_regret",
    ]  # fmt: skip
    assert len(set(names)) == len(names)


def test_what_has_no_surface_says_why_for_every_measure():
    found = measured("there is nothing to see")
    assert {it.reason for it in found.values()} == {"there is nothing to see"}


# --- the surface ---


def test_axes_lie_on_their_own_scale():
    found = Surface.of(grid_of_table(table(np.eye(3)), "x", "y", "v"), log=(True, False))
    assert found.x == pytest.approx([0.0, 1.0, 2.0])
    assert found.y == pytest.approx([0.0, 1.0, 2.0])


def test_a_seed_that_a_cell_lacks_counts_nowhere():
    rows = table(np.eye(3), seeds=3)
    grid = grid_of_table(rows.drop(index=2), "x", "y", "v", seed="seed")  # the third seed of the first cell
    assert Surface.of(grid, log=(True, False)).n == 2


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (table(np.eye(3)).iloc[:-1], "every cell must have a value, and 1 of 9 have none"),
        (table(np.ones((1, 3))), "both axes must have at least two values"),
        (table(np.eye(3)).assign(v=1e200), "the largest value must lie between 1e-40 and 1e+40, and is 1e+200"),
        (table(np.eye(2)).assign(seed=range(4)), "the cells must have a seed in common, and have none"),
    ],
)
def test_what_is_no_surface_says_why(rows, words):
    seed = "seed" if "common" in words else None
    assert Surface.of(grid_of_table(rows, "x", "y", "v", seed=seed), log=(False, False)).startswith(words)


def test_higher_values_are_turned_round():
    grid = grid_of_table(table(np.eye(3)), "x", "y", "v")
    turned = type(grid)(**{name: getattr(grid, name) for name in grid.__dataclass_fields__} | {"sign": -1.0})
    assert Surface.of(turned, log=(False, False)).mean == pytest.approx(-np.eye(3))


def test_the_best_third_has_nine_cells_at_the_least():
    assert [third_of(cells) for cells in (35, 12, 6)] == [12, 9, 6]
    near = surface(np.arange(35.0).reshape(5, 7), x=np.arange(7.0), y=np.arange(5.0)).near
    assert near.ravel().tolist() == [True] * 12 + [False] * 23


def test_noise_is_what_cell_and_seed_do_not_explain():
    found = surface(bowl(1.0), seeds=400, noise=0.5, seed_noise=3.0)
    assert found.noise.error * 20.0 == pytest.approx(0.5, rel=0.02)
    assert found.noise.freedom == 34 * 399


def test_a_cell_may_be_the_lowest_unless_it_is_surely_not():
    found = surface(bowl(), seeds=3, noise=0.3)
    means = np.array([1.0, 1.0 + 2.0 * found.noise.error, 1.0 + 9.0 * found.noise.error])
    assert lowest(means, found.noise) == [0, 1]


def test_cells_at_one_value_for_all_seeds_share_nothing_of_them():
    """What a seed does to the others is in their difference; the interval of a sensitivity has to bear it."""
    mean = bowl()
    found = surface(mean, seeds=3, noise=0.1, seed_noise=3.0)
    pinned = Surface(x=found.x, y=found.y, values=np.where(mean[:, :, None] > 15.0, 90.0, found.values))
    assert (found.pinned, pinned.pinned) == (False, True)
    one, other = x_sensitivity(found), x_sensitivity(pinned)
    assert other.high - other.low > 2.0 * (one.high - one.low)


def test_rows_have_the_noise_of_their_own_lowest_cells_where_that_is_larger():
    """The row above has its lowest cells outside the best third, and varies ten times as much."""
    mean = bowl()
    mean[4] += 50.0
    values = surface(mean, seeds=4, noise=0.1).values  # noqa: PD011 - no table
    loud = values.copy()
    loud[4] = mean[4][:, None] + 10.0 * (values[4] - mean[4][:, None])
    quiet, other = Surface(x=X, y=Y, values=values), Surface(x=X, y=Y, values=loud)
    assert other.noise_near.error == pytest.approx(quiet.noise_near.error)
    assert other.noise_of_rows.error > 3.0 * quiet.noise_of_rows.error


def test_seeds_that_agree_to_rounding_have_no_noise():
    found = surface(bowl(), seeds=3)
    values = found.values + 1e-14 * np.arange(3)  # noqa: PD011 - no table
    values[0, 0] += [0.0, 1e-14, -1e-14]
    assert Surface(x=X, y=Y, values=values).noise.error == 0.0


def test_cells_of_which_some_seeds_diverged_are_counted_and_the_numbers_say_so():
    rows = table(np.add.outer([0.0, 3.0, 5.0], [1.0, 2.0, 9.0]), seeds=3)
    rows["v"] += np.random.default_rng(1).normal(0.0, 0.1, len(rows))
    rows.loc[rows.index[-1], "v"] = np.nan
    found = Surface.of(grid_of_table(rows, "x", "y", "v", seed="seed"), log=(True, False))
    assert found.mixed == 1
    told = [it.details.get("caution", "") for it in measured(found).values() if it.low is not None]
    assert told
    assert all("not calibrated: 1 cell" in it for it in told)


# --- those that are not of the contract ---


def test_the_sensitivity_is_the_mean_excess_of_the_rows():
    assert x_sensitivity(surface([[1.0, 3.0], [8.0, 4.0]], x=[0, 1], y=[0, 1])).value == pytest.approx(1.5)


def test_the_interval_of_a_clear_sensitivity_is_that_of_a_linear_combination():
    truth = x_sensitivity(surface(bowl())).value
    found = [x_sensitivity(surface(bowl(), seeds=3, noise=0.05, number=it)) for it in range(400)]
    assert 0.91 <= np.mean([it.low <= truth <= it.high for it in found]) <= 0.98


def test_the_area_counts_cells_within_a_tolerance():
    found = surface([[1.0, 1.5, 2.0], [2.5, 8.0, 9.0]], x=[0, 1, 2], y=[0, 1], tolerance=1.0)
    assert basin_area(found).value == pytest.approx(0.5)


def test_the_tolerance_of_an_area_is_never_below_the_noise():
    found = basin_area(surface(bowl(), seeds=2, noise=1.0, tolerance=0.01))
    assert found.details["raised_to_noise"]
    assert found.details["tolerance"] > 1.0


def test_the_probabilities_of_the_best_cell_are_those_of_the_noise():
    """Two cells, one standard error of their difference apart: Phi(1) where the noise is known."""
    clear = best_probability(surface([[1.0, 900.0], [900.0, 900.0]], x=[0, 1], y=[0, 1], seeds=3, noise=1.0))
    assert clear.value == 1.0
    tied = surface([[1.0, 1.0], [99.0, 99.0]], x=[0, 1], y=[0, 1], seeds=200, noise=1.0)
    values = tied.values  # noqa: PD011
    values[0, 0] -= values[0, 0].mean() - 1.0
    values[0, 1] -= values[0, 1].mean() - 1.0 - np.sqrt(2.0 / 200.0)
    found = best_probability(Surface(x=np.arange(2.0), y=np.arange(2.0), values=values))
    assert found.value == pytest.approx(0.841, abs=0.05)


def test_equal_cells_have_no_best():
    found = best_probability(surface(np.full((2, 2), 3.0), x=[0, 1], y=[0, 1], seeds=3))
    assert (found.value, found.reason) == (None, "several cells are equal, and no noise tells them apart")


def test_rows_that_rank_alike_agree():
    assert rank_concordance(surface([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], x=[0, 1, 2], y=[0, 1])).value == 1.0
    assert rank_concordance(surface([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]], x=[0, 1, 2], y=[0, 1])).value == 0.0


def test_the_concordance_of_the_published_grid_was_worked_out_by_hand():
    """Ranks of lr 0.001, 0.01, 0.1 by rows: 3 1 2, 2 1 3, 1 2 3; sums 6, 4, 8; W = 12 * 8 / (9 * 24)."""
    assert rank_concordance(published("final")).value == pytest.approx(4.0 / 9.0)


# --- what is equal but for rounding ---


def test_a_tolerance_of_nothing_is_met_by_the_best_alone():
    assert basin_area(surface(bowl(), tolerance=0.0)).value == pytest.approx(1.0 / bowl().size)


def test_a_cell_that_lies_at_the_edge_of_the_basin_is_in_it_whatever_rounding_says():
    mean = np.full((3, 4), 20.0)
    mean[0] = [0.1, 0.1 + 0.2, 0.4, 0.3]  # 0.1 + 0.2 is more than 0.3
    found = basin_area(surface(mean, tolerance=0.2))
    assert found.value == pytest.approx(3 / 12)


def test_values_that_differ_by_rounding_share_their_rank():
    exact = np.array([[1.0, 3.0, 3.0, 5.0], [1.0, 3.0, 3.0, 5.0]])
    rounded = exact + 1e-15 * np.array([[0.0, 1.0, 2.0, 0.0], [0.0, 2.0, 1.0, 0.0]])
    assert rank_concordance(surface(rounded, x=X[:4], y=Y[:2])).value == 1.0
    assert rank_concordance(surface(rounded, x=X[:4], y=Y[:2])).value == pytest.approx(
        rank_concordance(surface(exact, x=X[:4], y=Y[:2])).value
    )

"""The share of interaction: known answers, and what noise and seeds do to it."""

import numpy as np
import pytest
from scipy import stats

from analysis.measures.interaction import evenness, interaction_share, sums_of_squares, tukey, unevenness
from tests.unit.analysis.measures.surfaces import bowl, published, surface


@pytest.mark.parametrize(("statistic", "share"), [("final", 0.415), ("mean_last5", 0.585), ("min", 0.744)])
def test_the_published_grids_have_the_shares_that_were_worked_out_apart(statistic, share):
    assert interaction_share(published(statistic)).value == pytest.approx(share, abs=5e-4)


def test_a_separable_surface_has_none():
    assert interaction_share(surface(bowl())).value == pytest.approx(0.0, abs=1e-12)


def test_the_torch_convention_of_decay_makes_interaction_of_a_separable_surface():
    """lr x decay as torch means it: y = x + w."""
    x, w = np.linspace(-4.0, -1.0, 7), np.linspace(-2.5, 0.5, 7)
    lr, decay = np.meshgrid(x, w)
    own = (lr + 2.5) ** 2 + 0.5 * (lr + decay + 3.5) ** 2
    assert interaction_share(surface(own, x=x, y=w)).value == pytest.approx(0.348, abs=5e-4)


def unexplained(values, *factors):
    """The residual sum of squares and rank of a linear model of indicator columns, by least squares."""
    columns = np.hstack([np.equal.outer(it.ravel(), np.unique(it)).astype(float) for it in factors])
    fitted, _, rank, _ = np.linalg.lstsq(columns, values.ravel(), rcond=None)
    return float(((values.ravel() - columns @ fitted) ** 2).sum()), int(rank)


def test_the_sums_of_squares_are_those_of_a_linear_model():
    mean = bowl(2.0)
    rows, columns = np.indices(mean.shape)
    rest, _ = unexplained(mean, rows, columns)
    interaction, main = sums_of_squares(mean)
    assert interaction == pytest.approx(rest)
    assert interaction + main == pytest.approx(unexplained(mean, np.zeros_like(rows))[0])


def test_the_f_test_is_that_of_the_model_with_seeds():
    found = surface(bowl(0.05), seeds=3, noise=0.5, seed_noise=2.0)
    rows, columns, seeds = np.indices(found.values.shape)
    additive, few = unexplained(found.values, rows, columns, seeds)
    whole, many = unexplained(found.values, rows * 7 + columns, seeds)
    freedom = found.values.size - many
    f = (additive - whole) / (many - few) / (whole / freedom)
    number = interaction_share(found)
    assert (many - few, freedom) == (24, 68)
    assert number.details["f"] == pytest.approx(f)
    assert number.details["p"] == pytest.approx(stats.f.sf(f, 24, 68))


def test_what_a_seed_does_to_every_cell_changes_nothing():
    quiet = surface(bowl(1.0), seeds=3, noise=0.3)
    loud = surface(bowl(1.0), seeds=3, noise=0.3, seed_noise=0.0)
    loud = type(loud)(x=loud.x, y=loud.y, values=loud.values + np.array([0.0, 40.0, -7.0]))
    one, other = interaction_share(quiet), interaction_share(loud)
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_noise_is_taken_off():
    found = interaction_share(surface(bowl(), seeds=2, noise=2.0))
    assert found.value < found.details["raw"]
    assert found.low == 0.0


def test_a_surface_of_noise_alone_has_no_share_and_says_why():
    found = interaction_share(surface(np.full((5, 7), 10.0), seeds=3, noise=1.0))
    assert found.value is None
    assert "may be flat" in found.reason


def test_equal_cells_have_no_share_and_say_why():
    found = interaction_share(surface(np.full((5, 7), 10.0), seeds=3))
    assert (found.value, found.reason) == (None, "all cells have the same value")


def test_seeds_that_agree_leave_no_doubt():
    found = interaction_share(surface(bowl(1.0), seeds=3))
    assert found.low == found.value == found.high


def test_one_replicate_has_no_interval_and_says_why():
    found = interaction_share(published("final"))
    assert (found.low, found.high, found.n) == (None, None, 1)
    assert "one replicate" in found.reason


def test_tukey_sees_a_product_and_nothing_in_a_sum():
    x, y = np.meshgrid(np.arange(5.0), np.arange(4.0))
    noise = np.random.default_rng(1).normal(0.0, 0.05, x.shape)
    assert tukey(x + y + x * y + noise) < 1e-6
    assert tukey(x + y + noise) > 0.05


def test_tukey_of_a_grid_with_one_degree_of_freedom_says_nothing():
    assert tukey(np.array([[1.0, 2.0], [3.0, 5.0]])) is None


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(seeds):
    truth = interaction_share(surface(bowl(1.0))).value
    found = [interaction_share(surface(bowl(1.0), seeds=seeds, noise=0.4, number=it)) for it in range(400)]
    assert 0.91 <= np.mean([it.low <= truth <= it.high for it in found]) <= 0.985


@pytest.mark.parametrize("uneven", [False, True])
def test_a_separable_surface_is_seldom_called_entangled_though_cells_vary_unequally(uneven):
    mean = bowl()
    deviation = np.where(uneven & (mean > np.quantile(mean, 0.7)), 1.5, 0.3)[:, :, None]
    entangled = 0
    for number in range(400):
        noise = deviation * np.random.default_rng(number).standard_normal((*mean.shape, 3))
        found = surface(mean)
        entangled += interaction_share(type(found)(x=found.x, y=found.y, values=mean[:, :, None] + noise)).low > 0.0
    assert entangled <= 0.08 * 400


def test_cells_that_vary_alike_keep_their_degrees_of_freedom():
    assert evenness(surface(bowl(), seeds=200, noise=1.0)) == pytest.approx(1.0, abs=0.05)
    uneven = surface(bowl(), seeds=200, noise=1.0)
    values = bowl()[:, :, None] + (uneven.values - bowl()[:, :, None]) * np.linspace(0.1, 3.0, 7)[:, None]
    assert evenness(type(uneven)(x=uneven.x, y=uneven.y, values=values)) < 0.7


def loud(seeds, number=1):
    """A surface whose worst third varies five times as much, and what that does to the error of its share."""
    mean = bowl(2.0)
    deviation = np.where(mean > np.quantile(mean, 2.0 / 3.0), 1.0, 0.2)
    values = np.random.default_rng(number).standard_normal((*mean.shape, seeds)) * deviation[:, :, None]
    found = surface(mean)
    tiny, gradient = 1e-6, np.zeros_like(mean)
    for at in np.ndindex(mean.shape):
        moved = mean.copy()
        moved[at] += tiny
        gradient[at] = interaction_share(surface(moved)).value - interaction_share(found).value
    error = np.sqrt(float((gradient**2 * deviation**2).sum() / (gradient**2).sum() / (deviation**2).mean()))
    return type(found)(x=found.x, y=found.y, values=mean[:, :, None] + values), error


def test_an_interval_is_wider_by_what_the_cells_that_decide_the_share_vary_more():
    many, error = loud(seeds=400)
    assert error > 1.1
    assert unevenness(many) == pytest.approx(1.96 * error, rel=0.03)


def test_the_variances_of_few_seeds_are_believed_though_chance_may_have_made_them():
    """Leaving out what one standard deviation of chance makes cost every other interval its width."""
    found = [unevenness(loud(seeds=2, number=number)[0]) for number in range(100)]
    assert min(found) > 0.0
    assert np.median(found) > 1.96 * loud(seeds=2)[1]


def test_less_than_noise_comes_to_on_average_closes_no_interval():
    """A noncentral chi-square whose sum lies below its degrees of freedom would have limits of 0 and 0."""
    shares = [interaction_share(surface(bowl(), seeds=3, noise=0.3, number=number)) for number in range(40)]
    low = [it for it in shares if it.details["f"] < 0.6]
    assert low
    assert all(it.value == 0.0 < it.high for it in low)

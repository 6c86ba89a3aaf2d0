"""Ties: where cells are equal, no number depends on which of them is read first."""

import numpy as np
import pytest

from analysis.measures import MEASURES, measured
from analysis.measures.surface import Surface
from tests.unit.analysis.measures.surfaces import X, Y, bowl, surface

SYMMETRIC = ("interaction_share", "canonical_rho", "basin_area", "best_probability")
"""Measures that know no first axis."""


def tied(seeds=3, step=4.0, worst=16.0, number=1):
    """A bowl in steps, as errors of few images are, and from a value on all at the worst."""
    found = surface(bowl(1.0), seeds=seeds, noise=0.6, number=number)
    values = np.minimum(np.round(found.values * step) / step, worst)
    return Surface(x=X, y=Y, values=np.where(found.mean[:, :, None] > worst - 1.0, worst, values))


def plateau(seeds=3):
    """Six cells that trained, and a plateau that has nine times as many: most of the best third are at the worst."""
    found = surface(np.full((5, 7), 90.0), seeds=seeds)
    found.values[1:3, 2:5] += surface(bowl()[1:3, 2:5] - 60.0, seeds=seeds, noise=0.3, x=X[:3], y=Y[:2]).values
    return found


SURFACES = [
    tied(number=2),
    tied(seeds=1, step=2.0, number=2),
    tied(seeds=2, step=1.0, number=5),
    tied(step=0.5, number=2),
    plateau(),
]
NAMES = ["steps", "one seed", "two seeds", "wide steps", "plateau"]
every_surface = pytest.mark.parametrize("found", SURFACES, ids=NAMES)


def told(number):
    return (number.value, number.low, number.high)


def changed(found, rows, columns, **options):
    values = found.values[np.ix_(rows, columns)]
    return Surface(x=found.x, y=found.y, values=values, **options)


@every_surface
def test_cells_tie_for_the_last_places_of_the_best_third(found):
    """Or these tests say nothing."""
    assert found.counted.sum() == pytest.approx(12.0)
    assert found.near.sum() > 12


@every_surface
def test_exchanging_the_axes_changes_no_number(found):
    one, other = measured(found), measured(found.transposed())
    for name in SYMMETRIC:
        assert told(one[name]) == pytest.approx(told(other[name])), name
    for name, turned in (("ridge_slope", "ridge_slope_yx"), ("ridge_slope_yx", "ridge_slope")):
        assert told(one[name]) == pytest.approx(told(other[turned])), name


@every_surface
@pytest.mark.parametrize("number", range(5))
def test_the_order_of_choices_changes_no_number(found, number):
    """Of two axes of choices rows and columns may stand in any order."""
    options = {"x_ordered": False, "y_ordered": False}
    generator = np.random.default_rng(number)
    one = measured(changed(found, np.arange(5), np.arange(7), **options))
    other = measured(changed(found, generator.permutation(5), generator.permutation(7), **options))
    assert {kind.name: told(one[kind.name]) for kind in MEASURES} == {
        kind.name: pytest.approx(told(other[kind.name])) for kind in MEASURES
    }


@every_surface
def test_turning_an_axis_turns_the_sign_of_rho_alone(found):
    turned = Surface(x=-found.x[::-1], y=found.y, values=found.values[:, ::-1])
    one, other = measured(found), measured(turned)
    for name in set(SYMMETRIC) - {"canonical_rho"}:
        assert told(one[name]) == pytest.approx(told(other[name])), name
    rho, back = one["canonical_rho"], other["canonical_rho"]
    assert told(rho) == pytest.approx(tuple(None if it is None else -it for it in (back.value, back.high, back.low)))


def test_cells_share_the_last_places_equally():
    found = surface([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 9.0], [9.0, 9.0, 9.0, 20.0]], x=X[:4], y=Y[:3])
    assert found.counted.tolist() == [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.5], [0.5, 0.5, 0.5, 0.0]]


def test_what_differs_by_rounding_is_tied():
    """As the means of the same three errors do, in another order of seeds."""
    values = np.full((2, 6, 3), 30.0)
    values[0, :4] = [0.1, 0.2, 0.3]
    values[1, :] = [[0.3, 0.2, 0.1]] * 3 + [[0.2, 0.3, 0.1]] * 3
    found = Surface(x=np.arange(6.0), y=np.arange(2.0), values=values)
    assert len(np.unique(found.mean)) == 3
    assert found.counted.ravel().tolist() == pytest.approx([0.9] * 4 + [0.0] * 2 + [0.9] * 6)


def test_the_noise_of_tied_cells_is_that_of_a_choice_among_them():
    """Over many choices of as many of them as there are places, the mean of the variances."""
    found = tied(seeds=3, step=0.5, number=2)
    sure, open_ = found.counted == 1.0, np.flatnonzero((found.counted > 0.0) & (found.counted < 1.0))
    generator, variances = np.random.default_rng(1), []
    for _ in range(2_000):
        chosen = sure.ravel().copy()
        chosen[generator.choice(open_, 12 - int(sure.sum()), replace=False)] = True
        variances.append(found.noise_of(chosen.reshape(5, 7)).error ** 2)
    assert found.noise_near.freedom == 22
    assert found.noise_near.error**2 == pytest.approx(np.mean(variances), rel=0.02)


def test_equally_good_choices_are_tuned_equally_often():
    """From the first row either x may be found, and the best y of it is 3 or 0."""
    found = measured(surface([[5.0, 5.0, 9.0], [3.0, 8.0, 0.5], [9.0, 0.0, 9.0]], x=X[:3], y=Y[:3]))
    assert [it["regret"] for it in found["coordinate_tuning_regret"].details["starts"]] == [1.5, 0.5, 0.0]

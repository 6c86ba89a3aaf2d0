"""The canonical correlation: known answers, where it is undefined, and noise."""

import numpy as np
import pytest

from analysis.measures.canonical import canonical_rho
from tests.unit.analysis.measures.surfaces import X, Y, bowl, published, surface


def test_decay_as_torch_means_it_has_the_correlation_that_was_worked_out_apart():
    x, w = np.linspace(-4.0, -1.0, 7), np.linspace(-2.5, 0.5, 7)
    lr, decay = np.meshgrid(x, w)
    found = canonical_rho(surface((lr + 2.5) ** 2 + 0.5 * (lr + decay + 3.5) ** 2, x=x, y=w))
    assert found.value == pytest.approx(-1.0 / np.sqrt(3.0))  # c_xy = 1, c_xx = 3/2, c_yy = 1/2


@pytest.mark.parametrize("shear", [-2.0, 0.0, 1.0])
def test_a_sheared_bowl_has_the_correlation_of_its_quadratic(shear):
    """4 (x + s y)^2 + 30 y^2 has c_xx = 4, c_xy = 8 s, c_yy = 4 s^2 + 30."""
    found = canonical_rho(surface(bowl(shear)))
    assert found.value == pytest.approx(-8.0 * shear / (2.0 * np.sqrt(4.0 * (4.0 * shear**2 + 30.0))), abs=1e-9)


def test_units_of_the_axes_do_not_matter():
    mean = bowl(1.0)
    one, other = canonical_rho(surface(mean)), canonical_rho(surface(mean, x=100.0 * X - 3.0, y=Y / 50.0))
    assert one.value == pytest.approx(other.value)


def test_a_bowl_along_the_axes_is_not_turned():
    found = canonical_rho(surface(bowl(0.0)))
    assert found.details["turned_degrees"] % 90.0 == pytest.approx(0.0, abs=1e-6)


def test_without_a_bowl_it_is_undefined_and_says_why():
    found = canonical_rho(published("final"))
    assert (found.value, found.reason) == (None, "the fitted quadratic has no bowl: c_xx and c_yy must be above 0")


def test_a_surface_that_is_straight_along_an_axis_has_no_bowl():
    """Its curvature is rounding there, of either sign: rho was -16 million, or null, as it happened."""
    x, y = np.meshgrid(np.linspace(-1.0, 1.0, 3), np.linspace(-1.0, 1.0, 3))
    mean = 8.0 + 3.0 * np.abs(x - 0.1) + 3.0 * x * y
    found = canonical_rho(surface(mean, x=np.linspace(-4.0, -1.0, 3), y=np.linspace(0.0, 0.5, 3)))
    assert found.value is None
    assert "no bowl" in found.reason


def test_too_few_cells_bear_no_quadratic():
    found = canonical_rho(surface([[1.0, 2.0, 3.0]] * 2, x=X[:3], y=Y[:2]))
    assert found.value is None
    assert "could be fitted" in found.reason


def test_choices_have_no_curvature():
    assert canonical_rho(surface(bowl(), x_ordered=False)).value is None


def test_the_same_surface_has_the_same_interval():
    one, other = (canonical_rho(surface(bowl(1.0), seeds=3, noise=0.3)) for _ in range(2))
    assert (one.low, one.high) == (other.low, other.high)


def test_exchanging_the_axes_or_turning_one_changes_nothing_but_the_sign():
    """The noise that is drawn belongs to ranks, not to places."""
    found = surface(bowl(1.0), seeds=3, noise=0.6)
    one, other = canonical_rho(found), canonical_rho(found.transposed())
    turned = canonical_rho(type(found)(x=-X[::-1], y=Y, values=found.values[:, ::-1]))
    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high))
    assert (-turned.value, -turned.high, -turned.low) == pytest.approx((one.value, one.low, one.high))


@pytest.mark.parametrize("seeds", [2, 5])
def test_where_the_choice_of_cells_moves_it_the_interval_bears_that(seeds):
    """A valley with straight sides is no quadratic; the interval that knew one choice of cells held 90 %."""
    across, up = np.meshgrid(X, Y)
    off = across + 2.45 + 2.0 * (up - 0.25)
    valley = 10.0 + np.where(off > 0, 9.0 * off, -4.0 * off) + 12.0 * np.abs(up - 0.22)
    truth = canonical_rho(surface(valley)).value
    found = [canonical_rho(surface(valley, seeds=seeds, noise=0.6, number=it)) for it in range(600)]
    assert np.mean([it.low <= truth <= it.high for it in found if it.low is not None]) >= 0.94


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(seeds):
    truth = canonical_rho(surface(bowl(2.0))).value
    found = [canonical_rho(surface(bowl(2.0), seeds=seeds, noise=0.1, number=it)) for it in range(300)]
    assert np.mean([it.low <= truth <= it.high for it in found]) >= 0.91
    assert np.median([it.high - it.low for it in found]) < 0.2

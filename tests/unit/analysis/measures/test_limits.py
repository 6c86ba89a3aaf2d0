"""Limits of ratios, sums and sums of squares, beside what other programs find."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.measures.limits import HUGE, Limits, combined, fieller, noncentral, noncentral_ratio, t_value


@pytest.mark.parametrize("freedom", [1, 8, 68])
def test_the_t_value_is_student_s(freedom):
    assert t_value(freedom) == pytest.approx(stats.t.ppf(0.975, freedom))


def test_the_limits_of_a_ratio_are_where_its_test_turns():
    """(a - r b)^2 = t^2 error^2 |a - r b|^2, solved by a root finder."""
    means, top, bottom = np.array([1.0, 4.0, 9.0]), np.array([1.0, 1.0, 0.0]), np.array([0.0, -1.0, 2.0])

    def test(ratio):
        weights = top - ratio * bottom
        return (weights @ means) ** 2 - (2.0 * 0.3) ** 2 * (weights @ weights)

    found = fieller(top, bottom, means, 0.3, 2.0)
    assert found.value == pytest.approx(5.0 / 14.0)
    assert found.low == pytest.approx(optimize.brentq(test, -5.0, found.value))
    assert found.high == pytest.approx(optimize.brentq(test, found.value, 5.0))


@pytest.mark.parametrize("bottom", [[1.0, -1.0], [0.5, -0.499]])
def test_a_ratio_whose_denominator_may_be_0_has_no_limits(bottom):
    found = fieller(np.array([1.0, 0.0]), np.array(bottom), np.array([3.0, 3.0]), 0.3, 2.0)
    assert (found.low, found.high) == (-math.inf, math.inf)


def test_limits_of_a_sum_are_those_of_independent_terms():
    found = combined([Limits(1.0, 0.0, 3.0), Limits(5.0, 4.0, 6.0)], [1.0, -2.0])
    assert found == Limits(-9.0, -9.0 - math.hypot(1.0, 2.0), -9.0 + math.hypot(2.0, 2.0))


def test_bounds_of_what_is_possible_add_up():
    found = combined([Limits(0.0, -1.0, 2.0), Limits(0.0, -3.0, 4.0)], [1.0, 1.0], [True, True])
    assert (found.low, found.high) == (-4.0, 6.0)


@pytest.mark.parametrize("sum_of_squares", [1.0, 30.0, 500.0, 2e6])
def test_a_noncentrality_has_the_limits_at_which_its_law_turns(sum_of_squares):
    found = noncentral(sum_of_squares, 24)
    if found.low > 0:
        assert stats.ncx2.cdf(sum_of_squares, 24, found.low) == pytest.approx(0.975, abs=1e-6)
    if found.high > 0:
        assert stats.ncx2.cdf(sum_of_squares, 24, found.high) == pytest.approx(0.025, abs=1e-6)
    assert found.low <= found.value <= max(found.high, found.value)


def test_a_huge_sum_goes_on_where_the_exact_law_ends():
    below, above = noncentral(HUGE * 0.999999, 24), noncentral(HUGE * 1.000001, 24)
    assert above.low == pytest.approx(below.low, rel=1e-5)
    assert above.high == pytest.approx(below.high, rel=1e-5)


def test_the_limit_of_an_f_ratio_is_where_its_law_turns():
    found = noncentral_ratio(1.2, 24, 34)
    assert stats.ncf.cdf(1.2, 24, 34, found) == pytest.approx(0.025, abs=1e-5)  # SciPy's inverse is no better
    assert noncentral_ratio(0.01, 24, 34) == 0.0


def test_several_choices_of_weights_have_their_outer_limits():
    terms = [Limits(1.0, 0.0, 3.0), Limits(5.0, 4.0, 6.0)]
    one, other = combined(terms, [1.0, -2.0]), combined(terms, [2.0, 0.0])
    both = combined(terms, [[1.0, -2.0], [2.0, 0.0]])
    assert both == Limits(one.value, min(one.low, other.low), max(one.high, other.high))

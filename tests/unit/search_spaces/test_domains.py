from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from search_spaces.declarations import OPTIMIZERS, TASKS
from search_spaces.domains import (
    Choices,
    Names,
    Range,
    Switches,
    Values,
    WholeRange,
    WholeValues,
    domain_of,
    significant,
)

PROPERTY = settings(max_examples=200, deadline=None, derandomize=True, database=None)
ROUND = st.integers(1, 10**9).flatmap(lambda n: st.integers(-12, 3).map(lambda e: float(f"{n}e{e}")))


def values(*numbers):
    return Values(values=numbers)


# -- significant digits


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.1 + 0.2, 0.3),
        (1 / 3, 0.333333333333),
        (123456789.0123456, 123456789.012),
        (0.0, 0.0),
        (1e-300, 1e-300),
        (7, 7.0),
    ],
)
def test_numbers_are_rounded_to_twelve_significant_digits(value, rounded):
    assert significant(value) == rounded


def test_minus_zero_is_zero():
    assert math.copysign(1.0, significant(-0.0)) == 1.0


@PROPERTY
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
def test_rounding_twice_is_rounding_once(value):
    assert significant(significant(value)) == significant(value)


# -- whole numbers and choices


def test_whole_values_ascend_and_stay_whole():
    assert WholeValues(values=(64, 8)).grid() == (8, 64)
    with pytest.raises(ValidationError):
        WholeValues(values=(8.0,))


def test_a_range_of_whole_numbers_is_cut_on_its_scale():
    assert WholeRange(low=16, high=256, log=True, points=5).grid() == (16, 32, 64, 128, 256)
    assert WholeRange(low=1, high=10, points=4).grid() == (1, 4, 7, 10)


@pytest.mark.parametrize("log", [False, True])
def test_every_whole_number_takes_its_part(log):
    """The ends too: rounded from the interval between them they would be drawn half as often."""
    domain, count = WholeRange(low=1, high=4, log=log), 4_000
    drawn = [domain.at((i + 0.5) / count) for i in range(count)]
    assert {type(value) for value in drawn} == {int}
    shares = [drawn.count(value) / count for value in (1, 2, 3, 4)]
    between = [math.log((v + 0.5) / (v - 0.5)) / math.log(9.0) if log else 0.25 for v in (1, 2, 3, 4)]
    assert shares == pytest.approx(between, abs=1e-3)
    assert (domain.at(0.0), domain.at(1.0)) == (1, 4)


@pytest.mark.parametrize(
    ("domain", "every"),
    [
        (Values(values=(0.5, 0.1)), [0.1, 0.5]),
        (WholeRange(low=2, high=4), [2, 3, 4]),
        (Choices(values=("b", "a")), ["b", "a"]),
    ],
    ids=str,
)
def test_a_domain_of_few_values_lists_them(domain, every):
    assert list(domain.every()) == every


def test_a_range_of_real_numbers_lists_none():
    assert Range(low=0.1, high=1.0).every() is None


def test_points_of_a_whole_range_must_differ():
    with pytest.raises(ValidationError, match="points must be fewer"):
        WholeRange(low=1, high=3, points=4)


def test_choices_keep_their_order_and_take_equal_parts():
    choices = Choices(values=("b", "a", "c"))
    assert choices.grid() == ("b", "a", "c")
    assert [choices.at(share) for share in (0.0, 0.33, 0.34, 0.99, 1.0)] == ["b", "b", "a", "c", "c"]


def test_a_switch_is_on_or_off():
    assert Switches(values=(False, True)).grid() == (False, True)
    for wrong in ((1,), ("true",), (True, True)):
        with pytest.raises(ValidationError):
            Switches(values=wrong)


@pytest.mark.parametrize(
    ("option", "raw", "model"),
    [
        (None, {"values": []}, Values),
        (None, {}, Range),
        (OPTIMIZERS["padam"].options["lr"], {"values": []}, Values),
        (OPTIMIZERS["padam"].options["decay"], {"low": 1}, Names),
        (OPTIMIZERS["padam"].options["amsgrad"], {}, Switches),
        (TASKS["classification"].options["batch_size"], {"values": []}, WholeValues),
        (TASKS["classification"].options["batch_size"], {"low": 1}, WholeRange),
    ],
)
def test_an_option_has_its_kind_of_domain(option, raw, model):
    assert domain_of(option, raw) is model


# -- values


def test_values_are_kept_in_ascending_order():
    assert values(0.25, 0.0, 0.125).values == (0.0, 0.125, 0.25)


def test_the_grid_of_values_is_the_values():
    assert values(3.0, 1.0).grid() == (1.0, 3.0)


def test_values_have_ends():
    assert (values(3.0, 1.0, 2.0).low, values(3.0, 1.0, 2.0).high) == (1.0, 3.0)


@pytest.mark.parametrize("numbers", [(0.1, 0.1), (0.3, 0.1 + 0.2), (0.0, -0.0), (1, 1.0), (1.0, 1.0 + 1e-13)])
def test_values_equal_at_twelve_digits_are_refused(numbers):
    with pytest.raises(ValidationError, match="more than once"):
        values(*numbers)


def test_values_that_differ_in_the_twelfth_digit_are_two():
    assert len(values(1.0, 1.00000000001).grid()) == 2


@pytest.mark.parametrize("numbers", [(), (math.nan,), (math.inf,), (True,), ("1",), (None,)])
def test_values_must_be_finite_numbers(numbers):
    with pytest.raises(ValidationError):
        values(*numbers)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.49])
def test_the_first_of_two_values_takes_the_first_half(share):
    assert values(1.0, 2.0).at(share) == 1.0


@pytest.mark.parametrize("share", [0.5, 0.9, math.nextafter(1.0, 0.0), 1.0])
def test_the_second_of_two_values_takes_the_second_half(share):
    assert values(1.0, 2.0).at(share) == 2.0


@pytest.mark.parametrize("count", [1, 3, 7, 100])
def test_each_value_takes_an_equal_part(count):
    domain = values(*range(1, count + 1))
    taken = [domain.at((i + 0.5) / (count * 10)) for i in range(count * 10)]
    assert [taken.count(v) for v in domain.grid()] == [10] * count


# -- ranges


@pytest.mark.parametrize(
    ("domain", "grid"),
    [
        (Range(low=1e-3, high=10, log=True, points=5), (0.001, 0.01, 0.1, 1.0, 10.0)),
        (Range(low=1e-3, high=1e-1, log=True, points=3), (0.001, 0.01, 0.1)),
        (Range(low=0.0, high=0.5, points=5), (0.0, 0.125, 0.25, 0.375, 0.5)),
        (Range(low=0.1, high=0.7, points=4), (0.1, 0.3, 0.5, 0.7)),
        (Range(low=-1.0, high=1.0, points=3), (-1.0, 0.0, 1.0)),
        (Range(low=3e-5, high=7e-2, log=True, points=2), (3e-5, 7e-2)),
    ],
)
def test_the_grid_of_a_range_is_evenly_spaced_on_its_scale(domain, grid):
    assert domain.grid() == grid


@PROPERTY
@given(low=ROUND, high=ROUND, log=st.booleans(), points=st.integers(2, 40))
def test_a_grid_has_its_ends_exactly_and_rises(low, high, log, points):
    assume(high > low * (1 + 1e-6))
    grid = Range(low=low, high=high, log=log, points=points).grid()
    assert (grid[0], grid[-1], len(grid)) == (low, high, points)
    assert all(a < b for a, b in itertools.pairwise(grid))
    assert all(significant(v) == v for v in grid)


@pytest.mark.parametrize("points", [3, 12, 100])
def test_a_range_too_narrow_for_its_points_is_refused(points):
    with pytest.raises(ValidationError, match="12 significant digits"):
        Range(low=1.0, high=1.00000000001, points=points)


def test_a_range_whose_ends_are_equal_at_twelve_digits_is_refused():
    with pytest.raises(ValidationError):
        Range(low=1.0, high=1.0 + 1e-13)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0)])
def test_low_must_lie_below_high(low, high):
    with pytest.raises(ValidationError, match="low < high must hold"):
        Range(low=low, high=high)


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_a_log_range_must_be_positive(low):
    with pytest.raises(ValidationError, match="low > 0 must hold"):
        Range(low=low, high=1.0, log=True)


@pytest.mark.parametrize("points", [1, 0, -3, 10_001, 2.5, True])
def test_points_must_be_a_whole_number_from_two_on(points):
    with pytest.raises(ValidationError):
        Range(low=1.0, high=2.0, points=points)


def test_a_range_without_points_has_no_grid():
    with pytest.raises(ValueError, match="points"):
        Range(low=1.0, high=2.0).grid()


@pytest.mark.parametrize("log", [False, True])
def test_the_shares_zero_and_one_are_the_ends(log):
    domain = Range(low=3e-4, high=0.7, log=log)
    assert (domain.at(0.0), domain.at(1.0)) == (3e-4, 0.7)


def test_half_way_is_the_mean_on_the_scale():
    assert Range(low=1.0, high=100.0, log=True).at(0.5) == 10.0
    assert Range(low=1.0, high=100.0).at(0.5) == 50.5


@PROPERTY
@given(low=ROUND, high=ROUND, log=st.booleans(), share=st.floats(0, 1), further=st.floats(0, 1))
def test_a_value_at_a_share_lies_in_the_range_and_rises_with_it(low, high, log, share, further):
    assume(high > low)
    domain = Range(low=low, high=high, log=log)
    first, second = sorted((share, further))
    assert low <= domain.at(first) <= domain.at(second) <= high


@pytest.mark.parametrize("domain", [values(1.0), Range(low=1.0, high=2.0)])
def test_a_domain_is_frozen(domain):
    with pytest.raises(ValidationError):
        domain.low = 3.0


@pytest.mark.parametrize(
    ("values", "log"), [([0.01, 1.0], True), ([0.1, 1.0], False), ([0.0, 100.0], False), ([-1.0, 100.0], False)]
)
def test_values_that_spread_are_seen_on_a_logarithmic_scale(values, log):
    assert Values(values=values).log is log

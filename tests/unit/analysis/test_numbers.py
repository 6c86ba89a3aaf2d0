from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.numbers import plain, point, short, shortened, told_apart, written
from search_spaces.domains import significant


def read(text):
    """Return the number that a text says."""
    top, _, bottom = text.partition("/")
    return float(top) / float(bottom or 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (10.0, "10"),
        (0.001, "0.001"),
        (1e-5, "1e-05"),
        (0.0316227766017, "0.0316"),
        (3162.27766017, "3160"),
        (12345.0, "12300"),
        (-0.5, "-0.5"),
    ],
)
def test_plain_has_three_significant_digits(value, text):
    assert plain(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "1/2"),
        (0.25, "1/4"),
        (0.125, "1/8"),
        (0.0625, "1/16"),
        (0.03125, "1/32"),
        (0.375, "3/8"),
        (0.0, "0"),
        (1.0, "1"),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (-0.5, "-0.5"),
    ],
)
def test_short_writes_fractions_of_two_as_fractions(value, text):
    assert short(value) == text


@given(st.floats(min_value=1e-12, max_value=1e12))
def test_plain_is_near_its_number(value):
    assert float(plain(value)) == pytest.approx(value, rel=0.006)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.9995, 0.9999], ["0.9995", "0.9999"]),
        ([0.9, 0.99, 0.999], ["0.9", "0.99", "0.999"]),
        ([0.03121, 0.03123], ["0.03121", "0.03123"]),
        ([0.0, 0.125, 0.5], ["0", "1/8", "1/2"]),
        ([0.1, 0.1 + 1e-12], ["0.1", "0.100000000001"]),
        ([0.5, 0.5001], ["1/2", "0.5001"]),  # 0.5 would be another number than 1/2
        ([1e-5, 0.1], ["1e-05", "0.1"]),
        ([0.1, 0.1], ["0.1"]),
        ([], []),
    ],
)
def test_different_values_are_written_in_as_few_digits_as_tell_them_apart(values, texts):
    assert list(told_apart(values).values()) == texts


def test_told_apart_can_write_without_fractions():
    assert told_apart([0.5, 0.25], plain) == {0.5: "0.5", 0.25: "0.25"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.999, "0.999"),
        (0.9995, "0.9995"),
        (0.9999, "0.9999"),
        (0.99999, "0.99999"),
        (1.0, "1"),
        (0.96875, "31/32"),
        (0.95, "0.95"),
        (1.0001, "1"),
    ],
)
def test_a_number_that_stands_alone_keeps_the_digits_that_tell_it_from_one(value, text):
    assert written(value) == text


def test_a_configuration_is_written_as_text():
    assert point({"lr": 0.1, "p": 0.125, "beta2": 0.9995}) == "lr = 0.1, p = 1/8, beta2 = 0.9995"


twelve = st.floats(min_value=1e-9, max_value=1e9).map(significant)


@given(st.lists(twelve | st.sampled_from([0.5, 0.25, 0.9995, 0.9999, 31 / 32]), min_size=1, max_size=6, unique=True))
@example([0.5, 0.500000000001])
@example([0.999999999999, 0.999999999998])
def test_values_that_differ_at_twelve_digits_say_different_numbers(values):
    texts = told_apart(values)
    assert len({read(text) for text in texts.values()}) == len(values)
    assert all(read(text) == pytest.approx(value, rel=0.006) for value, text in texts.items())


@given(st.floats(min_value=1e-11, max_value=0.1))
def test_nothing_below_one_is_written_as_one(gap):
    assert read(written(significant(1 - gap))) < 1


@pytest.mark.parametrize(
    ("texts", "most", "found"),
    [
        (["sgd", "momentum"], 8, ["sgd", "momentum"]),
        (["a-name-with-warmup", "a-name-without"], 11, ["a-nam…armup", "a-nam…thout"]),
        (["a-long-name-end", "b-long-name-end"], 7, ["a-l…end", "b-l…end"]),
        (["sgd", *(f"{20 * 'a'}{it}{20 * 'b'}" for it in "12")], 9, ["sgd", "aaa…2…bbb", "aaa…3…bbb"]),
        (["abcdefgh1", "abcdefgh2"], 7, ["abc…gh1", "abc…gh2"]),
    ],
)
def test_names_are_shortened_in_their_middle(texts, most, found):
    assert shortened(texts, most) == found


@given(st.lists(st.text("ab", max_size=30), max_size=12), st.integers(7, 20))
def test_different_names_stay_different_and_have_room(texts, most):
    found = shortened(texts, most)
    assert len(set(found)) == len(set(texts))
    assert max(map(len, found), default=0) <= most
    assert all(short == text for short, text in zip(found, texts, strict=True) if len(text) <= most)

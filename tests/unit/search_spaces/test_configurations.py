from __future__ import annotations

from search_spaces.configurations import grid, identity, rounded
from search_spaces.domains import Range, Values

SPACE = {"lr": Range(low=0.01, high=1.0, log=True, points=3), "p": Values(values=(0.5, 0.0))}


def test_the_grid_varies_the_last_hyperparameter_fastest():
    assert list(grid(SPACE)) == [{"lr": lr, "p": p} for lr in (0.01, 0.1, 1.0) for p in (0.0, 0.5)]


def test_the_grid_of_one_hyperparameter_is_its_domain():
    assert list(grid({"p": SPACE["p"]})) == [{"p": 0.0}, {"p": 0.5}]


def test_configurations_equal_at_twelve_digits_are_the_same():
    assert identity({"lr": 0.1 + 0.2, "p": 0.0}) == identity({"p": -0.0, "lr": 0.3})


def test_configurations_that_differ_in_the_twelfth_digit_are_two():
    assert identity({"lr": 1.0}) != identity({"lr": 1.00000000001})


def test_whole_numbers_and_fractions_are_the_same_value():
    assert identity({"lr": 1}) == identity({"lr": 1.0})


def test_the_identity_is_text_that_a_store_can_compare():
    assert identity({"p": 0.125, "lr": 1e-3}) == '{"lr":0.001,"p":0.125}'


def test_a_configuration_is_rounded_to_twelve_digits():
    assert rounded({"lr": 1 / 3}) == {"lr": 0.333333333333}

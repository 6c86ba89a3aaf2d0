from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures.columns import columns_of, fitting, width_of


def columns(*values):
    return columns_of(np.array(values, dtype=float))


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        ([1.0, 10.0, 100.0], [10**-0.5, 10**0.5, 10**1.5, 10**2.5]),
        ([1.0], [10**-0.5, 10**0.5]),
        ([1.0, 100.0], [0.1, 10.0, 1000.0]),
        ([0.0], [-0.5, 0.5]),
        ([0.0, 1.0, 3.0], [-0.5, 0.5, 2.0, 4.0]),
        ([-2.0, 2.0], [-4.0, 0.0, 4.0]),
        ([0.1, 0.11, 1.0], [-0.5, 0.5, 1.5, 2.5]),
    ],
)
def test_edges_lie_half_way_between_neighbours(values, edges):
    assert columns(*values).edges == pytest.approx(edges)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([0.1, 1.0], "log"),
        ([0.5], "log"),
        ([1.0, 2.0, 5.0, 10.0, 20.0], "log"),
        ([0.0, 1.0], "linear"),
        ([-1.0, 1.0], "linear"),
        ([0.0, 0.0625, 0.125, 0.25, 0.5], "linear"),
        ([0.001, 0.1, 0.11, 1.0], "even"),
        ([0.9, 0.99, 0.999], "even"),
        ([0.0, 1e-4, 1e-3, 1e-2], "even"),
    ],
)
def test_the_scale_is_logarithmic_where_it_can_be_and_even_where_it_must_be(values, scale):
    assert columns(*values).scale == scale


@pytest.mark.parametrize(
    "values", [[0.01, 0.1, 1.0], [0.0, 0.25, 0.5], [0.1, 0.11, 1.0]], ids=["log", "linear", "even"]
)
def test_each_value_lies_in_its_column(values):
    found = columns(*values)
    for column, value in enumerate(values):
        left, right = found.edges[column : column + 2]
        assert left < found.at(value) < right
        assert left < found.within(column, 0.1) < found.within(column) < found.within(column, 0.9) < right
    assert found.shares == pytest.approx([1 / 3] * 3)
    assert found.along == pytest.approx([0.0, 0.5, 1.0])


def test_values_are_their_own_places_where_none_lies_too_close():
    assert columns(0.01, 0.1, 1.0).places.tolist() == [0.01, 0.1, 1.0]
    assert columns(0.1, 0.11, 1.0).places.tolist() == [0.0, 1.0, 2.0]


def test_one_value_lies_at_the_beginning():
    assert columns(0.1).along.tolist() == [0.0]


def test_no_column_is_much_narrower_than_another():
    shares = columns(0.001, 0.01, 0.02, 0.05, 0.1, 1.0).shares
    assert shares.min() > 0.4 * shares.mean()


def test_text_that_does_not_fit_is_smaller():
    assert fitting("12.3", 1.0, 8.0) == 8.0
    assert fitting("12.3\n1/3 guess", 0.5, 8.0) == pytest.approx(fitting("1/3 guess", 0.5, 8.0))
    assert fitting("1/3 guess", 0.4, 8.0) == pytest.approx(fitting("1/3 guess", 0.2, 8.0) * 2)
    assert fitting("1/3 guess", 0.4, 8.0) < 8.0


def test_axes_have_their_width_in_inches():
    figure = Figure(figsize=(8, 4))
    assert width_of(figure.add_axes((0.1, 0.1, 0.5, 0.5))) == pytest.approx(4.0)

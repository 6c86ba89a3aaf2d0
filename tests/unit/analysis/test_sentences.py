"""What is said of a map follows from its numbers."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.maps import sensitivity_map
from analysis.measures import measured
from analysis.measures.number import Number
from analysis.sentences import sentences
from tests.unit.analysis.common import MEASURE, gridded, line
from tests.unit.analysis.measures.surfaces import X, Y, bowl, surface


def of(mean, *, log=(True, False), **noise):
    """The map of a bowl of learning rates and p, and its sentences."""
    found = surface(mean, **noise)
    cells = {
        (10.0 ** X[column], float(Y[row])): found.values[row, column].tolist()
        for row in range(len(Y))
        for column in range(len(X))
    }
    return sensitivity_map(gridded(cells, MEASURE), MEASURE, log)


def test_the_numbers_of_a_map_are_those_of_its_surface():
    shown = of(bowl(2.0), seeds=3, noise=0.1)
    expected = measured(surface(bowl(2.0), seeds=3, noise=0.1))
    assert {name: it.value for name, it in shown.numbers.items()} == pytest.approx(
        {name: it.value for name, it in expected.items()}
    )


def test_a_sheared_bowl_is_called_entangled_and_says_by_how_much_its_best_moves():
    entangled, moved, regret = sentences(of(bowl(2.0), seeds=3, noise=0.1))
    assert entangled.startswith("Learning rate and partial-adaptivity exponent p are entangled: 37 % [")
    assert "The best learning rate falls tenfold as partial-adaptivity exponent p rises by 0.5: slope -2" in moved
    assert moved.endswith("decades per unit.")
    assert regret.startswith("Who tunes learning rate first and partial-adaptivity exponent p then loses 0.3")


def test_a_separable_bowl_can_be_tuned_apart():
    entangled, moved, _ = sentences(of(bowl(), seeds=3, noise=0.1))
    assert "can be tuned apart: 0 % [0, 0] of the variation" in entangled
    assert "is not shown to move" in moved


def test_rows_whose_best_is_surely_elsewhere_are_said_though_a_line_through_them_is_left_open():
    """The lowest row may have its best beyond the grid, which leaves any slope open; the others do not care."""
    x, y = np.meshgrid(X, Y)
    ends = np.array([-0.95, -1.2, -2.0, -2.7, -3.0])[np.rint(8 * y).astype(int)]
    _, moved, *_ = sentences(of(10.0 + 4.0 * (x - ends) ** 2, seeds=3, noise=1.0))
    assert moved.startswith("The best learning rate moves with partial-adaptivity exponent p: it lies between ")
    assert "at partial-adaptivity exponent p = 0, and between" in moved
    assert "is left open: slope" in moved
    assert "not shown" not in moved


def test_what_noise_hides_is_left_open():
    assert "is left open" in next(sentences(of(bowl(), seeds=2, noise=4.0)))


def test_noise_alone_is_told_with_its_reason():
    found = list(sentences(of(0.0 * bowl() + 10.0, seeds=3, noise=1.0)))
    assert "cannot be said: the surface may be flat" in found[0]


def test_one_seed_says_what_it_cannot():
    (only,) = sentences(of(bowl(2.0)))
    assert "with one seed nobody knows how much of it is noise" in only


@pytest.mark.parametrize(
    ("log", "words"),
    [((True, True), "by 10^2 as"), ((False, False), "falls as"), ((True, False), "falls tenfold as")],
)
def test_a_slope_is_told_in_the_words_of_its_axes(log, words):
    shown = of(bowl(2.0), seeds=3, noise=0.1)
    numbers = dict(shown.numbers) | {"ridge_slope": Number(value=-2.0, low=-2.5, high=-1.5, n=3)}
    assert words in list(sentences(replace(shown, log=log, numbers=numbers)))[1]


def test_one_hyperparameter_alone_says_nothing():
    assert list(sentences(sensitivity_map(line({0.1: [1.0, 2.0], 1.0: [3.0, 4.0]}), MEASURE))) == []

"""Landscapes: what each says of itself, and that numbers, arrays and tensors give one loss."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from search_spaces.declarations import TASKS
from search_spaces.landscapes import LANDSCAPES, SURFACES, moons
from workers.data.moons import load_moons
from workers.recipe import Recipe
from workers.tasks import begin

EVERY = list(LANDSCAPES.values())
names = pytest.mark.parametrize("one", EVERY, ids=list(LANDSCAPES))


def spots(one, count=41):
    """Return a grid of points of the domain, corners and middles included."""
    left, right, bottom, top = one.domain
    return np.meshgrid(np.linspace(left, right, count), np.linspace(bottom, top, count))


@names
def test_a_minimum_is_lower_than_all_around_it_and_all_the_domain(one):
    assert one.value(*one.minima[0]) == one.lowest
    for x, y in one.minima:
        assert one.holds((x, y))
        assert one.value(x, y) == pytest.approx(one.lowest, abs=1e-15)
        for angle in np.linspace(0.0, 2 * math.pi, 16):
            assert one.value(x + 1e-3 * math.cos(angle), y + 1e-3 * math.sin(angle)) > one.lowest
    assert one.value(*spots(one)).min() >= one.lowest


@names
def test_the_worst_is_the_largest_excess_of_the_domain_and_what_is_declared(one):
    x, y = spots(one)
    assert one.holds(one.highest)
    assert one.value(x, y).max() - one.lowest == pytest.approx(one.worst)
    declared = {metric.name: metric for metric in TASKS[one.name].metrics}
    assert declared["excess"].worst == one.worst
    assert declared["distance"].worst == one.farthest


@names
def test_the_farthest_point_of_the_domain_is_where_it_is_said_to_be(one):
    assert one.holds(one.remotest)
    found = max(one.distance((x, y)) for x, y in zip(*map(np.ravel, spots(one)), strict=True))
    assert found == pytest.approx(one.farthest)


@names
def test_descents_begin_in_the_domain_and_above_the_minimum(one):
    assert one.holds(one.start)
    assert one.value(*one.start) > one.lowest + 0.1


def test_what_was_always_known_of_beale_has_not_changed():
    one = SURFACES["beale"]
    assert (one.start, one.minima, one.value(*one.start)) == ((1.0, 1.0), ((3.0, 0.5),), 14.203125)
    assert (one.lowest, one.worst, one.farthest) == (0.0, 181_853.61328125, math.hypot(7.5, 5.0))


@pytest.mark.parametrize("one", SURFACES.values(), ids=list(SURFACES))
def test_numbers_arrays_and_tensors_give_one_value(one):
    x, y = spots(one, 9)
    arrays = one.value(x, y)
    tensors = one.value(torch.from_numpy(x), torch.from_numpy(y))
    numbers = [[one.value(float(a), float(b)) for a, b in zip(*row, strict=True)] for row in zip(x, y, strict=True)]
    assert tensors.dtype == torch.float64
    assert np.allclose(arrays, tensors.numpy(), rtol=1e-14, atol=1e-14)
    assert np.allclose(arrays, numbers, rtol=1e-14, atol=1e-14)


def test_the_valley_and_the_saddle_are_symmetric():
    for name, (x, y) in {"valley": (0.3, 0.7), "saddle": (0.3, 0.7)}.items():
        value = SURFACES[name].value
        assert value(x, y) == value(-x, y) == value(x, -y)


def test_near_the_saddle_it_is_the_difference_of_squares():
    value = SURFACES["saddle"].value
    assert value(0.01, 0.02) == pytest.approx(0.01**2 - 0.02**2, rel=1e-3)


def test_the_points_of_the_moons_are_those_of_the_data_set():
    coordinates, classes = moons.points()
    images = load_moons()
    theirs = images.train_images.double().flatten(1).numpy()
    assert np.array_equal(classes > 0, images.train_labels.numpy() == 1)
    assert np.allclose(coordinates, (theirs - theirs.mean(axis=0)) / theirs.std(axis=0), rtol=1e-12)


def test_the_loss_that_is_drawn_of_the_moons_is_the_one_that_is_descended():
    session = begin(
        Recipe(
            task="moons-logistic",
            setting={"steps": 1, "batch_size": 1},
            optimizer="sgd",
            options={"lr": 0.0, "momentum": 0.0, "weight_decay": 0.0, "decay_on": "all", "decay": "l2"},
            epochs=1,
            seed=0,
            schedules={},
        ),
        None,
        torch.device("cpu"),
    )
    for x, y in ((0.0, 0.0), (1.0, -2.0), (-3.0, 2.0)):
        session.at.data = torch.tensor([x, y], dtype=torch.float64)
        found = session._measured(1)["excess"]
        assert found == pytest.approx(moons.loss(x, y) - moons.LOSS.lowest, rel=1e-12)


def test_at_the_minimum_of_the_moons_the_slope_is_zero():
    coordinates, classes = moons.points()
    (x, y) = moons.LOSS.minima[0]
    margins = classes * (coordinates @ np.array([x, y]))
    slope = -(coordinates * (classes / (1.0 + np.exp(margins)))[:, None]).mean(axis=0)
    assert np.abs(slope).max() < 1e-14


def test_to_know_what_there_is_neither_numpy_nor_scikit_learn_is_loaded():
    told = "import sys, search_spaces.declarations; print([it for it in ('numpy', 'sklearn') if it in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

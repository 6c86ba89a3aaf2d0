"""Noisy moons by logistic regression, against a loop of numpy that shares no code with it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import make_moons

from search_spaces.declarations import OPTIMIZERS
from workers.recipe import Recipe
from workers.seeds import generator
from workers.tasks import begin


def session(steps=10, batch_size=10, epochs=3, seed=0, **options):
    declared = {name: it.default for name, it in OPTIMIZERS["sgd"].options.items()}
    recipe = Recipe(
        task="moons-logistic",
        setting={"steps": steps, "batch_size": batch_size},
        optimizer="sgd",
        options=declared | options,
        epochs=epochs,
        seed=seed,
        schedules={"lr": {"name": "constant"}},
    )
    return begin(recipe, None, torch.device("cpu"))


def drawn():
    """Return the points, each coordinate of mean 0 and deviation 1, and the classes 0 and 1."""
    points, classes = make_moons(1_000, noise=0.2, random_state=0)
    points = points.astype(np.float32).astype(float)
    return (points - points.mean(0)) / points.std(0), classes


def told_right(points, weights):
    return 1.0 / (1.0 + np.exp(-(points @ weights)))


def test_a_descent_is_that_of_a_loop_of_numpy():
    points, classes = drawn()
    weights, speed = np.array([-2.0, 2.0]), np.zeros(2)
    for record in session(lr=0.1, momentum=0.9).rest():
        batches = torch.randint(1_000, (10, 10), generator=generator(0, "order", record.epoch)).numpy()
        for batch in batches:
            slope = ((told_right(points[batch], weights) - classes[batch])[:, None] * points[batch]).mean(0)
            speed = 0.9 * speed + slope
            weights = weights - 0.1 * speed
        assert [record.metrics["x"], record.metrics["y"]] == pytest.approx(weights.tolist(), rel=1e-9)
        right = (told_right(points, weights) > 0.5) == (classes == 1)
        assert record.metrics["accuracy"] == pytest.approx(100 * right.mean())


def test_seeds_draw_other_batches_and_the_same_seed_the_same():
    def last(seed):
        *_, record = session(lr=0.1, seed=seed).rest()
        return record.metrics

    assert last(0) == last(0)
    assert last(0) != last(1)


def test_a_descent_comes_near_the_minimum_and_what_is_measured_says_so():
    *_, record = session(steps=300, batch_size=1_000, lr=1.0, momentum=0.9).rest()
    assert record.metrics["excess"] < 5e-3
    assert record.metrics["distance"] < 0.5
    assert record.metrics["accuracy"] == pytest.approx(86.7, abs=0.5)


def test_what_lies_beyond_the_domain_is_told_as_the_worst():
    (record, *_) = session(steps=1, lr=1e6, epochs=1).rest()
    assert record.metrics["excess"] == pytest.approx(3.92506, abs=1e-5)
    assert record.metrics["distance"] == pytest.approx(6.86302, abs=1e-5)

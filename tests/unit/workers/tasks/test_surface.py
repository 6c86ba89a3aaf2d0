"""Descents of surfaces against loops of plain numbers that share no code with them."""

from __future__ import annotations

import math

import pytest
import torch

from search_spaces.declarations import OPTIMIZERS
from search_spaces.landscapes import SURFACES
from workers.recipe import Recipe
from workers.records import Divergence
from workers.tasks import begin

CPU = torch.device("cpu")
BEALE = SURFACES["beale"]
STARTS = {"beale": (1.0, 1.0), "rosenbrock": (-1.2, 1.0), "saddle": (0.9, 1e-3), "valley": (1e-2, 0.9)}


def recipe(optimizer="sgd", steps=20, noise=0.0, epochs=3, seed=0, schedules=None, task="beale", **options):
    declared = {name: option.default for name, option in OPTIMIZERS[optimizer].options.items()}
    return Recipe(
        task=task,
        setting={"steps": steps, "noise": noise},
        optimizer=optimizer,
        options=declared | options,
        epochs=epochs,
        seed=seed,
        schedules=schedules or {"lr": {"name": "constant"}},
    )


def records(*arguments, **changes):
    return list(begin(recipe(*arguments, **changes), None, CPU).rest())


def beale(x, y):
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    return a**2 + b**2 + c**2


def slope_of_beale(x, y):
    """Return the derivatives, worked out by hand, as those below."""
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    return (
        2 * a * (y - 1) + 2 * b * (y**2 - 1) + 2 * c * (y**3 - 1),
        2 * a * x + 2 * b * 2 * x * y + 2 * c * 3 * x * y**2,
    )


def slope_of_rosenbrock(x, y):
    return -2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)


def slope_of_saddle(x, y):
    return 2 * x, 2 * y * (y * y - 1)


def slope_of_valley(x, y):
    return -(x / 4) * (1 - x * x / 16), 20 * y


SLOPES = {
    "beale": slope_of_beale,
    "rosenbrock": slope_of_rosenbrock,
    "saddle": slope_of_saddle,
    "valley": slope_of_valley,
}
RATES = {"beale": 1e-3, "rosenbrock": 1e-4, "saddle": 0.05, "valley": 0.02}


def sgd(lr, momentum, steps, factor=lambda _step: 1.0, task="beale"):
    at, speed = list(STARTS[task]), [0.0, 0.0]
    for step in range(steps):
        for i, derivative in enumerate(SLOPES[task](*at)):
            speed[i] = momentum * speed[i] + derivative
        at = [it - lr * factor(step) * v for it, v in zip(at, speed, strict=True)]
    return at


def adam(lr, steps, beta1=0.9, beta2=0.999, eps=1e-8, *, p=0.5, maximum=False):
    at, m, v, top = [1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
    for step in range(1, steps + 1):
        for i, derivative in enumerate(slope_of_beale(*at)):
            m[i] = beta1 * m[i] + (1 - beta1) * derivative
            v[i] = beta2 * v[i] + (1 - beta2) * derivative**2
            top[i] = max(top[i], v[i])
            second = (top[i] if maximum else v[i]) / (1 - beta2**step)
            at[i] -= lr * m[i] / (1 - beta1**step) / (math.sqrt(second) + eps) ** (2 * p)
    return at


@pytest.mark.parametrize(("lr", "momentum"), [(1e-3, 0.9), (1e-2, 0.0), (5e-3, 0.5)])
def test_a_descent_by_sgd_is_that_of_a_loop_of_plain_numbers(lr, momentum):
    found = records("sgd", lr=lr, momentum=momentum)
    for epoch, record in enumerate(found, start=1):
        x, y = sgd(lr, momentum, 20 * epoch)
        assert record.metrics["excess"] == pytest.approx(beale(x, y), rel=1e-9)
        assert record.metrics["distance"] == pytest.approx(math.dist((x, y), BEALE.minima[0]), rel=1e-9)


@pytest.mark.parametrize("task", SURFACES)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_path_over_every_surface_is_that_of_a_loop_of_plain_numbers(task, momentum):
    found = records("sgd", lr=RATES[task], momentum=momentum, task=task, steps=1, epochs=60)
    for steps, record in enumerate(found, start=1):
        place = sgd(RATES[task], momentum, steps, task=task)
        assert [record.metrics["x"], record.metrics["y"]] == pytest.approx(place, rel=1e-9)
        surface = SURFACES[task]
        assert record.metrics["excess"] == pytest.approx(surface.value(*place) - surface.lowest, rel=1e-9)
        assert record.metrics["distance"] == pytest.approx(min(math.dist(place, it) for it in surface.minima))


def test_a_path_does_not_depend_on_how_many_steps_an_epoch_has():
    fine, coarse = (records("adam", lr=0.1, steps=n, epochs=60 // n) for n in (1, 20))
    assert [fine[at].metrics for at in (19, 39, 59)] == [it.metrics for it in coarse]


@pytest.mark.parametrize(
    ("optimizer", "options", "plain"),
    [
        ("adam", {"lr": 0.1}, {}),
        ("amsgrad", {"lr": 0.1}, {"maximum": True}),
        ("padam", {"lr": 0.01, "p": 0.25}, {"p": 0.25, "maximum": True}),
        ("padam", {"lr": 0.01, "p": 0.0}, {"p": 0.0, "maximum": True}),
        ("padam", {"lr": 0.01, "p": 0.125, "amsgrad": False}, {"p": 0.125}),
    ],
)
def test_a_descent_by_an_adaptive_rule_is_that_of_a_loop_of_plain_numbers(optimizer, options, plain):
    x, y = adam(options["lr"], 60, **plain)
    assert records(optimizer, **options)[-1].metrics["excess"] == pytest.approx(beale(x, y), rel=1e-6)


def test_a_schedule_moves_the_learning_rate_step_by_step():
    found = records("sgd", lr=1e-3, schedules={"lr": {"name": "cosine"}})
    x, y = sgd(1e-3, 0.9, 60, lambda step: 0.5 * (1 + math.cos(math.pi * step / 60)))
    assert found[-1].metrics["excess"] == pytest.approx(beale(x, y), rel=1e-9)
    assert found[-1].lr == pytest.approx(0.5e-3 * (1 + math.cos(math.pi * 59 / 60)))


def test_seeds_agree_without_noise_and_differ_with_it():
    def last(seed, noise):
        return records("adam", lr=0.01, seed=seed, noise=noise)[-1].metrics

    assert last(0, 0.0) == last(1, 0.0)
    assert last(0, 0.1) != last(1, 0.1)
    assert last(0, 0.1) == last(0, 0.1)


def test_noise_is_drawn_with_the_deviation_that_is_asked_for():
    lr = 1e-9  # so small that the slope stays what it was
    found = [records("sgd", lr=lr, momentum=0.0, steps=1, epochs=1, noise=1e6, seed=s) for s in range(200)]
    moved = [record.metrics["distance"] - math.dist(BEALE.start, BEALE.minima[0]) for (record,) in found]
    # The way to the minimum is a direction in the plane; steps along it are normal with lr x noise.
    assert math.sqrt(sum(it**2 for it in moved) / 200) == pytest.approx(lr * 1e6, rel=0.15)


def test_the_global_random_state_is_neither_read_nor_moved():
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first = records("adam", lr=0.01, noise=0.1)[-1].metrics
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(4)
    assert records("adam", lr=0.01, noise=0.1)[-1].metrics == first


def test_a_descent_that_leaves_every_number_behind_diverges():
    with pytest.raises(Divergence) as caught:
        records("sgd", lr=1.0)
    assert caught.value.epoch == 1
    assert caught.value.last_finite_loss <= 1e300


def test_what_lies_beyond_the_square_is_told_as_the_worst():
    metrics = records("padam", lr=1.0, steps=5, epochs=1)[-1].metrics
    assert (metrics["excess"], metrics["distance"]) == (BEALE.worst, BEALE.farthest)
    assert not BEALE.holds((metrics["x"], metrics["y"]))


def test_a_record_has_nothing_of_a_classification():
    record = records("adam", lr=0.01)[-1]
    assert (record.train_loss, record.test_error, record.validation_error, record.images) == (None, None, None, 0)
    assert record.log10_v is not None
    assert (record.lr, record.p, record.epoch) == (0.01, None, 3)

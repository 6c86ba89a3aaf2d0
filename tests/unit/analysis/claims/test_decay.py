"""Statistics of weight decay, on tables whose answer is known."""

from __future__ import annotations

import math

import pytest

from analysis.claims import decay
from tests.unit.analysis.compare.tables import study

RATES, DECAYS = (1e-4, 1e-3, 1e-2), (1e-4, 1e-3, 1e-2)


def at(form, lr, weight_decay, *values, epochs=100):
    return {
        "optimizer": "padam", "optimizer.p": 0.5, "optimizer.amsgrad": False, "optimizer.decay": form,
        "optimizer.lr": lr, "optimizer.weight_decay": weight_decay, "epochs": epochs, "values": list(values),
    }  # fmt: skip


def grid(form, surface):
    return [
        at(form, lr, wd, *(surface(math.log10(lr), math.log10(wd)) + seed for seed in range(2)))
        for lr in RATES
        for wd in DECAYS
    ]


def apart(x, y):
    """A bowl along the axes: tuned one after the other, it is found."""
    return (x + 3) ** 2 + (y + 3) ** 2


def tilted(x, y):
    """A narrow diagonal valley that falls towards large rates and small decays."""
    return 10 * (x + y + 6) ** 2 - x


def test_best_against_best():
    table = study(at("l2", 1e-3, 1e-4, 6.0, 8.0), at("decoupled-schedule", 1e-3, 1e-4, 5.0, 5.0))
    assert decay.l2_minus_decoupled(table) == [1.0, 3.0]


def test_amsgrad_is_not_adam():
    amsgrad = at("l2", 1e-3, 1e-4, 1.0, 1.0) | {"optimizer.amsgrad": True}
    table = study(amsgrad, at("l2", 1e-3, 1e-4, 6.0, 8.0), at("decoupled-schedule", 1e-3, 1e-4, 5.0, 5.0))
    assert decay.l2_minus_decoupled(table) == [1.0, 3.0]


@pytest.mark.parametrize("form", ["l2", "decoupled-schedule"])
def test_adam_and_adamw_by_name_are_adam_too(form):
    named = at(form, 1e-3, 1e-4, 6.0, 8.0) | {"optimizer": "adam" if form == "l2" else "adamw"}
    other = at("decoupled-schedule" if form == "l2" else "l2", 1e-3, 1e-4, 6.0, 8.0)
    assert decay.l2_minus_decoupled(study(named, other)) == [0.0, 0.0]


def test_the_regret_of_a_diagonal_valley():
    """From decays of 1e-4, 1e-3, 1e-2 the best rates are 1e-2, 1e-3, 1e-4, where the same decay is best again.

    The values there are 2, 3 and 4, the lowest of all is 2: a mean regret of 1. A bowl along the axes has none.
    """
    table = study(*grid("l2", tilted), *grid("decoupled-schedule", apart))
    assert decay.regret_of_l2_minus_decoupled(table) == pytest.approx([1.0, 1.0])


def test_the_regret_of_a_grid_with_a_hole_is_not_known():
    table = study(*grid("l2", tilted)[1:], *grid("decoupled-schedule", apart))
    assert decay.regret_of_l2_minus_decoupled(table) == []


def lengths(form, power):
    """Return cells whose best decay is 1e-2 at 25 epochs, and falls with a power of the epochs."""
    made = []
    for epochs in (25, 100, 400):
        best = -2 + power * math.log10(epochs / 25)
        made += [
            at(form, 1e-3, 10**x, *(abs(x - best) + seed for seed in range(2)), epochs=epochs)
            for x in (-2, -2 + power * math.log10(4), -2 + power * math.log10(16))
        ]
    return made


def test_the_slope_of_the_best_decay():
    table = study(*lengths("decoupled-schedule", -0.5))
    assert decay.slope_of_best_decay(table) == pytest.approx([-0.5, -0.5])
    assert decay.slope_of_best_normalised_decay(table) == ()


def test_a_column_without_decay_is_left_out():
    none = [at("decoupled-schedule", 1e-3, 0.0, 0.0, 0.0, epochs=epochs) for epochs in (25, 100, 400)]
    assert decay.slope_of_best_decay(study(*lengths("decoupled-schedule", -0.5), *none)) == pytest.approx([-0.5] * 2)


def test_a_best_decay_that_stands_still_is_flat():
    cells = [
        at("normalised", 1e-3, wd, *((math.log10(wd) + 2) ** 2 + seed for seed in range(2)), epochs=epochs)
        for epochs in (25, 100, 400)
        for wd in (1e-3, 1e-2, 1e-1)
    ]
    assert decay.slope_of_best_normalised_decay(study(*cells)) == pytest.approx([0.0, 0.0])

"""Sheared surfaces: known answers, what they come to without shear, and how often intervals hold the truth."""

import numpy as np
import pytest

from analysis.measures import measured
from analysis.measures.sheared import sheared
from tests.unit.analysis.measures.surfaces import surface

RATES, DECAYS = np.linspace(-4.0, -1.0, 7), np.linspace(-2.5, 0.5, 7)
LR, DECAY = np.meshgrid(RATES, DECAYS)
TORCH = (LR + 2.5) ** 2 + 0.5 * (LR + DECAY + 3.5) ** 2
"""Separable in lr and lr x weight_decay, on a grid of lr and weight_decay."""
SEPARABLE = (LR + 2.5) ** 2 + 0.5 * (DECAY + 1.0) ** 2
ANSWERS = {"interaction_share": 0.0, "ridge_slope": 0.0, "ridge_slope_yx": 0.0, "canonical_rho": 0.0}


def over(mean, **options):
    return surface(mean, x=RATES, y=DECAYS, **options)


def values(numbers):
    return {name: numbers[name].value for name in ANSWERS}


def test_a_surface_as_torch_has_it_is_separable_where_lr_times_decay_is_the_axis():
    found = over(TORCH)
    given = {"interaction_share": 8 / 23, "ridge_slope": -1 / 3, "ridge_slope_yx": -1.0, "canonical_rho": -(3**-0.5)}
    assert values(measured(found)) == pytest.approx(given)
    assert values(sheared(found, 1)) == pytest.approx(ANSWERS, abs=1e-12)


@pytest.mark.parametrize("power", [-1, 1])
def test_a_separable_surface_has_the_slopes_that_follow_from_the_shear(power):
    found = sheared(over(SEPARABLE), power)
    assert found["ridge_slope_yx"].value == pytest.approx(power)
    assert found["ridge_slope"].value == pytest.approx(power / 3)
    assert found["canonical_rho"].value == pytest.approx(power * 3**-0.5)
    assert found["interaction_share"].value > 0.1


def test_without_shear_the_numbers_are_those_of_the_map():
    found = over(TORCH, seeds=3, noise=0.1)
    plain, same = measured(found), sheared(found, 0)
    for name in ANSWERS:
        for end in ("value", "low", "high"):
            assert getattr(same[name], end) == pytest.approx(getattr(plain[name], end)), (name, end)


def test_the_best_decay_of_each_rate_is_the_same_cell():
    found = over(SEPARABLE, seeds=3, noise=0.1)
    plain, moved = measured(found)["ridge_slope_yx"], sheared(found, -1)["ridge_slope_yx"]
    assert (moved.value, moved.low, moved.high) == pytest.approx((plain.value - 1, plain.low - 1, plain.high - 1))
    assert [it["best"] + it["at"] for it in moved.details["best"]] == pytest.approx(
        [it["best"] for it in plain.details["best"]]
    )


def test_places_that_no_two_rates_share_leave_no_interaction_and_no_ridge():
    rates = np.array([-4.0, -3.7, -2.9, -1.0])
    found = sheared(surface(np.ones((3, 4)) + np.arange(4.0), x=rates, y=np.array([-3.0, -2.3, -1.9])), 1)
    assert {name: found[name].reason for name in ("interaction_share", "ridge_slope")} == {
        "interaction_share": "no place of y is shared by cells of different x",
        "ridge_slope": "two places of y must have cells of three x, for a parabola each",
    }


def test_a_rate_that_has_no_best_decay_has_none_on_the_other_axis():
    falling = over(LR**2 - DECAY)
    assert sheared(falling, 1)["ridge_slope_yx"].value is None
    assert sheared(falling, 1)["ridge_slope_yx"].reason == measured(falling)["ridge_slope_yx"].reason


@pytest.mark.parametrize(("power", "mean"), [(1, TORCH), (1, SEPARABLE)])
def test_intervals_hold_what_the_surface_comes_to_without_noise(power, mean):
    truth, studies = values(sheared(over(mean), power)), 50
    held = dict.fromkeys(ANSWERS, 0)
    for number in range(studies):
        found = sheared(over(mean, seeds=3, noise=0.1, seed_noise=0.3, number=number), power)
        for name, it in found.items():
            held[name] += it.low - 1e-9 <= truth[name] <= it.high + 1e-9
    assert min(held.values()) >= 0.88 * studies, held

"""The online sequence against loops of plain numbers, and against what is known of its end."""

from __future__ import annotations

import math

import pytest
import torch

from search_spaces.declarations import OPTIMIZERS
from workers.recipe import Recipe
from workers.tasks import begin

RULES = {
    "adam": ("adam", {}),
    "amsgrad": ("amsgrad", {}),
    "padam 1/4": ("padam", {"p": 0.25}),
    "padam 1/8": ("padam", {"p": 0.125}),
    "padam 1/16": ("padam", {"p": 0.0625}),
    "sgd": ("sgd", {"momentum": 0.0}),
}
STEPS = 600
"""Of a test; 300,000 of the preset."""


def beta2_of(largest):
    return 1.0 / (1.0 + largest**2)


def rate_of(largest):
    return 0.5 * math.sqrt(1.0 - beta2_of(largest))


def session(rule, largest, steps=STEPS // 3, epochs=3, schedule="inverse-sqrt"):
    name, own = RULES[rule]
    declared = OPTIMIZERS[name].options
    options = {option: it.default for option, it in declared.items()} | {"lr": rate_of(largest)} | own
    options |= {"beta1": 0.0, "beta2": beta2_of(largest)} if "beta2" in declared else {}
    recipe = Recipe(
        task="online",
        setting={"steps": steps, "largest": largest},
        optimizer=name,
        options=options,
        epochs=epochs,
        seed=0,
        schedules={"lr": {"name": schedule}},
    )
    return begin(recipe, None, torch.device("cpu"))


def plain(rule, largest, steps, factor):
    """Return position and average regret after some steps, by the formulas of the paper."""
    name, own = RULES[rule]
    p = {"sgd": 0.0, "padam": own.get("p")}.get(name, 0.5)
    x = v = top = paid = 0.0
    for t in range(1, steps + 1):
        derivative = largest if t % 3 == 1 else -1.0
        paid += derivative * x - derivative * -1.0
        v = beta2_of(largest) * v + (1 - beta2_of(largest)) * derivative**2
        top = v if name == "adam" else max(top, v)
        divisor = 1.0 if name == "sgd" else (math.sqrt(top / (1 - beta2_of(largest) ** t)) + 1e-8) ** (2 * p)
        x = min(1.0, max(-1.0, x - rate_of(largest) * factor(t) * derivative / divisor))
    return x, paid / steps


@pytest.mark.parametrize("largest", [3.0, 4.0, 10.0])
@pytest.mark.parametrize("rule", RULES)
def test_a_play_is_that_of_a_loop_of_plain_numbers(rule, largest):
    found = list(session(rule, largest, schedule="constant").rest())
    assert len(found) == 3
    for record in found:
        x, regret = plain(rule, largest, record.epoch * STEPS // 3, lambda _t: 1.0)
        assert record.metrics["x"] == pytest.approx(x, abs=1e-6)
        assert record.metrics["regret"] == pytest.approx(regret, abs=1e-6)
        assert record.metrics.keys() == {"regret", "x"}


@pytest.mark.parametrize("largest", [3.0, 4.0, 10.0])
@pytest.mark.parametrize("rule", RULES)
def test_with_steps_that_shrink_adam_alone_ends_at_the_worst_point(rule, largest):
    *_, record = session(rule, largest, steps=1_000, epochs=3).rest()
    x, regret = plain(rule, largest, 3_000, lambda t: 1.0 / math.sqrt(t))
    assert record.lr == pytest.approx(rate_of(largest) / math.sqrt(3_000))
    assert record.metrics["x"] == pytest.approx(x, abs=1e-6)
    assert record.metrics["regret"] == pytest.approx(regret, abs=1e-6)
    if rule == "adam":
        assert record.metrics["x"] > 0.99
        assert record.metrics["regret"] == pytest.approx(2 * (largest - 2) / 3, rel=0.02)
    else:
        assert record.metrics["x"] < -0.98
        assert record.metrics["regret"] < 0.02 * largest


def test_the_third_step_of_three_would_make_the_other_end_the_best():
    # The loss that is large comes first: after one step the point lies at the lower end, and not at the upper one.
    (record, *_) = session("sgd", 4.0, steps=1, schedule="constant").rest()
    assert record.metrics["x"] == -1.0
    assert record.metrics["regret"] == 4.0  # 4 x 0 paid, -4 was to be had


def test_a_point_is_put_back_between_minus_one_and_one():
    places = [record.metrics["x"] for record in session("sgd", 10.0, steps=1, epochs=30, schedule="constant").rest()]
    assert min(places) == -1.0
    assert max(places) <= 1.0


def test_a_play_that_goes_on_in_another_session_comes_to_the_same():
    whole = list(session("amsgrad", 3.0).rest())
    first = session("amsgrad", 3.0)
    first.advance()
    second = session("amsgrad", 3.0)
    second.load(first.state())
    assert [it.metrics for it in second.rest()] == [it.metrics for it in whole[1:]]

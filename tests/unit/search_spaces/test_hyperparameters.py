from __future__ import annotations

import math

import pytest

from search_spaces.hyperparameters import HYPERPARAMETERS

TINY = 5e-324


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lr", TINY),
        ("lr", 1e300),
        ("p", 0.0),
        ("p", 0.5),
        ("beta1", 0.0),
        ("beta2", math.nextafter(1.0, 0.0)),
        ("eps", 0.0),
        ("eps", 10.0),
        ("weight_decay", 0.0),
        ("momentum", 0.99),
    ],
)
def test_a_value_in_the_range_has_no_fault(name, value):
    assert HYPERPARAMETERS[name].fault(value) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lr", 0.0),
        ("lr", -1.0),
        ("p", -TINY),
        ("p", math.nextafter(0.5, 1.0)),
        ("beta1", -0.1),
        ("beta1", 1.0),
        ("beta2", 1.0),
        ("eps", -1e-8),
        ("weight_decay", -1e-8),
        ("momentum", 1.0),
    ],
)
def test_a_value_outside_the_range_is_a_fault_that_names_it(name, value):
    fault = HYPERPARAMETERS[name].fault(value)
    assert fault.startswith(f"{name} must lie in ")
    assert fault.endswith(f"got {value!r}")


@pytest.mark.parametrize("name", HYPERPARAMETERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_a_fault_everywhere(name, value):
    assert HYPERPARAMETERS[name].fault(value) is not None


@pytest.mark.parametrize(
    ("name", "interval"), [("lr", "(0, inf)"), ("p", "[0, 0.5]"), ("beta2", "[0, 1)"), ("eps", "[0, inf)")]
)
def test_the_interval_is_written_as_in_mathematics(name, interval):
    assert HYPERPARAMETERS[name].interval == interval


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_the_default_lies_in_the_range(name):
    assert HYPERPARAMETERS[name].fault(HYPERPARAMETERS[name].default) is None


def test_another_default_leaves_the_rest():
    changed = HYPERPARAMETERS["lr"].with_default(0.5)
    assert changed.default == 0.5
    assert changed.with_default(HYPERPARAMETERS["lr"].default) == HYPERPARAMETERS["lr"]

from __future__ import annotations

import json
import math

import pytest

from search_spaces.declarations import OPTIMIZERS, TASKS
from search_spaces.options import Choice, Name, Number, Switch, WholeNumbers

TINY = 5e-324
NUMBERS = OPTIMIZERS["sgd"].numbers | OPTIMIZERS["padam"].numbers
TASK = TASKS["classification"].numbers


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
    assert NUMBERS[name].fault(name, value) is None


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
    fault = NUMBERS[name].fault(name, value)
    assert fault.startswith(f"{name} must lie in ")
    assert fault.endswith(f"got {value!r}")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_a_fault_everywhere(name, value):
    assert NUMBERS[name].fault(name, value) is not None


@pytest.mark.parametrize(
    ("value", "sound"), [(1, True), (65_536, True), (0, False), (65_537, False), (10**400, False)]
)
def test_a_whole_number_may_be_of_any_size(value, sound):
    assert (TASK["batch_size"].fault("batch_size", value) is None) is sound


@pytest.mark.parametrize(
    ("option", "interval"),
    [
        (NUMBERS["lr"], "(0, inf)"),
        (NUMBERS["p"], "[0, 0.5]"),
        (NUMBERS["beta2"], "[0, 1)"),
        (NUMBERS["eps"], "[0, inf)"),
        (TASK["batch_size"], "[1, 65536]"),
        (Number(summary="anything", default=0.0), "(-inf, inf)"),
    ],
)
def test_the_range_is_written_as_mathematics_does(option, interval):
    assert option.interval == interval


def test_another_default_changes_nothing_else():
    changed = NUMBERS["lr"].with_default(0.5)
    assert changed.default == 0.5
    assert changed.with_default(NUMBERS["lr"].default) == NUMBERS["lr"]


def test_the_first_choice_is_the_default():
    assert Choice(summary="s", choices={"b": "", "a": ""}).default == "b"


def test_a_name_has_no_default():
    assert Name(summary="s", kind="network").default is None


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        (Number(summary="s", default=None, integer=True), "number"),
        (Choice(summary="s", choices={"a": "A"}), "choice"),
        (Switch(summary="s", default=True), "switch"),
        (WholeNumbers(summary="s", default=(1,)), "list"),
        (Name(summary="s", kind="network"), "name"),
    ],
)
def test_an_option_is_plain_values(option, kind):
    plain = option.to_dict()
    assert plain["kind"] == kind
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain

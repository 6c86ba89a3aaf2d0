from __future__ import annotations

import pytest

from analysis.axes import Axis, Chosen, axes_of, is_logarithmic, label_of, reading_order
from search_spaces.domains import Range, Values


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (["lr"], ("lr", None, [])),
        (["p", "lr"], ("lr", "p", [])),
        (["lr", "weight_decay"], ("lr", "weight_decay", [])),
        (["weight_decay", "lr", "p"], ("lr", "p", ["weight_decay"])),
        (["beta2", "lr"], ("lr", "beta2", [])),
        (["beta1", "beta2"], ("beta1", "beta2", [])),
    ],
)
def test_hyperparameters_have_their_axes(names, axes):
    assert axes_of(names) == axes


@pytest.mark.parametrize(
    ("name", "domain", "logarithmic"),
    [
        ("lr", Values(values=(0.01, 0.1, 1.0)), True),
        ("lr", Values(values=(0.1, 0.2, 0.4)), False),
        ("lr", Range(low=0.1, high=0.2, log=True), True),
        ("weight_decay", Values(values=(0.0, 1e-4, 1e-2)), True),
        ("task.weight_decay", Values(values=(0.0, 1e-4, 1e-2)), True),
        ("weight_decay", Values(values=(0.0, 0.1, 0.2)), False),
        ("weight_decay", Values(values=(0.0, 0.1)), False),
        ("p", Values(values=(0.0, 1 / 64, 1 / 2)), False),
    ],
)
def test_a_decay_is_on_a_logarithmic_axis_whether_or_not_none_was_tried(name, domain, logarithmic):
    assert is_logarithmic(name, domain) is logarithmic


@pytest.mark.parametrize(
    ("chosen", "axes"),
    [
        (Chosen(y="lr"), ("p", "lr", ["beta2"])),
        (Chosen(x="p"), ("p", "lr", ["beta2"])),
        (Chosen(x="beta2"), ("beta2", "p", ["lr"])),
        (Chosen(y="beta2"), ("lr", "beta2", ["p"])),
        (Chosen(x="beta2", y="lr"), ("beta2", "lr", ["p"])),
    ],
)
def test_what_is_not_chosen_has_its_rule(chosen, axes):
    assert axes_of(["lr", "p", "beta2"], chosen) == axes


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["lr"], ["lr"]),
        (["lr", "p"], ["p", "lr"]),
        (["lr", "beta2", "p", "weight_decay"], ["beta2", "weight_decay", "p", "lr"]),
    ],
)
def test_a_report_reads_panels_then_rows_then_columns(names, order):
    assert reading_order(names) == order


@pytest.mark.parametrize(
    ("name", "label"),
    [("lr", "learning rate"), ("p", "partial-adaptivity exponent p"), ("momentum", "momentum")],
)
def test_an_axis_says_what_it_shows(name, label):
    assert label_of(name) == label


def test_choices_that_look_alike_are_written_otherwise():
    axis = Axis(choices=("a\nb", "a\\nb", "true", True, "c\x1b"))
    assert axis.names == [r"'a\nb'", r"'a\\nb'", "'true'", "True", r"c\x1b"]
    assert list(axis.texts([1.0, 4.0]).values()) == [r"'a\\nb'", r"c\x1b"]

from __future__ import annotations

import pickle

import pytest

from search_spaces.errors import BasinError, Fault, SpecificationError, shown

FAULTS = [Fault(path="space.p", message="must lie in [0, 0.5], got 1"), Fault(path="", message="is empty")]


def test_a_fault_is_its_path_and_its_message():
    assert [str(fault) for fault in FAULTS] == ["space.p: must lie in [0, 0.5], got 1", "is empty"]


def test_every_fault_stands_in_the_message_on_a_line_of_its_own():
    expected = "study.yaml has 2 faults:\n  space.p: must lie in [0, 0.5], got 1\n  is empty"
    assert str(SpecificationError(FAULTS, "study.yaml")) == expected


def test_one_fault_is_singular():
    assert str(SpecificationError(FAULTS[1:], "x")) == "x has 1 fault:\n  is empty"


def test_faults_with_a_source_of_their_own_are_listed_under_it_after_the_others():
    faults = [
        Fault(path="a", message="1", source="--set a=1"),
        *FAULTS,
        Fault(path="a.b", message="2", source="--set a=1"),
    ]
    error = SpecificationError(faults, "study.yaml")
    assert str(error).splitlines() == [
        "study.yaml has 2 faults:",
        "  space.p: must lie in [0, 0.5], got 1",
        "  is empty",
        "--set a=1 has 2 faults:",
        "  a: 1",
        "  a.b: 2",
    ]
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301


def test_a_bad_specification_is_exit_code_two():
    error = SpecificationError(FAULTS)
    assert isinstance(error, BasinError)
    assert error.exit_code == 2


def test_the_error_survives_pickling():
    again = pickle.loads(pickle.dumps(SpecificationError(FAULTS, "study.yaml")))  # noqa: S301
    assert again.faults == tuple(FAULTS)
    assert str(again) == str(SpecificationError(FAULTS, "study.yaml"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        (0.1, "0.1"),
        (None, "None"),
        ("\x1b[31mred", r"'\x1b[31mred'"),
        ("é", "'é'"),
        ("\u202e", r"'\u202e'"),
    ],
)
def test_a_value_is_shown_fit_for_a_terminal(value, text):
    assert shown(value) == text


def test_a_long_value_is_cut():
    assert shown("x" * 500) == "'" + "x" * 78 + "…"
    assert len(shown("x" * 500, 20)) == 20


@pytest.mark.parametrize("value", [16**4400, -(16**4400)], ids=["positive", "negative"])
def test_a_number_of_too_many_digits_can_be_shown(value):
    assert len(shown(value)) <= 80


def test_a_deeply_nested_value_can_be_shown():
    value = 1
    for _ in range(5000):
        value = [value]
    assert len(shown(value)) <= 80

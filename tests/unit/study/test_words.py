from __future__ import annotations

import pytest

from study.words import cell, duration, lines, moment, point, spent


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (73.0, "1 min 13 s"),
        (3_600.0, "1 h 0 min"),
        (90_061.0, "1 d 1 h"),
    ],
)
def test_time_spent_is_in_its_two_largest_units(seconds, text):
    assert spent(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (3, "3"),
        (0.1, "0.1"),
        (0.0316227766017, "0.031623"),
        (1e-8, "1e-08"),
        (12345678.0, "1.2346e+07"),
        ("complete", "complete"),
        ("größer", "größer"),
    ],
)
def test_a_cell_reads_well(value, text):
    assert cell(value) == text


@pytest.mark.parametrize("text", ["\x1b[31mred", "two\nlines", "a\ttab", "\x00", "\u202ereversed", "\x9b31m"])
def test_a_cell_has_no_control_characters(text):
    assert cell(text).isprintable()


def test_a_control_character_is_escaped():
    assert cell("a\x1b[31m\n") == r"a\x1b[31m\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.0, "1970-01-01 00:00:00 UTC"), (1_700_000_000.9, "2023-11-14 22:13:20 UTC")],
)
def test_a_moment_is_in_utc(seconds, text):
    assert moment(seconds) == text


@pytest.mark.parametrize("value", ["yesterday", "\x1b[2J", 1e300, float("nan")])
def test_what_is_no_time_is_shown_as_it_is(value):
    assert moment(value) == cell(value)


def test_a_message_keeps_its_lines_and_nothing_else_that_moves_a_cursor():
    assert lines("one\n  two\x1b[2J\x9b1m\rthree\u2028\x07") == "one\n  two\\x1b[2J\\x9b1m\\rthree\\u2028\\x07"


def test_a_configuration_of_a_hostile_store_is_inert():
    assert point({"lr": 0.1, "p\x1b[2J": "\x1b[2J", "q": None}) == "lr=0.1, p\\x1b[2J=\\x1b[2J, q=-"


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "?"), (0.0, "0:00:00"), (59.6, "0:01:00"), (3661.2, "1:01:01"), (86_399, "23:59:59")]
)
def test_a_duration_is_in_hours(seconds, text):
    assert duration(seconds) == text

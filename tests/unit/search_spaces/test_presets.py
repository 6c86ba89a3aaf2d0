from __future__ import annotations

import pytest

from search_spaces.presets import preset_document, preset_names
from search_spaces.validation import load, validate


def test_the_demo_is_bundled():
    assert "digits-lr-p" in preset_names()


def test_names_are_sorted():
    assert list(preset_names()) == sorted(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_valid(name):
    assert load(name).trials > 0


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_named_as_its_file(name):
    assert load(name).name == name


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_has_a_summary_of_one_line(name):
    summary = load(name).summary
    assert summary
    assert "\n" not in summary


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_round_trips(name):
    assert validate(load(name).document()) == load(name)


def test_each_call_returns_a_fresh_document():
    preset_document("digits-lr-p").clear()
    assert preset_document("digits-lr-p")["name"] == "digits-lr-p"


def test_the_demo_is_nine_learning_rates_by_five_exponents_by_two_seeds():
    assert load("digits-lr-p").trials == 9 * 5 * 2

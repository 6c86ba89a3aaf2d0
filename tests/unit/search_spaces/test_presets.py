from __future__ import annotations

import re
from pathlib import Path

import pytest

from search_spaces.presets import preset_document, preset_names
from search_spaces.validation import load, validate

MAKEFILE = Path(__file__).parents[3] / "Makefile"


def test_the_demo_is_bundled():
    demo = re.findall(r"basin (?:run|report) (\S+)", MAKEFILE.read_text(encoding="utf-8"))
    assert demo == ["digits-padam"] * 2
    assert "digits-padam" in preset_names()


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


def test_the_demo_is_nine_learning_rates_by_five_exponents_by_three_seeds():
    assert load("digits-padam").trials == 9 * 5 * 3


def test_the_demo_differs_from_the_first_one_in_batches_seeds_and_range_alone():
    first, demo = preset_document("digits-lr-p"), preset_document("digits-padam")
    of_its_own = {"name": "digits-padam", "summary": demo["summary"], "seeds": 3}
    rates = first["space"]["lr"] | {"low": 3e-4, "high": 3}
    assert demo == first | of_its_own | {
        "task": first["task"] | {"batch_size": 60},
        "space": first["space"] | {"lr": rates},
    }


# The hashes that release 0.1.0 gave these presets: what it began is continued.
BEGUN = {
    "cifar10-lr-p-smoke": "67e95fc26b7b5b4cdf81be820818e96b6fa7a6a43ec8461a83794ba7e2f39fdd",
    "digits-lr-p": "8204816fd7b3ee790af3c1eeeca73ac6e26c095c615c89f1278958691638b0ed",
    "digits-mlp-divergence": "c5e0096182c556060f3d5243cf7f8bfeb57185163561940776219b3dde870afb",
    "report-sensitivity-cifar10": "6ba40e08440d79c8a09a4aeecd2533d1d46644d455b54f2f879d4df22ebf64e8",
}


@pytest.mark.parametrize("name", BEGUN)
def test_a_preset_goes_on_with_its_study_of_release_0_1_0(name):
    kept = validate(load(name).document() | {"task": load(name).document()["task"] | {"remainder": "keep"}})
    assert load(name).continuing(kept).hash() == kept.hash() == BEGUN[name]

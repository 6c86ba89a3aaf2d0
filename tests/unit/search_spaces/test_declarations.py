from __future__ import annotations

import json
from pathlib import Path

import pytest

from search_spaces.declarations import DATASETS, KINDS, NETWORKS, OPTIMIZERS, SCHEDULES
from search_spaces.options import Choice, Name, Number
from study.store.schema import trial

ENTRIES = [entry for entries in KINDS.values() for entry in entries.values()]
OPTIONS = [
    pytest.param(name, option, id=f"{entry.name}.{name}")
    for entry in ENTRIES
    for name, option in entry.options.items()
]


@pytest.mark.parametrize("entries", KINDS.values(), ids=KINDS)
def test_every_entry_stands_under_its_own_name(entries):
    assert [entry.name for entry in entries.values()] == list(entries)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_has_a_summary_of_one_line(entry):
    assert entry.summary
    assert "\n" not in entry.summary


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_is_plain_values(entry):
    plain = entry.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert list(plain["options"]) == list(entry.options)


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_every_option_has_a_summary_of_one_line(name, option):
    assert option.summary
    assert "\n" not in option.summary + "".join(getattr(option, "choices", {}).values())


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_every_default_of_a_number_lies_in_its_range(name, option):
    if isinstance(option, Number) and option.default is not None:
        assert option.fault(name, option.default) is None
        assert option.integer == isinstance(option.default, int)


def test_one_name_has_one_kind():
    kinds = {}
    for entry in ENTRIES:
        for name, option in entry.options.items():
            kinds.setdefault(name, set()).add(type(option))
    assert {name for name, found in kinds.items() if len(found) > 1} == set()


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_no_option_bears_the_name_of_a_column_of_its_own(name, option):
    shared = {"lr", "p", "beta1", "beta2", "eps", "momentum", "weight_decay"}  # these columns are the options
    assert name not in set(trial.c.keys()) - shared
    assert "." not in name
    assert isinstance(option, Name) or name != "name"


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda o: o.name)
def test_every_optimizer_has_a_learning_rate_and_a_decay(optimizer):
    assert {"lr", "weight_decay"} <= optimizer.numbers.keys()
    assert isinstance(optimizer.options["decay"], Choice)


PAGE = (Path(__file__).parents[3] / "docs" / "optimizers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_stands_on_the_page(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("form", OPTIMIZERS["padam"].options["decay"].choices)
def test_every_form_of_decay_stands_on_the_page(form):
    assert f"| `{form}` |" in PAGE


def test_an_optimizer_has_no_number_of_another():
    assert "p" not in OPTIMIZERS["sgd"].numbers


def test_torch_is_the_canonical_variant_of_padam():
    assert OPTIMIZERS["padam"].options["variant"].default == "torch"


def test_the_chance_error_of_ten_classes_is_ninety_percent():
    assert DATASETS["digits"].chance_error == pytest.approx(90.0)


def test_facts_are_told_with_the_entry():
    assert NETWORKS["mlp"].to_dict()["parameters"] == 201_482
    assert DATASETS["digits"].to_dict()["shape"] == [1, 8, 8]
    assert SCHEDULES["multistep"].to_dict()["options"]["milestones"]["default"] == []

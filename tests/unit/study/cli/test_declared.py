from __future__ import annotations

import pytest

from search_spaces.declarations import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_listing(basin, kind):
    rows = basin(f"{kind}s", "--json").json
    assert rows == [entry.to_dict() for entry in KINDS[kind].values()]
    assert {"name", "summary"} <= rows[0].keys()


def test_optimizers_tell_their_hyperparameters(basin):
    rows = {row["name"]: row for row in basin("optimizers", "--json").json}
    assert rows["sgd"]["hyperparameters"] == ["lr", "momentum", "weight_decay"]
    assert rows["padam"]["options"]["p"] == {
        "kind": "number",
        "summary": "partial-adaptivity exponent of Padam: 0 is SGD with momentum, 1/2 is AMSGrad",
        "default": 0.125,
        "low": 0.0,
        "high": 0.5,
        "low_open": False,
        "high_open": False,
        "integer": False,
        "log": False,
        "unit": "",
    }


def test_networks_tell_their_size(basin):
    assert {row["name"]: row["parameters"] for row in basin("networks", "--json").json}["mlp"] == 201_482


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_names_every_entry_and_every_option(basin, kind):
    lines = basin(f"{kind}s").out.splitlines()
    for entry in KINDS[kind].values():
        assert any(line.split()[:1] == [entry.name] for line in lines)
        for option in entry.options:
            assert any(line.split()[:1] == [option] for line in lines)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("optimizer", "  amsgrad       true, false"),
        ("optimizer", "  eps           [0, inf)"),
        ("task", "  dataset       a name of `basin datasets`    required"),
        ("task", "  batch_size    [1, 65536] whole              128"),
        ("schedule", "  milestones   a list of whole numbers  []"),
    ],
)
def test_an_option_is_told_with_its_values_and_its_default(basin, kind, line):
    assert line in basin(f"{kind}s").out


def test_no_direction_of_a_trace_is_better(basin):
    lines = [line.split() for line in basin("tasks").out.splitlines()]
    assert ["x", "trace", "-", "position"] in lines
    assert ["y", "trace", "-", "second", "coordinate"] in lines
    assert next(words for words in lines if words[:1] == ["regret"])[1] == "minimize"

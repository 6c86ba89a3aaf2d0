"""Specifications that Python hands over."""

from __future__ import annotations

import enum
import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from search_spaces.errors import SpecificationError
from search_spaces.given import described, draft_of
from search_spaces.presets import preset_names
from search_spaces.validation import load, loads

DOCUMENT = {
    "name": "small",
    "task": {"dataset": "digits", "network": "mlp"},
    "epochs": 2,
    "space": {"lr": {"values": [0.01, 0.1, 1.0]}},
    "seeds": 2,
}


def expected():
    """Return what all of them stand for; made when it is asked for, as other tests know other options."""
    return loads(json.dumps(DOCUMENT))


def load_given(spec, assignments=None):
    return draft_of(spec, assignments).read()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return path


def test_a_file_is_read_by_its_path_and_by_its_name(file):
    assert load_given(file) == load_given(str(file)) == expected()


def test_a_preset_is_found_by_its_name():
    name = preset_names()[0]
    assert load_given(name) == load(name)


@pytest.mark.parametrize("text", [json.dumps(DOCUMENT), json.dumps(DOCUMENT, indent=1), f"\n{json.dumps(DOCUMENT)}"])
def test_text_is_told_from_a_name(text):
    assert load_given(text) == expected()


def test_a_dictionary_is_taken_as_it_is_and_left_alone():
    before = json.dumps(DOCUMENT)
    assert load_given(DOCUMENT) == load_given(OrderedDict(DOCUMENT)) == expected()
    load_given(DOCUMENT, {"space.lr.values": [1.0]})
    assert json.dumps(DOCUMENT) == before


@pytest.mark.parametrize(
    "values",
    [
        (0.01, 0.1, 1.0),
        np.array([0.01, 0.1, 1.0]),
        [np.float64(0.01), np.float64(0.1), np.int64(1)],
        [np.float32(0.01), np.float32(0.1), np.float32(1)],
        pd.Series([0.01, 0.1, 1.0]),
    ],
    ids=["tuple", "array", "float64", "float32", "series"],
)
def test_numbers_of_numpy_and_tuples_count_as_what_they_hold(values):
    changed = DOCUMENT | {"space": {"lr": {"values": values}}, "epochs": np.int32(2), "seeds": np.uint8(2)}
    assert load_given(changed) == expected()


def test_texts_of_a_subclass_count_as_text():
    kind = enum.StrEnum("kind", ["digits"])
    assert load_given(DOCUMENT | {"task": {"dataset": kind.digits, "network": np.str_("mlp")}}) == expected()


def test_assignments_are_values_by_path():
    changed = load_given(DOCUMENT, {"seeds": np.int64(4), "space.lr.values": (0.5, 1e-5), "name": "yes"})
    assert (changed.seeds, changed.name) == (4, "yes")
    assert changed == load_given(DOCUMENT | {"seeds": 4, "name": "yes", "space": {"lr": {"values": [1e-5, 0.5]}}})


def test_a_dictionary_is_described_and_a_file_by_its_name(file):
    assert described(DOCUMENT) == "the dictionary"
    assert described("a: 1\n") == "the text"
    assert described(Path("a.yaml")) == "'a.yaml'"


def faults_of(spec, assignments=None):
    with pytest.raises(SpecificationError) as caught:
        load_given(spec, assignments)
    return str(caught.value)


def test_every_fault_of_a_dictionary_is_told():
    text = faults_of(DOCUMENT | {"epochs": 0, "seeds": "many"})
    assert text.startswith("the dictionary has 2 faults:")
    assert "epochs: " in text
    assert "seeds: " in text


def test_a_fault_of_an_assignment_is_told_as_one():
    assert faults_of(DOCUMENT, {"seeds": 0}).startswith("--set seeds=0 has 1 fault:")


class Nameless:
    def __repr__(self):
        return "nameless"


LOOP = {}
LOOP["loop"] = LOOP

ODD = {
    "an object": (
        DOCUMENT | {"task": {"dataset": Nameless()}},
        r"task\.dataset: must be text, a number, .*, got nameless",
    ),
    "bytes": (DOCUMENT | {"name": b"small"}, r"name: must be text, .*, got b'small'"),
    "a set": (DOCUMENT | {"space": {"lr": {"values": {0.1}}}}, r"space\.lr\.values: must be text, .* got \{0\.1\}"),
    "a key that is no text": (DOCUMENT | {"space": {1: 2}}, r"space: must have keys of text, got 1"),
    "a loop": (LOOP, r"nested at most 32 levels deep, got more"),
    "too much": (DOCUMENT | {"summary": "x" * 70_000}, r"must be at most 64 KiB as text, got 68 KiB"),
    "too many": (DOCUMENT | {"space": {"lr": {"values": range(30_000)}}}, r"must hold at most 20000 values"),
    "a number": (3, r"must be a path, the name of a preset, YAML text or a dictionary, got 3"),
    "nothing": (None, r"must be a path, .*, got None"),
    "a list": ([DOCUMENT], r"must be a path"),
}


@pytest.mark.parametrize(("spec", "message"), ODD.values(), ids=ODD.keys())
def test_what_is_no_specification_is_refused_with_its_place(spec, message):
    with pytest.raises(SpecificationError, match=message):
        load_given(spec)


def test_an_assignment_needs_a_path():
    with pytest.raises(SpecificationError, match=r"must be named by a dotted path, .*, got 3"):
        load_given(DOCUMENT, {3: 4})


def test_a_name_of_nothing_is_said_as_on_the_command_line():
    assert "no file and no preset of the name 'digits-padm'; did you mean 'digits-padam'?" in faults_of("digits-padm")

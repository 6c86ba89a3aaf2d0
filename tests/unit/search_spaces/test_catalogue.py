"""Specifications that name what plug-ins declare, and declarations written down and read back."""

from __future__ import annotations

import json

import pytest

from search_spaces.catalogue import BUILT_IN, kind_of, stored_entries
from search_spaces.declarations import KINDS
from search_spaces.errors import SpecificationError
from search_spaces.options import Choice, Name, Number, option_from_dict, with_default
from search_spaces.validation import loads, restored, validate
from tests.unit.search_spaces.common import study
from tests.unit.search_spaces.plugins.common import QUADRATIC, WORDS, loaded

OWN = {"name": "q", "task": {"name": "quadratic"}, "epochs": 3, "space": {"lr": {"values": [0.1, 0.2]}}}
USED = {
    "name": "u",
    "task": {"dataset": "dots", "network": {"name": "flat", "width": 8}},
    "optimizer": {"name": "lion", "beta1": 0.5},
    "epochs": 3,
    "space": {"lr": {"values": [0.1, 0.2]}, "width": {"values": [2, 4]}},
}


@pytest.fixture
def catalogue(tmp_path):
    return loaded(tmp_path, QUADRATIC, WORDS).catalogue


def faults(document, catalogue):
    with pytest.raises(SpecificationError) as caught:
        validate(document, catalogue=catalogue)
    return {fault.path: fault.message for fault in caught.value.faults}


@pytest.mark.parametrize(
    "option", [it for kind in KINDS.values() for entry in kind.values() for it in entry.options.values()]
)
def test_an_option_is_read_back_as_it_was(option):
    assert option_from_dict(json.loads(json.dumps(option.to_dict()))) == option


def test_a_default_that_is_not_the_first_choice_is_kept():
    assert with_default(Choice(["a", "b"]), "b").default == "b"
    assert option_from_dict(with_default(Choice(["a", "b"]), "b").to_dict()).default == "b"
    assert with_default(Name(summary="", kind="network"), "x").default is None


@pytest.mark.parametrize("change", [{"kind": "star"}, {"low": "a"}, {"default": True}, {"default": "a"}])
def test_what_is_no_option_is_refused(change):
    with pytest.raises((TypeError, ValueError)):
        option_from_dict(Number(1.0).to_dict() | change)


def test_a_declaration_of_a_plugin_is_read_back_as_it_was(catalogue):
    added = [it for kind in catalogue.entries.values() for it in kind.values() if it.origin is not None]
    assert len(added) == 4
    for it in added:
        assert type(it).from_dict(json.loads(json.dumps(it.to_dict()))) == it


@pytest.mark.parametrize("document", [OWN, USED])
def test_a_study_is_read_back_without_its_plugin(catalogue, document):
    made = validate(document, catalogue=catalogue)
    stored = json.loads(json.dumps(made.document())), json.loads(json.dumps(made.declarations()))
    found = restored(stored[0], "the study", stored[1])
    assert found == made
    assert found.hash() == made.hash()
    with pytest.raises(SpecificationError):
        restored(stored[0], "the study")


def test_damaged_declarations_bring_what_holds():
    assert stored_entries(None) == []
    assert stored_entries({"task": {"plugin": {}}, "optimizer": 3, "x": {"plugin": 1}}) == []
    assert [kind_of(it) for it in ("task", "task.network", "schedules.p")] == ["task", "network", "schedule"]


def test_the_identity_says_nothing_of_the_plugin(tmp_path, catalogue):
    made = validate(OWN, catalogue=catalogue)
    edited = loaded(tmp_path, QUADRATIC.replace("parabola", "bowl")).catalogue
    assert validate(OWN, catalogue=edited).identity_text() == made.identity_text()
    assert "plugin" not in made.identity_text()
    assert '"noise":0.0' in made.identity_text()  # its defaults are its user's to change


def test_an_own_loop_has_neither_optimizer_nor_schedules(catalogue):
    arm = validate(OWN, catalogue=catalogue).base
    assert (arm.optimizer, arm.schedules, arm.schedule, arm.network, arm.dataset) == (None, {}, None, None, None)
    assert list(arm.space) == ["task.lr"]
    assert set(arm.variable) == {"task.lr", "task.noise", "task.start", "task.exact"}
    assert arm.at({"task.lr": 0.5}).task.lr == 0.5
    assert arm.options({"task.lr": 0.5}) == {"task.lr": 0.5}
    assert (arm.metric.name, arm.metric.worst) == ("value", 1e3)


@pytest.mark.parametrize(
    ("change", "path", "told"),
    [
        ({"optimizer": {"name": "sgd"}}, "optimizer", "is not for quadratic, which trains in a loop of its own"),
        ({"schedule": {"name": "cosine"}}, "schedule", "a schedule moves nothing there; leave it out"),
        ({"schedules": {"lr": {"name": "cosine"}}}, "schedules", "a schedule moves nothing there"),
        ({"task": {"name": "quadratic", "network": "mlp"}}, "task.network", "is no option of quadratic"),
        ({"space": {"momentum": {"values": [0.1]}}}, "space.momentum", "is nothing that can be varied here"),
        ({"space": {"lr": {"values": [-1]}}}, "space.lr.values[0]", "lr must lie in [0, inf), got -1"),
        ({"objective": {"metric": "excess"}}, "objective.metric", "quadratic does not measure 'excess'"),
    ],
)
def test_what_an_own_loop_does_not_take_is_refused_with_a_sentence(catalogue, change, path, told):
    assert told in faults(OWN | change, catalogue)[path]


def test_a_schedule_moves_the_lr_of_an_optimizer_of_a_plugin(tmp_path, catalogue):
    moved = validate(USED | {"schedule": {"name": "cosine"}}, catalogue=catalogue)
    assert moved.base.schedule.name == "cosine"
    without = WORDS.replace("lr=basin.Number(1e-4, low=0, log=True), ", "").replace("*, lr, beta1", "*, beta1")
    fixed = loaded(tmp_path, without).catalogue
    changed = USED | {"space": {"beta1": {"values": [0.1]}}, "optimizer": {"name": "lion"}}
    assert validate(changed, catalogue=fixed).base.schedules == {}
    said = faults(changed | {"schedule": {"name": "cosine"}}, fixed)["schedule"]
    assert said == "is nothing that a schedule moves; known: beta1"


def test_images_that_nobody_has_counted_are_not_checked_yet(catalogue):
    document = study(("task.dataset", "dots"), ("task.batch_size", 60_000), ("task.subset", 50_000))
    assert validate(document, catalogue=catalogue).base.dataset.train is None


def test_arms_may_mix_tasks_of_plugins_and_of_basin(catalogue):
    document = {
        "name": "m", "epochs": 2, "space": {"lr": {"values": [0.1]}}, "objective": {"metric": "value"},
        "arms": {"a": {"task": {"name": "quadratic"}}, "b": {"task": {"name": "quadratic", "noise": 1.0}}},
    }  # fmt: skip
    made = validate(document, catalogue=catalogue)
    assert made.apart() == {"a": {"task.noise": 0.0}, "b": {"task.noise": 1.0}}
    assert restored(made.document(), "the study", made.declarations()) == made


def test_without_the_plugin_a_name_is_unknown():
    with pytest.raises(SpecificationError, match="unknown name 'quadratic'"):
        loads(json.dumps(OWN))
    assert "quadratic" not in BUILT_IN["task"]

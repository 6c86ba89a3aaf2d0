"""What an arm is merged to, before anything is read."""

from __future__ import annotations

import pytest

from search_spaces.merging import merged

ABOVE = {
    "name": "a-study",
    "task": {"dataset": "digits", "network": {"name": "mlp", "width": 32}, "batch_size": 64},
    "optimizer": {"name": "adam", "betas": [0.8, 0.95], "weight_decay": 0.1},
    "schedule": {"name": "multistep", "milestones": [1], "gamma": 0.5},
    "epochs": 4,
    "space": {"lr": {"values": [0.1, 1.0]}, "weight_decay": {"values": [0.0, 0.1]}},
}


def arm(**changes):
    return merged(ABOVE, changes, {"optimizer.lr": "lr"})


def test_an_arm_that_changes_nothing_is_the_document_above():
    assert arm() == ABOVE


def test_merging_leaves_both_documents_alone():
    before, changes = repr(ABOVE), {"optimizer": {"beta2": 0.5}, "space": {"lr": None}}
    merged(ABOVE, changes, {})
    assert (repr(ABOVE), changes) == (before, {"optimizer": {"beta2": 0.5}, "space": {"lr": None}})


@pytest.mark.parametrize("optimizer", [{"weight_decay": 0.0}, {"name": "adam", "weight_decay": 0.0}])
def test_a_section_merges_by_key(optimizer):
    assert arm(optimizer=optimizer)["optimizer"] == ABOVE["optimizer"] | optimizer


def test_a_section_whose_name_changes_starts_anew():
    assert arm(optimizer={"name": "sgd"})["optimizer"] == {"name": "sgd"}
    assert arm(task={"name": "beale"})["task"] == {"name": "beale"}
    assert arm(schedule={"name": "cosine"})["schedule"] == {"name": "cosine"}


def test_a_name_that_is_not_written_is_the_one_that_stands_for_it():
    above = {"optimizer": {"p": 0.25}}
    assert merged(above, {"optimizer": {"name": "padam", "lr": 1.0}}, {})["optimizer"] == {
        "p": 0.25,
        "name": "padam",
        "lr": 1.0,
    }


def test_a_data_set_merges_by_key_and_starts_anew_under_another_name():
    above = {"task": {"dataset": {"name": "image-folder", "classes": 3, "size": 8}}}

    def found(dataset):
        return merged(above, {"task": {"dataset": dataset}}, {})["task"]["dataset"]

    assert found({"size": 16}) == {"name": "image-folder", "classes": 3, "size": 16}
    assert found("moons") == {"name": "moons"}


@pytest.mark.parametrize(
    ("network", "found"),
    [
        ({"width": 8}, {"name": "mlp", "width": 8}),
        ("mlp", {"name": "mlp", "width": 32}),
        ("resnet8", {"name": "resnet8"}),
        ({"name": "resnet8"}, {"name": "resnet8"}),
    ],
)
def test_a_network_merges_within_its_task(network, found):
    assert arm(task={"network": network})["task"] == ABOVE["task"] | {"network": found}


@pytest.mark.parametrize(
    ("optimizer", "found"),
    [
        ({"beta2": 0.5}, {"beta1": 0.8, "beta2": 0.5}),
        ({"betas": [0.5, 0.5]}, {"betas": [0.5, 0.5]}),
    ],
)
def test_betas_and_their_halves_take_the_place_of_one_another(optimizer, found):
    assert arm(optimizer=optimizer)["optimizer"] == {"name": "adam", "weight_decay": 0.1} | found


def test_halves_above_give_way_to_betas():
    above = {"optimizer": {"name": "adam", "beta1": 0.5}}
    assert merged(above, {"optimizer": {"betas": [0.9, 0.9]}}, {})["optimizer"] == {
        "name": "adam",
        "betas": [0.9, 0.9],
    }


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"schedule": {"gamma": 0.1}}, {"schedule": ABOVE["schedule"] | {"gamma": 0.1}}),
        ({"schedules": {"lr": {"gamma": 0.1}}}, {"schedules": {"lr": ABOVE["schedule"] | {"gamma": 0.1}}}),
        (
            {"schedules": {"p": {"name": "cosine"}}},
            {"schedule": ABOVE["schedule"], "schedules": {"p": {"name": "cosine"}}},
        ),
        ({"schedule": None}, {}),
    ],
)
def test_schedules_merge_one_by_one_however_they_are_written(changes, found):
    document = arm(**changes)
    assert {key: document[key] for key in ("schedule", "schedules") if key in document} == found


def test_null_takes_a_schedule_away():
    above = ABOVE | {"schedules": {"p": {"name": "cosine"}}}
    assert "schedules" not in merged(above, {"schedules": {"p": None}}, {})


def test_a_domain_is_taken_whole_and_null_takes_a_name_out():
    space = arm(space={"lr": {"low": 0.1, "high": 1.0}, "weight_decay": None, "beta1": {"values": [0.9]}})["space"]
    assert space == {"lr": {"low": 0.1, "high": 1.0}, "beta1": {"values": [0.9]}}


@pytest.mark.parametrize("change", [None, {"values": [3.0]}])
def test_a_name_may_be_written_in_another_way_than_above(change):
    space = arm(space={"optimizer.lr": change})["space"]
    assert list(space) == (["weight_decay"] if change is None else ["optimizer.lr", "weight_decay"])


@pytest.mark.parametrize(
    ("space", "order"),
    [
        ({"beta1": {"values": [0.9]}, "weight_decay": {"values": [0.2]}}, ["lr", "weight_decay", "beta1"]),
        ({"weight_decay": {"values": [0.2]}, "lr": {"values": [0.2]}}, ["weight_decay", "lr"]),
    ],
)
def test_what_is_above_comes_first_unless_the_arm_names_all_of_it(space, order):
    assert list(arm(space=space)["space"]) == order


@pytest.mark.parametrize("key", ["task", "optimizer", "schedule", "schedules", "epochs", "space"])
@pytest.mark.parametrize("value", [None, 3, "text", [], {}, [1]], ids=str)
def test_junk_is_merged_to_something_that_can_be_read(key, value):
    assert isinstance(arm(**{key: value}), dict)
    assert isinstance(merged(ABOVE | {key: value}, {key: ABOVE.get(key, {})}, {}), dict)

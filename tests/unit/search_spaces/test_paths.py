from __future__ import annotations

import pytest

from search_spaces.errors import SpecificationError
from search_spaces.paths import canonical, flattened, split
from search_spaces.validation import load
from tests.unit.search_spaces.common import specification

MOVED = (
    ("schedule", {"name": "multistep", "milestones": [1]}),
    ("schedules.p", {"name": "multistep", "milestones": [2]}),
)


def known(*changes):
    return specification(*changes).base.variable


def test_everything_declared_may_vary_but_lists_and_names():
    assert list(known(*MOVED)) == [
        "lr", "p", "beta1", "beta2", "eps", "weight_decay", "decay_on", "variant", "decay", "amsgrad",
        "task.batch_size", "task.augmentation", "task.subset", "task.validation", "task.remainder",
        "task.network.width",
        "schedules.lr.gamma", "schedules.lr.discard", "schedules.lr.warmup", "schedules.lr.warmup_from",
        "schedules.p.gamma", "schedules.p.discard", "schedules.p.warmup", "schedules.p.warmup_from",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("lr", "lr"),
        ("optimizer.lr", "lr"),
        ("optimizer.decay", "decay"),
        ("task.batch_size", "task.batch_size"),
        ("batch_size", "task.batch_size"),
        ("width", "task.network.width"),
        ("task.network.width", "task.network.width"),
        ("schedule.gamma", "schedules.lr.gamma"),
        ("schedules.p.gamma", "schedules.p.gamma"),
        ("gamma", "gamma"),  # of two
        ("dataset", "dataset"),
        ("optimizer.batch_size", "optimizer.batch_size"),
        ("unheard_of", "unheard_of"),
    ],
)
def test_a_name_stands_for_one_path(name, path):
    assert canonical(name, known(*MOVED)) == path


def test_a_bare_name_that_one_schedule_has_is_its_own():
    assert canonical("gamma", known(MOVED[0])) == "schedules.lr.gamma"


BATCH = {"values": [16, 32]}


@pytest.mark.parametrize(
    "space",
    [
        {"lr": {"values": [1.0]}, "task.batch_size": BATCH, "schedules.p.gamma": {"low": 0.1, "high": 1}},
        {
            "lr": {"values": [1.0]},
            "task": {"batch_size": BATCH},
            "schedules": {"p": {"gamma": {"low": 0.1, "high": 1}}},
        },
        {
            "optimizer": {"lr": {"values": [1.0]}},
            "task": {"batch_size": BATCH},
            "schedules.p": {"gamma": {"low": 0.1, "high": 1}},
        },
    ],
)
def test_a_path_is_one_key_or_mappings_within_mappings(space):
    flat, lost = flattened(space)
    names = [name.removeprefix("optimizer.") for name in flat]
    assert names == ["lr", "task.batch_size", "schedules.p.gamma"]
    assert list(flat.values()) == [{"values": [1.0]}, BATCH, {"low": 0.1, "high": 1}]
    assert lost == []


@pytest.mark.parametrize("space", [{"lr": {}}, {"lr": 3, 5: None}, {"task": 3}, {"task": {"values": 3}}])
def test_what_is_no_path_is_left_alone(space):
    assert flattened(space) == (space, [])


@pytest.mark.parametrize(
    ("space", "lost"),
    [
        ({"task": {}}, ["task"]),
        ({"schedules": {"lr": {}}}, ["schedules.lr"]),
        ({"task.batch_size": BATCH, "task": {"batch_size": BATCH}}, ["task.batch_size"]),
    ],
)
def test_what_says_nothing_or_is_there_twice_is_told(space, lost):
    assert flattened(space)[1] == lost
    with pytest.raises(SpecificationError, match=rf"space.{lost[0]}: must say what varies, once"):
        specification(("space", {"lr": {"values": [1.0]}} | space))


def test_an_assignment_reaches_a_path():
    assert load("digits-lr-p", ["space.task.batch_size.values=[16, 32]"]).base.space["task.batch_size"].values == (
        16,
        32,
    )
    with pytest.raises(
        SpecificationError, match=r"--set space.task.batch_size.values=\[0\] has 1 fault:\n  space.task"
    ):
        load("digits-lr-p", ["space.task.batch_size.values=[0]"])


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("lr", ("optimizer", "lr")),
        ("task.batch_size", ("task", "batch_size")),
        ("schedules.p.gamma", ("schedules.p", "gamma")),
    ],
)
def test_a_path_names_section_and_option(path, parts):
    assert split(path) == parts

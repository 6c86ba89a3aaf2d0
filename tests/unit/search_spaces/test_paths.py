from __future__ import annotations

import pytest

from search_spaces.paths import canonical, split
from tests.unit.search_spaces.common import specification

MOVED = (
    ("schedule", {"name": "multistep", "milestones": [1]}),
    ("schedules.p", {"name": "multistep", "milestones": [2]}),
)


def known(*changes):
    return specification(*changes).variable


def test_everything_declared_may_vary_but_lists_and_names():
    assert list(known(*MOVED)) == [
        "lr", "p", "beta1", "beta2", "eps", "weight_decay", "decay_on", "variant", "decay", "amsgrad",
        "task.batch_size", "task.augmentation", "task.subset", "task.validation", "task.remainder",
        "task.network.width", "schedules.lr.gamma", "schedules.p.gamma",
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
        ("optimizer.batch_size", "task.batch_size"),
        ("unheard_of", "unheard_of"),
    ],
)
def test_a_name_stands_for_one_path(name, path):
    assert canonical(name, known(*MOVED)) == path


def test_a_bare_name_that_one_schedule_has_is_its_own():
    assert canonical("gamma", known(MOVED[0])) == "schedules.lr.gamma"


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

"""What schedules may move, how far, and what they owe to each other: one broken rule, one fault, at its place."""

from __future__ import annotations

import pytest

from search_spaces.identity import differences
from search_spaces.validation import validate
from tests.unit.search_spaces.common import faults_of, specification, study

FAULTS = [
    ([("schedules.q", {"name": "cosine"})], "schedules.q", "is nothing that a schedule moves; known: lr, p"),
    ([("schedules.decay", {"name": "cosine"})], "schedules.decay", "is nothing that a schedule moves"),
    ([("schedules.beta2", {"name": "step", "gamma": 2})], "schedules.beta2.gamma", "or beta2 leaves its range"),
    ([("schedule", {"name": "step", "every": 0})], "schedule.every", "every must lie in [1, "),
    ([("schedule", {"name": "warm-restarts", "factor": 0.5})], "schedule.factor", "factor must lie in [1, "),
    ([("schedule", {"name": "cosine", "warmup": 99.5})], "schedule.warmup", "must be at most the 4 epochs, got 99.5"),
    ([("schedule", {"name": "cosine", "warmup_from": 2})], "schedule.warmup_from", "warmup_from must lie in [0, 1]"),
    ([("schedule", {"name": "compensated"})], "schedule.name", "needs a schedule that moves p"),
    (
        [("space", {"lr": {"values": [0.1]}, "schedule.warmup": {"values": [0, 9]}})],
        "space.schedules.lr.warmup",
        "must be at most the 4 epochs, got 9",
    ),
    (
        [("optimizer.name", "sgd"), ("space", {"lr": {"values": [0.1]}}), ("schedule", {"name": "compensated"})],
        "schedule.name",
        "makes up for a p that moves, and this optimizer has none",
    ),
    (
        [("schedule", {"name": "compensated"}), ("schedules.p", {"name": "constant"})],
        "schedule.name",
        "needs a schedule that moves p",
    ),
    (
        [("schedules.p", {"name": "compensated"})],
        "schedules.p.name",
        "must be a schedule of lr, got compensated of p",
    ),
    (
        [("schedule", {"name": "compensated", "milestones": [7]}), ("schedules.p", {"name": "cosine"})],
        "schedule.milestones",
        "must lie before epoch 4, got 7",
    ),
    (
        [("optimizer.name", "sgd"), ("schedules.p", {"name": "cosine"})],
        "schedules.p",
        "is nothing that a schedule moves; known: lr",
    ),
    (
        [("schedule", {"name": "cosine"}), ("schedules.lr", {"name": "cosine"})],
        "schedule",
        "stands beside schedules.lr; write one or the other",
    ),
    (
        [("schedules.p", {"name": "multistep", "milestones": [1], "gamma": 2})],
        "schedules.p.gamma",
        "must be at most 1, or p leaves its range, got 2",
    ),
]


@pytest.mark.parametrize(("changes", "path", "words"), FAULTS, ids=lambda value: str(value)[:60])
def test_a_broken_rule_is_one_fault_at_its_place(changes, path, words):
    ((place, said),) = faults_of(study(*changes))
    assert place == path
    assert words in said


def test_a_schedule_of_p_makes_another_study():
    moved = specification(("schedules.p", {"name": "cosine"}))
    assert moved.base.schedule.name == "constant"
    assert moved.document()["schedules"] == {"p": {"name": "cosine", "warmup": 0.0, "warmup_from": 0.0}}
    assert moved.hash() != specification().hash()
    assert validate(moved.document()) == moved


def test_a_warm_up_alone_makes_another_study():
    warmed = specification(("schedules.p", {"name": "constant", "warmup": 1}))
    assert warmed.hash() != specification().hash()
    assert validate(warmed.document()) == warmed


def test_a_warm_up_that_varies_is_there_though_it_may_be_none():
    space = {"lr": {"values": [0.1]}, "schedules.p.warmup": {"values": [0, 1]}}
    varied = specification(("schedules.p", {"name": "constant"}), ("space", space))
    assert varied.base.resolved()["schedules"]["p"]["warmup"] is None
    assert validate(varied.document()) == varied


def test_a_schedule_of_p_that_stands_still_is_none():
    still = specification(("schedules.p", {"name": "constant"}))
    assert still.hash() == specification().hash()
    assert differences(specification().resolved(), still.resolved()) == []

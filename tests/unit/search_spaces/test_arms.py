"""Studies that name arms: how they are read, refused, stored and told apart."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from search_spaces.arms import twins
from search_spaces.errors import SpecificationError
from search_spaces.specification import BASE
from search_spaces.validation import loads, restored, validate
from tests.unit.search_spaces.common import STUDY, faults_of, specification, study

ARMS = {
    "adam": {"optimizer": {"name": "adam"}},
    "adamw": {"optimizer": {"name": "adamw"}, "space": {"weight_decay": {"values": [0.0, 0.1]}}},
    "wide": {"task": {"network": {"width": 128}}, "space": {"lr": None, "p": {"values": [0.0, 0.25, 0.5]}}},
}


def armed(arms=ARMS, *changes):
    return validate(study(("arms", arms), *changes))


def faults(arms, *changes):
    return faults_of(study(("arms", arms), *changes))


def test_each_arm_is_a_study_of_its_own_with_what_is_common():
    given = armed(ARMS, ("seeds", 4), ("objective.statistic", "min"))
    assert {name: list(arm.space) for name, arm in given.arms.items()} == {
        "adam": ["lr"], "adamw": ["lr", "weight_decay"], "wide": ["p"],
    }  # fmt: skip
    assert {arm.optimizer.name for arm in given.arms.values()} == {"adam", "adamw", "padam"}
    assert given.arms["wide"].network.width == 128
    assert {(arm.seeds, arm.objective.statistic) for arm in given.arms.values()} == {(4, "min")}


def test_trials_are_summed_over_arms():
    given = armed()
    assert [arm.configurations for arm in given.arms.values()] == [2, 4, 3]
    assert (given.configurations, given.trials) == (9, 27)


def test_a_number_of_configurations_counts_for_each_arm():
    given = armed(
        {"a": {}, "b": {"optimizer": {"name": "adam"}}},
        ("space", {"lr": {"low": 0.1, "high": 1.0}}),
        ("design", {"name": "random", "configurations": 5}),
    )
    assert given.trials == 2 * 5 * 3


@pytest.mark.parametrize("arms", [{"base": {}}, {"base": None}])
def test_an_arm_called_base_alone_is_a_study_without_arms(arms):
    assert armed(arms) == specification()
    assert armed(arms).document() == specification().document()
    assert armed({"base": {"epochs": 9}}).base.epochs == 9


def test_what_every_arm_has_may_be_missing_above_them():
    space = {"lr": {"values": [0.1]}}
    arms = {"a": {"space": space, "epochs": 2}, "b": {"space": {"p": {"values": [0.1]}}, "epochs": 3}}
    document = {key: it for key, it in study(("arms", arms)).items() if key not in {"space", "epochs"}}
    assert [arm.epochs for arm in validate(document).arms.values()] == [2, 3]
    del arms["b"]["space"]
    assert faults_of(document) == [("arms.b.space", "is required")]


# -- documents


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (("optimizer", {"betas": [0.9, 0.99]}), ("schedules", {"p": {"name": "cosine"}}), ("arms.adam", None)),
        (("arms.base", {}),),
    ],
)
def test_an_arm_study_survives_its_store(changes):
    document = study(("arms", {"wide": ARMS["wide"], "slow": {"epochs": 9}}), *changes)
    document["arms"] = {name: it for name, it in document["arms"].items() if it is not None}
    given = validate(document)
    again = restored(json.loads(json.dumps(given.document())), "a store")
    assert (again, again.hash()) == (given, given.hash())
    assert [list(it.space) for it in again.arms.values()] == [list(it.space) for it in given.arms.values()]


def test_the_order_of_arms_is_no_identity_and_numbers_trials():
    turned = armed(dict(reversed(ARMS.items())))
    assert turned.hash() == armed().hash()
    assert armed().differences(turned) == []
    assert list(turned.arms) == list(ARMS)[::-1]


def test_how_an_arm_came_about_is_no_identity():
    written_out = {
        name: {key: it for key, it in arm.document().items() if key != "task"} | {"task": arm.document()["task"]}
        for name, arm in armed().arms.items()
    }
    other = {key: it for key, it in STUDY.items() if key not in {"space", "task", "epochs"}}
    assert validate(other | {"arms": written_out}).hash() == armed().hash()


@pytest.mark.parametrize(
    "arms",
    [
        {name: it for name, it in ARMS.items() if name != "wide"},
        ARMS | {"more": {"epochs": 9}},
        ARMS | {"adam": {"optimizer": {"name": "adam", "beta2": 0.9}}},
        {("another" if name == "adam" else name): it for name, it in ARMS.items()},
    ],
    ids=["fewer", "more", "changed", "renamed"],
)
def test_other_arms_are_another_study(arms):
    assert armed(arms).hash() != armed().hash()
    assert armed().differences(armed(arms)) != []


def test_a_difference_names_its_arm():
    given = armed(ARMS | {"adam": {"optimizer": {"name": "adam", "beta2": 0.9}}}, ("seeds", 5))
    assert armed().differences(given) == [
        "seeds: stored 3, given 5",
        "arms.adam.optimizer.beta2: stored 0.999, given 0.9",
    ]
    assert specification().differences(armed({"base": {}, "more": {"epochs": 9}})) == ["arms.more: given alone"]
    assert armed({"name": {}, "b": {"epochs": 9}}).differences(
        armed({"name": {"epochs": 5}, "b": {"epochs": 9}})
    ) == ["arms.name.epochs: stored 4, given 5"]


def test_a_new_arm_goes_on_with_what_the_study_has():
    stored = specification(("task.remainder", "keep"), ("objective.statistic", "mean_last5"))
    given = armed({"base": {}, "adam": {"optimizer": {"name": "adam"}}}).continuing(stored)
    assert {arm.task.remainder for arm in given.arms.values()} == {"keep"}
    assert {arm.objective.statistic for arm in given.arms.values()} == {given.objective.statistic} == {"mean_last5"}
    assert given.arms[BASE] == stored.base


# -- faults


@pytest.mark.parametrize(
    ("arms", "path", "words"),
    [
        ({}, "arms", "must be a mapping of 1 to 64 names to what each changes of the document, got 0 of them"),
        (3, "arms", "must be a mapping of 1 to 64 names to what each changes of the document, got 3"),
        (["a"], "arms", "must be a mapping"),
        (None, "arms", "must be a mapping"),
        ({f"a{n}": {"epochs": n + 1} for n in range(65)}, "arms", "got 65 of them"),
        ({"A": {}, "b": {"epochs": 9}}, "arms.A", "must be named by 1 to 64 of a-z 0-9 _ -"),
        ({"a.b": {}, "b": {"epochs": 9}}, "arms.a.b", "must be named by 1 to 64 of a-z 0-9 _ -"),
        ({1: {}, "b": {"epochs": 9}}, "arms.1", "must be named by 1 to 64 of a-z 0-9 _ -"),
        ({"a": 3}, "arms.a", "must be a mapping of what it changes, {} where that is nothing, got 3"),
        ({"a": {"seeds": 3}}, "arms.a.seeds", "is common to all arms; write it above"),
        ({"a": {"optimiser": {}}}, "arms.a.optimiser", "unknown key; did you mean 'optimizer'?"),
        ({"a": {"optimizer": {"lr": -1}}}, "arms.a.optimizer.lr", "lr must lie in (0, inf), got -1"),
        ({"a": {"space": {"lr": {"values": [-1]}}}}, "arms.a.space.lr.values[0]", "lr must lie in (0, inf)"),
        ({"a": {"space": {"lr": None}}}, "arms.a.space", "must vary at least one hyperparameter, got none"),
        ({"a": {}, "b": {}}, "arms.b", "trains the same as arm a; one of them is enough"),
        ({"a": {"schedule": {"name": "cosin"}}}, "arms.a.schedule.name", "did you mean 'cosine'?"),
        (
            {"a": {"space": {"lr": {"values": [1]}, "optimizer.lr": {"values": [1]}}}},
            "arms.a.space.optimizer.lr",
            "is lr, which the space varies already",
        ),
    ],
    ids=str,
)
def test_a_fault_of_an_arm_is_told_at_its_place(arms, path, words):
    (found,) = [fault for fault in faults(arms) if fault[0] == path]
    assert words in found[1]


@pytest.mark.parametrize("other", [{"optimizer": {"lr": 3.0}}, {"task": {"remainder": "join"}}])
def test_arms_that_only_defaults_make_equal_can_be_read(other):
    """A study that was stored with another default tells them apart; a new one is refused when it is made."""
    given = armed({"a": {}, "b": other})
    assert [(fault.path, one, first) for fault, one, first in twins(given.arms)] == [("arms.b", "b", "a")]


def test_a_fault_above_the_arms_is_told_once_and_there():
    assert faults(ARMS, ("epochs", 0)) == [("epochs", "must be greater than or equal to 1, got 0")]
    assert [path for path, _ in faults(ARMS, ("seeds", 0))] == ["seeds"]
    assert [path for path, _ in faults(ARMS, ("zzz", 1))] == ["zzz"]


def test_what_above_does_not_fit_an_arm_is_told_with_the_arm_and_how_to_leave_it_out():
    ((path, words),) = faults({"a": {}, "sgd": {"optimizer": {"name": "sgd"}}}, ("space.p", {"values": [0.1]}))
    assert path == "arms.sgd.space.p"
    assert words.endswith("`space: {p: null}` there leaves it out")


def test_a_schedule_of_what_an_arm_has_not_is_told_with_how_to_leave_it_out():
    ((path, words),) = faults(
        {"a": {}, "sgd": {"optimizer": {"name": "sgd"}}}, ("schedules", {"p": {"name": "cosine"}})
    )
    assert path == "arms.sgd.schedules.p"
    assert words.endswith("`schedules: {p: null}` there leaves it out")


@pytest.mark.parametrize(
    "space", [{"lr": {"low": 0.1}}, {"lr": {"values": [0.1, -1]}}, {"p": {"values": [0.9]}}], ids=str
)
def test_a_fault_within_a_domain_of_an_arm_is_not_to_be_left_out(space):
    assert not [words for _, words in faults({"a": {"space": space}, "b": {"epochs": 9}}) if "leaves it out" in words]


@pytest.mark.parametrize(
    ("arm", "path"),
    [
        ({"space": {"pp": None}}, "arms.b.space.pp"),
        ({"space": {"p": None}}, "arms.b.space.p"),
        ({"space": {"task": None}}, "arms.b.space.task"),
        ({"schedules": {"q": None}}, "arms.b.schedules.q"),
    ],
    ids=str,
)
def test_what_is_taken_out_must_stand_above(arm, path):
    ((found, words),) = faults({"a": {}, "b": {"epochs": 9, **arm}})
    assert (found, words.partition(";")[0]) == (path, "is not above, and null takes it out")


@pytest.mark.parametrize(
    "arm", [{"space": {"optimizer.lr": None, "p": {"values": [0.1]}}}, {"schedules": {"lr": None}}]
)
def test_what_stands_above_in_another_form_can_be_taken_out(arm):
    assert armed({"a": {}, "b": {"epochs": 9, **arm}}).arms["b"].epochs == 9


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ((("optimizer", {"name": "adma"}),), "optimizer.name"),
        ((("epochs", -5),), "epochs"),
        ((("schedule", {"name": "cosin"}),), "schedule.name"),
        ((("space.lr", "garbage"),), "space.lr"),
        ((("space.zzz", {"values": [1]}),), "space.zzz"),
    ],
    ids=str,
)
def test_what_stands_above_is_checked_although_every_arm_has_its_own(changes, path):
    own = {
        "optimizer": {"name": "adam", "lr": 0.1}, "schedule": {"name": "cosine"}, "epochs": 3,
        "space": {"lr": {"values": [0.1]}, "zzz": None},
    }  # fmt: skip
    arms = {"a": dict(own), "b": own | {"epochs": 4}}
    for arm in arms.values():
        arm["space"] = {name: it for name, it in own["space"].items() if name != "zzz" or path == "space.zzz"}
    assert [found for found, _ in faults(arms, *changes)] == [path]


def test_an_arm_has_no_arms():
    assert ("arms.a.arms", "an arm has no arms") in faults({"a": {"arms": {}}, "b": {"epochs": 9}})


def test_arms_on_other_images_are_not_ranked():
    split = ("objective.split", "validation")
    arms = {"a": {"task": {"validation": 50}}, "b": {"task": {"validation": 20}}}
    assert not armed(arms, split).comparable
    assert armed(arms).comparable
    assert not armed(
        {"a": {}, "b": {"task": {"subset": 50, "remainder": "keep"}}}, ("objective", {"metric": "train_loss"})
    ).comparable


def test_arms_of_other_problems_are_not_ranked():
    toy = {"name": "toy", "epochs": 1, "optimizer": {"name": "sgd"}, "space": {"lr": {"values": [0.1]}}}
    online = toy | {
        "task": {"name": "online"},
        "arms": {"a": {"task": {"largest": 3}}, "b": {"task": {"largest": 4}}},
    }
    assert not validate(online).comparable
    noisy = toy | {"task": {"name": "beale"}, "arms": {"a": {"task": {"noise": 0.1}}, "b": {"task": {"noise": 0.2}}}}
    assert validate(noisy).comparable


def test_faults_of_several_arms_stand_in_one_message():
    found = faults({"a": {"optimizer": {"lr": -1}}, "b": {"epochs": 0}})
    assert [path for path, _ in found] == ["arms.a.optimizer.lr", "arms.b.epochs"]


def test_the_limit_on_trials_is_on_their_sum():
    space = {"lr": {"low": 1.0, "high": 2.0, "points": 600}, "eps": {"low": 1.0, "high": 2.0, "points": 600}}
    assert validate(study(("space", space), ("seeds", 2))).trials == 720_000
    assert faults({"a": {}, "b": {"epochs": 9}}, ("space", space), ("seeds", 2)) == [
        ("arms", "must give at most 1,000,000 trials, got 1,440,000")
    ]


@pytest.mark.parametrize(
    "arms",
    [
        {"a": {}, "b": {"task": {"name": "beale"}}},
        {"a": {"task": {"name": "beale"}}, "b": {}},
    ],
)
def test_arms_that_are_judged_by_different_metrics_are_refused(arms):
    ((path, words),) = faults(arms)
    assert path == "objective.metric"
    assert "must be what every arm measures" in words


def test_an_arm_without_images_for_validation_is_told():
    arms = {"a": {"task": {"validation": 50}}, "b": {}}
    assert faults(arms, ("objective.split", "validation")) == [
        (
            "objective.split",
            "validation needs training images held out; set task.validation to their number (in arm b)",
        )
    ]


def test_an_arm_is_assigned_by_its_path(tmp_path):
    file = tmp_path / "study.json"
    file.write_text(json.dumps(study(("arms", ARMS))))
    from search_spaces.validation import load

    assert load(str(file), ["arms.adam.optimizer.beta2=0.5"]).arms["adam"].optimizer.beta2 == 0.5
    with pytest.raises(SpecificationError, match=r"--set arms.adam.epochs=0 has 1 fault:\n  arms.adam.epochs: must"):
        load(str(file), ["arms.adam.epochs=0"])


def test_arms_are_written_as_the_design_shows_them():
    given = loads(
        "name: a\ntask: {dataset: digits, network: mlp}\noptimizer: {name: padam, weight_decay: 5e-4}\nepochs: 2\n"
        "space: {lr: {values: [0.1]}}\narms:\n  plain: {}\n  no-decay: {optimizer: {weight_decay: 0}}\n"
    )
    assert [arm.optimizer.weight_decay for arm in given.arms.values()] == [5e-4, 0.0]


PAGE = (Path(__file__).parents[3] / "docs" / "arms.md").read_text(encoding="utf-8")


def test_the_study_of_the_page_is_one():
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    given = loads(text)
    assert given.arms["decoupled"].optimizer.name == "adamw"
    assert f"{list(given.arms)}" == "['l2', 'decoupled', 'cosine', 'sgd']"
    assert given.trials == 4 * 7 * 5 * 3

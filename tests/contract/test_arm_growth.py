"""Extensions by arms, and of arms: what is there stays, and what is new goes on with what the study began with."""

import hashlib
import json
from dataclasses import replace

import pytest

from search_spaces.declarations import OPTIMIZERS
from search_spaces.sections import model_of
from study.errors import StudyMismatchError
from study.trials import Counts
from tests.contract.helpers import (
    CODE,
    HASH_0_1_0,
    LRS,
    TASK,
    age,
    claim,
    completion,
    divergence,
    everything,
    make,
    rows,
    specification,
    tell,
)

ADAMW = {"optimizer": {"name": "adamw"}}
SGD = {"optimizer": {"name": "sgd"}}
TWO = {"padam": {}, "adamw": ADAMW}
RANGE = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
MORE = {"space": {"lr": {"values": [0.01, 0.1, 0.5, 1.0]}}}


@pytest.fixture
def tomorrow(monkeypatch):
    """Return a function after which Padam has another default of its weight decay."""

    def tomorrow():
        padam = OPTIMIZERS["padam"]
        changed = {"weight_decay": padam.numbers["weight_decay"].with_default(0.01)}
        monkeypatch.setitem(OPTIMIZERS, "padam", replace(padam, options={**padam.options, **changed}))
        model_of.cache_clear()

    yield tomorrow
    monkeypatch.undo()
    model_of.cache_clear()


def slots(store):
    return [(row["number"], row["arm"], row["lr"], row["seed"]) for row in rows(store)]


def extend(store, study, **changes):
    return store.growth.extend(study, specification(**changes))


def whole(store):
    return everything(store), rows(store, "study"), rows(store, "configuration")


def refusal(store, study, **changes):
    """Return why an extension is refused, a line each; nothing is written."""
    before = whole(store)
    with pytest.raises(StudyMismatchError) as caught:
        extend(store, study, **changes)
    assert whole(store) == before
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


# --- by an arm ---


@pytest.mark.parametrize(
    ("before", "after"),
    [({"arms": TWO}, {"arms": {"sgd": SGD, **TWO}}), ({}, {"arms": {"sgd": SGD, "base": {}}})],
    ids=["arms", "none"],
)
def test_a_new_arm_comes_after_all_that_is_there_and_touches_none_of_it(store, before, after):
    study = make(store, **before)
    tell(store, *(say(it) for say, it in zip((completion, divergence), claim(store, study, limit=2), strict=True)))
    was, configurations = everything(store), rows(store, "configuration")
    added = extend(store, study, **after)
    assert (added.configurations, added.trials) == (3, 6)
    first = len(was["trial"])
    assert rows(store)[:first] == was["trial"]
    assert rows(store, "configuration")[: len(configurations)] == configurations
    wanted = [(lr, seed) for lr in LRS["values"] for seed in (0, 1)]
    assert slots(store)[first:] == [(first + n, "sgd", *it) for n, it in enumerate(wanted)]
    assert [row["number"] for row in rows(store, "configuration")[-3:]] == [0, 1, 2]
    assert store.studies.counts_by_arm(study.id)["sgd"] == Counts(waiting=6)
    assert store.findings() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [({"arms": TWO}, {"arms": TWO | {"sgd": SGD}}), ({}, {"arms": {"base": {}, "sgd": SGD}})],
    ids=["arms", "none"],
)
def test_a_study_extended_by_an_arm_is_the_one_of_its_wider_specification(store, before, after):
    study = make(store, **before)
    extended = extend(store, study, **after).study
    wider = specification(**after)
    assert (extended.hash, extended.specification) == (wider.hash(), wider)
    (row,) = rows(store, "study")
    assert row["identity"] == wider.identity_text()
    assert hashlib.sha256(row["identity"].encode()).hexdigest() == row["hash"]
    assert json.loads(row["declarations"]) == wider.declarations()
    assert store.studies.create(wider, CODE) == (extended, False)
    assert extend(store, extended, **after).trials == 0
    with pytest.raises(StudyMismatchError, match=r"arms\.sgd: stored alone"):
        make(store, **before)


def test_a_new_arm_of_a_proposed_design_waits_for_proposals(store):
    design = {"name": "tpe", "configurations": 3}
    study = make(store, space=RANGE, design=design)
    term = store.proposals.acquire(study.id, "ann")
    store.proposals.fill(study, term, "base", 0, {"lr": 0.1})
    added = extend(store, study, space=RANGE, design=design, arms={"base": {}, "sgd": SGD})
    assert (added.configurations, added.trials) == (3, 6)
    assert [bool(row["filled"]) for row in rows(store)] == [True] * 2 + [False] * 10
    for number in (1, 2):
        assert store.proposals.next_unfilled(study.id) == ("base", number)
        store.proposals.fill(added.study, term, "base", number, {"lr": 0.1 * (1 + number)})
    assert store.proposals.next_unfilled(study.id) == ("sgd", 0)
    assert store.proposals.fill(added.study, term, "sgd", 0, {"lr": 0.1})
    assert store.findings() == []


# --- refused ---


def test_a_missing_arm_is_refused(store):
    study = make(store, arms=TWO)
    said = refusal(store, study, arms={"padam": {}, "sgd": SGD})
    assert said == ["arms.adamw must stay; write it as it was, beside the others"]


def test_the_arm_of_a_study_without_arms_stays(store):
    study = make(store)
    assert refusal(store, study, arms={"adamw": ADAMW, "sgd": SGD}) == ["arms.base must stay; add `base: {}`"]


@pytest.mark.parametrize("before", [{"arms": {"padam": {}, "sgd": SGD}}, {}], ids=["arms", "none"])
def test_a_renamed_arm_is_refused(store, before):
    study = make(store, **before)
    (said,) = refusal(store, study, arms={"other": {}, "sgd": SGD})
    old = "padam" if before else "base"
    assert said == f"arms.{old} must stay; other trains the same under another name"


def test_an_arm_that_a_stored_default_makes_equal_to_another_is_refused(store):
    make(store)
    arms = {"base": {}, "keep": {"task": {"remainder": "keep"}}}
    said = refusal(store, age(store), arms=arms)
    assert said == ["arms.keep trains the same as arm base; one of them is enough"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arms": TWO | {"adamw": ADAMW | {"epochs": 4}}}, ["arms.adamw.epochs: stored 3, given 4; only"]),
        (
            {"arms": TWO | {"adamw": {"optimizer": {"name": "adamw", "beta2": 0.9}}}},
            ["arms.adamw.optimizer.beta2: stored 0.999, given 0.9; only"],
        ),
        ({"arms": TWO, "seeds": 1}, ["seeds must be at least 2, got 1"]),
        (
            {"arms": TWO, "objective": {"statistic": "min"}},
            ['objective.statistic: stored "final", given "min"; only'],
        ),
        (
            {"arms": TWO | {"adamw": ADAMW | {"space": {"lr": {"values": [0.01, 0.1, 2.0]}}}}},
            ["arms.adamw: the grid must keep every value it has; 1 of its cells are gone, such as lr=1.0"],
        ),
        (
            {"arms": TWO | {"padam": {"space": {"p": {"values": [0.1]}}}}},
            ["arms.padam.optimizer.p: stored 0.125, given null; only", "arms.padam: space must vary lr, got lr, p"],
        ),
    ],
    ids=["epochs", "option", "seeds", "objective", "grid", "space"],
)
def test_what_does_not_extend_an_arm_is_refused_with_its_name(store, changes, said):
    study = make(store, arms=TWO)
    found = refusal(store, study, **changes)
    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True)), found


def test_each_reason_is_told_once(store):
    study = make(store)
    found = refusal(store, study, epochs=4, objective={"statistic": "min"})
    assert [line.split(":")[0] for line in found] == ["epochs", "objective.statistic"]


# --- of arms ---


def test_more_seeds_are_seeds_of_every_arm_and_more_values_those_of_one(store):
    study = make(store, arms=TWO)
    arms = TWO | {"adamw": ADAMW | MORE, "sgd": SGD}
    told = store.growth.extend(study, specification(arms=arms, seeds=3), dry_run=True)
    added = extend(store, study, arms=arms, seeds=3)
    # A third seed of 3 + 3 configurations, one more configuration of adamw, and the 3 of sgd, with 3 seeds each.
    assert (added.configurations, added.trials) == (1 + 3, 3 + 3 + 1 * 3 + 3 * 3)
    assert (told.configurations, told.trials) == (added.configurations, added.trials)
    values = {"padam": (0.01, 0.1, 1.0), "adamw": (0.01, 0.1, 0.5, 1.0), "sgd": (0.01, 0.1, 1.0)}
    cells = {(arm, lr, seed) for arm, lrs in values.items() for lr in lrs for seed in range(3)}
    assert {it[1:] for it in slots(store)} == cells
    assert len(slots(store)) == len(cells)
    assert [row["number"] for row in rows(store)] == list(range(len(cells)))
    numbered = [(row["arm"], row["number"]) for row in rows(store, "configuration") if row["arm"] == "adamw"]
    assert numbered == [("adamw", n) for n in range(4)]
    assert make(store, arms=arms, seeds=3) == added.study
    assert store.findings() == []


def test_a_dry_run_by_an_arm_writes_nothing(store):
    study = make(store)
    before = whole(store)
    told = store.growth.extend(study, specification(arms={"base": {}, "sgd": SGD}), dry_run=True)
    assert whole(store) == before
    assert (told.study, told.configurations, told.trials) == (study, 3, 6)


# --- defaults ---


def test_a_new_arm_of_a_study_of_release_0_1_0_goes_on_by_its_rules(store):
    make(store)
    old = age(store)
    arms = {"base": {}, "long": {"epochs": 5}, "adamw": ADAMW}
    extended = extend(store, old, arms=arms).study
    held = extended.specification
    assert {arm.task.remainder for arm in held.arms.values()} == {"keep"}
    assert held.objective.statistic == "mean_last5"
    assert {arm.objective.statistic for arm in held.arms.values()} == {"mean_last5"}
    assert (rows(store, "study")[0]["identity"], extended.declarations) == (None, None)
    assert store.studies.create(specification(arms=arms), CODE) == (extended, False)
    assert store.findings() == []


def test_what_a_new_arm_writes_is_no_default_of_its_study(store):
    make(store)
    arms = {"base": {}, "join": {"task": {"remainder": "join"}}}
    extended = extend(store, age(store), arms=arms, task=TASK | {"remainder": "keep"}).study
    held = {name: arm.task.remainder for name, arm in extended.specification.arms.items()}
    assert held == {"base": "keep", "join": "join"}
    assert store.findings() == []


def test_the_arm_of_release_0_1_0_keeps_its_hash_as_long_as_it_is_alone(store):
    make(store)
    assert extend(store, age(store)).study.hash == HASH_0_1_0
    grown = extend(store, store.studies.get("study"), arms={"base": {}}, task=TASK).study
    assert grown.hash == HASH_0_1_0


def test_a_new_arm_takes_over_the_defaults_that_its_study_is_stored_with(store, tomorrow):
    study = make(store)
    tomorrow()
    arms = {"base": {}, "long": {"epochs": 5}, "heavy": {"optimizer": {"weight_decay": 0.02}}, "sgd": SGD}
    extended = extend(store, study, arms=arms).study
    decays = {name: arm.optimizer.weight_decay for name, arm in extended.specification.arms.items()}
    assert decays == {"base": 0.0, "long": 0.0, "heavy": 0.02, "sgd": 0.0}
    assert {row["weight_decay"] for row in rows(store) if row["arm"] == "long"} == {0.0}
    # The same text goes on, and grows again, by what was taken over.
    assert store.studies.create(specification(arms=arms), CODE) == (extended, False)
    assert extend(store, extended, arms=arms, seeds=3).study.specification.arms["long"].optimizer.weight_decay == 0.0
    assert store.findings() == []


def test_what_is_there_stays_first_and_every_new_arm_goes_on_with_it(store, tomorrow):
    study = make(store)
    tomorrow()
    extended = extend(store, study, arms={"sgd": SGD, "base": {}}).study
    assert list(extended.specification.arms) == ["base", "sgd"]
    again = extend(store, extended, arms={"long": {"epochs": 5}, "sgd": SGD, "base": {}}).study
    assert list(again.specification.arms) == ["base", "sgd", "long"]
    assert again.specification.arms["long"].optimizer.weight_decay == 0.0
    assert [row["arm"] for row in rows(store)] == ["base"] * 6 + ["sgd"] * 6 + ["long"] * 6
    assert store.findings() == []

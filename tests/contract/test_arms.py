"""Arms: one study trains several, each with slots, options and configurations of its own."""

import json

import pytest

from search_spaces.errors import SpecificationError
from study.errors import StudyMismatchError, UsageError
from study.trials import Counts
from tests.contract.helpers import (
    claim,
    claim_one,
    completion,
    divergence,
    everything,
    make,
    make_tpe,
    rows,
    run_sql,
    specification,
    tell,
)

ARMS = {
    "padam": {},
    "adamw": {"optimizer": {"name": "adamw"}, "space": {"lr": {"values": [0.001, 0.01]}}},
    "wide": {"epochs": 2, "space": {"lr": None, "task.batch_size": {"values": [32, 64]}}},
}
"""Three, two and two configurations, with two seeds each."""

MARKED = {"name": "multistep", "milestones": [1]}


@pytest.fixture
def study(store):
    return make(store, arms=ARMS)


def numbers(store, study, where):
    return [row["number"] for row in store.queries.trials(study.id, columns=["number"], where=where)]


def column(store, study, name):
    return [it for row in store.queries.trials(study.id, columns=[name]) for it in row.values()]


# --- creation ---


def test_slots_are_numbered_arm_by_arm_and_configurations_within_each(store, study):
    found = run_sql(
        store,
        "SELECT t.number AS trial, t.arm, c.arm AS mine, c.number, t.seed FROM trial t "
        "JOIN configuration c ON c.id = t.configuration_id ORDER BY t.number",
    )
    assert [tuple(row.values()) for row in found] == [
        *((0 + 2 * n + seed, "padam", "padam", n, seed) for n in range(3) for seed in range(2)),
        *((6 + 2 * n + seed, "adamw", "adamw", n, seed) for n in range(2) for seed in range(2)),
        *((10 + 2 * n + seed, "wide", "wide", n, seed) for n in range(2) for seed in range(2)),
    ]


def test_every_slot_has_the_options_of_its_arm(store, study):
    found = {(row["arm"], row["optimizer"], row["p"], row["weight_decay"], row["epochs"]) for row in rows(store)}
    assert found == {
        ("padam", "padam", 0.125, 0.0, 3),
        ("adamw", "adamw", None, 0.01, 3),
        ("wide", "padam", 0.125, 0.0, 2),
    }
    assert [row["lr"] for row in rows(store)] == [
        0.01,
        0.01,
        0.1,
        0.1,
        1.0,
        1.0,
        0.001,
        0.001,
        *[0.01] * 2,
        *[0.1] * 4,
    ]


def test_a_study_without_arms_has_one(store):
    made = make(store)
    assert {row["arm"] for row in (*rows(store), *rows(store, "configuration"))} == {"base"}
    assert not made.specification.armed
    assert "arms" not in json.loads(rows(store, "study")[0]["document"])


def test_arms_with_one_space_draw_the_same_configurations(store):
    space = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
    arms = {"padam": {}, "adamw": {"optimizer": {"name": "adamw"}}}
    make(store, space=space, arms=arms, design={"name": "random", "configurations": 4})
    drawn = {name: [row["lr"] for row in rows(store) if row["arm"] == name] for name in arms}
    assert drawn["padam"] == drawn["adamw"]
    assert len(set(drawn["padam"])) == 4


def test_a_sound_study_of_arms_has_no_findings(store, study):
    assert store.findings() == []
    assert store.studies.get("study").specification == specification(arms=ARMS)


# --- identity ---


def test_an_arm_named_base_alone_is_a_study_without_arms(store):
    study = make(store)
    assert make(store, arms={"base": {}}) == study


def test_the_order_of_arms_is_no_part_of_a_study(store, study):
    before = everything(store)
    again, new = store.studies.create(specification(arms=dict(reversed(ARMS.items()))), "code")
    assert (again, new) == (study, False)
    assert again.hash == specification(arms=dict(reversed(ARMS.items()))).hash()
    assert everything(store) == before


def test_other_arms_are_another_specification(store, study):
    other = {name: ARMS[name] for name in ("padam", "wide")} | {"wide": ARMS["wide"] | {"epochs": 4}, "sgd": SGD}
    with pytest.raises(StudyMismatchError) as refused:
        make(store, arms=other)
    assert str(refused.value).splitlines()[1:-1] == [
        "  arms.adamw: stored alone",
        "  arms.sgd: given alone",
        "  arms.wide.epochs: stored 2, given 4",
    ]


SGD = {"optimizer": {"name": "sgd"}}


def test_an_arm_named_base_among_others_is_one_like_them(store):
    study = make(store, arms={"base": {}, "sgd": SGD})
    assert study.specification == specification(arms={"base": {}, "sgd": SGD})
    assert store.studies.counts_by_arm(study.id) == {"base": Counts(waiting=6), "sgd": Counts(waiting=6)}
    assert store.findings() == []


# --- columns ---


def test_trials_are_asked_for_by_their_arm(store, study):
    assert numbers(store, study, "arm = 'adamw'") == [6, 7, 8, 9]
    assert numbers(store, study, "arm in ('padam', 'wide') and seed = 1 and lr = 0.1") == [3, 11, 13]
    assert numbers(store, study, "arm = 'none'") == []
    assert list(store.trials("study")["arm"].unique()) == ["padam", "adamw", "wide"]


def test_what_one_arm_varies_and_another_fixes_is_shown_of_both(store, study):
    assert column(store, study, "task.batch_size") == [*[128] * 10, 32, 32, 64, 64]
    assert column(store, study, "lr")[-1] == 0.1
    assert numbers(store, study, "batch_size = 128 and arm = 'adamw'") == [6, 7, 8, 9]
    assert numbers(store, study, "task.batch_size < 100 and seed = 0") == [10, 12]
    assert store.trials("study")["task.batch_size"].dtype == "int64"


def test_what_an_arm_fixes_is_not_in_force_before_a_slot_is_filled(store):
    space = {"lr": {"low": 0.01, "high": 1.0}}
    study = make_tpe(
        store, space=space, arms={"padam": {}, "wide": {"space": {"task.batch_size": {"low": 32, "high": 64}}}}
    )
    assert set(column(store, study, "task.batch_size")) == {None}
    term = store.proposals.acquire(study.id, "ann")
    store.proposals.fill(study, term, "padam", 0, {"lr": 0.1})
    store.proposals.fill(study, term, "wide", 0, {"lr": 0.1, "task.batch_size": 40})
    assert [it for it in column(store, study, "batch_size") if it is not None] == [128, 128, 40, 40]


def test_what_an_arm_has_not_is_empty_there(store, study):
    assert column(store, study, "p") == [*[0.125] * 6, *[None] * 4, *[0.125] * 4]
    assert column(store, study, "variant") == [*["torch"] * 6, *[None] * 4, *["torch"] * 4]
    assert numbers(store, study, "variant is null") == [6, 7, 8, 9]
    assert column(store, study, "decay") == [*["l2"] * 6, *["decoupled-lr"] * 4, *["l2"] * 4]


def test_a_bare_name_that_means_one_thing_here_and_another_there_is_none(store):
    arms = {
        "lr": {"schedule": MARKED, "space": {"gamma": {"values": [0.1, 0.5]}}},
        "p": {"schedules": {"p": MARKED}, "space": {"gamma": {"values": [0.2]}}},
    }
    study = make(store, space={"lr": {"values": [0.01]}}, seeds=1, arms=arms)
    assert column(store, study, "schedules.lr.gamma") == [0.1, 0.5, None]
    assert column(store, study, "schedule.gamma") == [0.1, 0.5, None]
    assert column(store, study, "schedules.p.gamma") == [None, None, 0.2]
    with pytest.raises(UsageError, match="no column 'gamma'"):
        column(store, study, "gamma")
    one = make(store, name="one", space={"lr": {"values": [0.01]}}, seeds=1, arms={"lr": arms["lr"], "sgd": SGD})
    assert column(store, one, "gamma") == [0.1, 0.5, None]


def test_what_any_arm_varies_is_printed_once(store, study):
    printed = store.queries.columns(study.id).printed
    assert printed[:3] == ("number", "arm", "state")
    assert printed.count("task.batch_size") == printed.count("lr") == 1


def test_curves_name_the_arm_where_there_are_several(store, study):
    tell(store, completion(claim_one(store, study)))
    (row, *_) = store.queries.curves(study.id)
    assert list(row)[:4] == ["number", "seed", "state", "arm"]
    assert store.curves(study.name)["arm"].tolist()[0] == row["arm"]


def test_curves_may_be_those_of_an_arm(store, study):
    tell(store, *(completion(lease) for lease in claim(store, study, limit=7)))
    found = store.queries.curves(study.id, columns=["number", "arm", "epoch"], where="arm = 'adamw'")
    assert [tuple(row.values()) for row in found] == [(6, "adamw", n) for n in (1, 2, 3)]


# --- training ---


def test_a_lease_says_of_which_arm_it_is(store, study):
    leases = claim(store, study, limit=99)
    assert [lease.arm for lease in leases] == ["padam"] * 6 + ["adamw"] * 4 + ["wide"] * 4
    assert [lease.epochs for lease in leases] == [3] * 10 + [2] * 4
    assert leases[-1].configuration == {"task.batch_size": 64}


def test_trials_are_counted_by_arm(store, study):
    leases = claim(store, study, limit=8)
    tell(store, completion(leases[0]), divergence(leases[6]), completion(leases[7]))
    store.growth.retry(study, where="number = 7")
    assert store.studies.counts_by_arm(study.id) == {
        "padam": Counts(complete=1, running=5),
        "adamw": Counts(diverged=1, waiting=3, superseded=1),
        "wide": Counts(waiting=4),
    }
    counts = store.studies.counts(study.id)
    assert (counts.total, counts.superseded) == (study.specification.trials, 1)


def test_a_retried_trial_keeps_its_arm(store, study):
    leases = claim(store, study, limit=7)
    tell(store, divergence(leases[0]), divergence(leases[6]))
    assert store.growth.retry(study, states=["diverged"], where="arm = 'adamw'") == 1
    old, new = rows(store)[6], rows(store)[-1]
    kept = ("arm", "configuration_id", "seed", "epochs", "optimizer", "lr", "weight_decay")
    assert [new[name] for name in kept] == [old[name] for name in kept]
    assert (new["number"], new["arm"], new["generation"], old["superseded"]) == (14, "adamw", 1, 1)
    assert store.findings() == []


def test_the_map_has_the_configurations_of_every_arm(store, study):
    leases = claim(store, study, limit=14)
    tell(store, *(completion(it, *[10.0 * (1 + it.number // 2)] * it.epochs) for it in leases))
    found = [(cell.arm, cell.number, cell.configuration, cell.mean) for cell in store.queries.cells(study.id)]
    assert found == [
        *(("padam", n, {"lr": lr}, 10.0 * (1 + n)) for n, lr in enumerate((0.01, 0.1, 1.0))),
        *(("adamw", n, {"lr": lr}, 10.0 * (4 + n)) for n, lr in enumerate((0.001, 0.01))),
        *(("wide", n, {"task.batch_size": size}, 10.0 * (6 + n)) for n, size in enumerate((32, 64))),
    ]
    assert store.findings() == []


def test_a_budget_is_that_of_the_arm(store, study):
    long, *_, short = claim(store, study, limit=14)
    tell(store, completion(long, 50.0, 40.0), completion(short, 50.0, 40.0))
    assert [row["state"] for row in rows(store) if row["number"] in {0, 13}] == ["waiting", "complete"]


# --- what defaults make equal ---


def test_a_new_study_whose_arms_train_the_same_is_not_made(store):
    with pytest.raises(SpecificationError, match=r"arms\.b: trains the same as arm a; one of them is enough"):
        make(store, arms={"a": {}, "b": {"task": {"remainder": "join"}}})
    assert store.studies.all() == []


def test_an_option_that_arms_fix_at_different_values_can_be_asked_for(store):
    study = make(
        store, arms={"a": {}, "b": {"task": {"batch_size": 64}}, "c": {"optimizer": {"decay": "normalised"}}}
    )
    assert column(store, study, "batch_size") == [128] * 6 + [64] * 6 + [128] * 6
    assert numbers(store, study, "task.batch_size = 64") == list(range(6, 12))
    assert numbers(store, study, "decay = 'normalised'") == list(range(12, 18))
    assert "task.batch_size" not in store.queries.columns(study.id).printed

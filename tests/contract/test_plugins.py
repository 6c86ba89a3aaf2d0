"""Studies of what plug-ins declare: stored with it, and whole without the plug-in; no test here loads one twice."""

import json

import pytest

from search_spaces.validation import validate
from study.errors import StudyMismatchError
from study.store.columns import FACTS, Columns
from study.trials import Counts
from tests.contract.helpers import CODE, claim, claim_one, completion, make, measured, rows, run_sql, tell
from tests.unit.search_spaces.plugins.common import QUADRATIC, WORDS, loaded

OWN = {"name": "q", "task": {"name": "quadratic"}, "epochs": 2, "space": {"lr": {"values": [0.1, 0.2]}}, "seeds": 2}
USED = {
    "name": "u",
    "task": {"dataset": "dots", "network": {"name": "flat"}},
    "optimizer": {"name": "lion"},
    "epochs": 2,
    "space": {"lr": {"values": [0.1, 0.2]}, "width": {"values": [2, 4]}},
    "seeds": 1,
}


@pytest.fixture
def catalogue(tmp_path):
    return loaded(tmp_path, QUADRATIC, WORDS).catalogue


def create(store, document, catalogue):
    return store.studies.create(validate(document, catalogue=catalogue), CODE)[0]


def train(store, study, *values):
    for value in values:
        lease = claim_one(store, study)
        assert tell(store, measured(lease, {"value": value + 1}, {"value": value})) == set()


def test_a_study_is_stored_with_what_its_plugins_declare(store, catalogue):
    study = create(store, USED, catalogue)
    places = {place: it["plugin"] for place, it in study.declarations.items() if "plugin" in it}
    assert places.keys() == {"task.network", "task.dataset", "optimizer"}
    assert len({it["hash"] for it in places.values()}) == 1
    assert study.declarations["task.dataset"]["classes"] == 3
    (row,) = rows(store, "study")
    assert "plugin" not in row["identity"]
    assert store.findings() == []


@pytest.mark.parametrize("document", [OWN, USED])
def test_a_study_is_read_by_its_declarations(store, catalogue, document):
    create(store, document, catalogue)
    study = store.studies.get(document["name"])
    assert study.specification == validate(document, catalogue=catalogue)
    assert store.findings() == []


def test_without_its_declarations_such_a_study_is_damaged_and_nothing_else_is(store, catalogue):
    create(store, OWN, catalogue)
    other = make(store)
    run_sql(store, "UPDATE study SET declarations = :text WHERE name = 'q'", text='{"task": {"plugin": 3}}')
    assert any("q: its specification has faults" in it for it in store.findings())
    assert store.studies.get(other.name).specification
    assert store.studies.counts(store.studies.get("q").id).total == 4


def test_a_task_with_a_loop_of_its_own_has_columns_of_its_own_names(store, catalogue):
    study = create(store, OWN, catalogue)
    train(store, study, 4.0, 2.0)
    known = store.queries.columns(study.id)
    assert not {"p", "beta2", "weight_decay", "lr", *FACTS} & set(known.applying)
    assert set(known.printed) >= FACTS  # which JSON has, empty
    found = list(store.queries.trials(study.id, where="lr < 0.15 and noise = 0 and start = 'near'"))
    assert [(it["lr"], it["task.lr"], it["p"], it["optimizer"]) for it in found] == [(0.1, 0.1, None, None)] * 2
    assert [it["value_final"] for it in found] == [4.0, 2.0]
    asked = store.queries.trials(study.id, columns=["lr", "task.lr", "task.noise", "task.exact"], sort="-lr", limit=1)
    assert list(asked) == [{"lr": 0.2, "task.lr": 0.2, "task.noise": 0.0, "task.exact": True}]
    assert not {"lr", "p", "log10_v"} & next(iter(store.queries.curves(study.id))).keys()
    assert store.summaries.best(study).configuration == {"task.lr": 0.1}
    assert [cell.configuration for cell in store.queries.cells(study.id)] == [{"task.lr": 0.1}, {"task.lr": 0.2}]


def test_a_fixed_lr_of_a_task_is_no_empty_lr(store, catalogue):
    study = create(store, OWN | {"space": {"noise": {"values": [0.5]}}}, catalogue)
    assert [it["lr"] for it in store.queries.trials(study.id)] == [0.1, 0.1]


def test_a_metric_called_value_that_is_not_the_objective_keeps_its_values(store, tmp_path):
    two = QUADRATIC.replace("metrics=[", 'metrics=[basin.Metric("loss"), ')
    study = create(store, OWN, loaded(tmp_path, two).catalogue)
    assert tell(store, measured(claim_one(store, study), *[{"loss": 5.0, "value": 7.0}] * 2)) == set()
    (found, *_) = store.queries.trials(study.id, columns=["loss_final", "value_final"])
    assert found == {"loss_final": 5.0, "value_final": 7.0}


def test_all_can_be_done_without_the_plugin_but_training(store, catalogue):
    create(store, OWN, catalogue)
    study = store.studies.get("q")
    train(store, study, 4.0)
    assert store.growth.retry(study, where="lr = 0.1 and state = 'complete'") == 1
    assert store.studies.cancel(study) == 4
    assert store.studies.counts(study.id) == Counts(cancelled=4, superseded=1)
    assert store.studies.delete(study).trials == 5
    assert store.findings() == []


def test_an_edited_plugin_goes_on_where_nothing_is_gone(store, tmp_path, catalogue):
    first = create(store, OWN, catalogue)
    edited = QUADRATIC.replace("Number(0.0, low=0)", "Number(0.3, low=0), momentum=basin.Number(0.9)")
    assert edited != QUADRATIC
    again = loaded(tmp_path, edited).catalogue
    study, new = store.studies.create(validate(OWN, catalogue=again), CODE)
    assert (study.id, new) == (first.id, False)
    assert study.specification.base.task.noise == 0.0
    with pytest.raises(StudyMismatchError, match=r"task\.momentum: stored 0\.9, given 0\.5"):
        store.studies.create(validate(OWN | {"task": {"name": "quadratic", "momentum": 0.5}}, catalogue=again), CODE)
    grown = store.growth.extend(study, validate(OWN | {"seeds": 3}, catalogue=again))
    assert grown.trials == 2
    task = grown.study.specification.base.task
    assert (task.noise, task.momentum) == (0.0, 0.9)
    assert grown.study.declarations["task"]["options"]["noise"]["default"] == 0.0
    assert grown.study.declarations["task"]["plugin"] == again["task"]["quadratic"].origin.to_dict()
    assert store.studies.create(validate(OWN | {"seeds": 3}, catalogue=again), CODE)[1] is False
    assert store.findings() == []


def test_an_option_that_is_gone_is_refused(store, tmp_path, catalogue):
    create(store, OWN, catalogue)
    less = loaded(tmp_path, QUADRATIC.replace("noise=basin.Number(0.0, low=0),", "")).catalogue
    with pytest.raises(StudyMismatchError, match=r"task\.noise: stored 0\.0, given null"):
        store.studies.create(validate(OWN, catalogue=less), CODE)


def test_a_study_of_a_release_without_declarations_gets_those_of_a_new_arm_alone(store, catalogue):
    document = {
        "name": "old", "task": {"dataset": "digits", "network": "mlp"}, "epochs": 2, "seeds": 1,
        "space": {"lr": {"values": [0.1, 0.2]}},
    }  # fmt: skip
    study = create(store, document, catalogue)
    run_sql(store, "UPDATE study SET declarations = NULL, identity = NULL")
    arms = {"arms": {"base": {}, "lion": {"optimizer": {"name": "lion"}}}}
    grown = store.growth.extend(store.studies.get("old"), validate(document | arms, catalogue=catalogue)).study
    assert grown.declarations["arms"]["base"] is None
    assert store.studies.get("old").specification.arms["lion"].optimizer.name == "lion"
    assert [claim_one(store, study).arm for _ in range(4)] == ["base", "base", "lion", "lion"]
    assert store.findings() == []


def test_arms_of_tasks_of_both_kinds_keep_their_own(store, catalogue):
    document = {
        "name": "both", "epochs": 2, "seeds": 1, "space": {"lr": {"values": [0.1]}}, "objective": {"metric": "value"},
        "arms": {
            "plain": {"task": {"name": "quadratic"}},
            "noisy": {"task": {"name": "quadratic", "noise": 2.0}, "space": {"lr": {"values": [0.3]}}},
        },
    }  # fmt: skip
    study = create(store, document, catalogue)
    found = list(store.queries.trials(study.id, columns=["arm", "lr", "noise"]))
    assert [tuple(it.values()) for it in found] == [("plain", 0.1, 0.0), ("noisy", 0.3, 2.0)]
    assert store.studies.get("both").specification == study.specification


def test_a_study_of_basin_knows_no_other_columns_than_before(store):
    study = make(store)
    assert tell(store, completion(*claim(store, study))) == set()
    known = Columns.of(study.specification)
    assert set(known.applying) >= {"lr", "p", "beta2", "weight_decay", "beta1", "eps", "momentum"}
    assert all(not column.key for column in known.known.values())
    assert "plugin" not in json.dumps(study.declarations)

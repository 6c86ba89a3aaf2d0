"""A study goes on in releases that know more options, and that have other defaults."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from search_spaces.declarations import OPTIMIZERS, TASKS
from search_spaces.options import Choice, Switch
from search_spaces.sections import model_of
from search_spaces.validation import loads
from study.errors import StudyMismatchError
from study.store import Store
from tests.acceptance.conftest import SPECIFICATION
from tests.contract.helpers import CODE, rows

RELEASES = sorted((Path(__file__).parents[1] / "acceptance" / "releases").glob("*.db"))
WIDER = SPECIFICATION.replace("seeds: 2", "seeds: 3")


@pytest.fixture
def tomorrow(monkeypatch):
    """Return a function after which the declarations are those of a later release."""

    def tomorrow():
        padam, task = OPTIMIZERS["padam"], TASKS["classification"]
        added = {"nesterov": Switch(summary="look ahead", default=False)}
        changed = {"weight_decay": padam.numbers["weight_decay"].with_default(0.01)}
        later = replace(padam, options={**padam.options, **changed, **added})
        augmented = Choice(summary="images", choices={"crop2-flip": "", "none": "", "crop4-flip": ""})
        monkeypatch.setitem(OPTIMIZERS, "padam", later)
        monkeypatch.setitem(
            TASKS, "classification", replace(task, options={**task.options, "augmentation": augmented})
        )
        model_of.cache_clear()

    yield tomorrow
    monkeypatch.undo()
    model_of.cache_clear()


def made(store):
    specification = loads(SPECIFICATION)
    return store.studies.create(specification, CODE)[0]


def test_a_study_is_stored_with_its_identity_and_its_declarations(store):
    study = made(store)
    (row,) = rows(store, "study")
    assert hashlib.sha256(row["identity"].encode()).hexdigest() == row["hash"] == study.hash
    assert json.loads(row["identity"])["optimizer"]["weight_decay"] == 0.0
    assert row["identity_version"] == 2
    assert json.loads(row["declarations"])["optimizer"]["options"]["weight_decay"]["default"] == 0.0
    assert study.declarations["task"]["options"]["batch_size"]["default"] == 128


def test_the_same_text_continues_a_study_after_options_were_added_and_a_default_changed(store, tomorrow):
    study = made(store)
    tomorrow()
    today = loads(SPECIFICATION)
    base = today.base
    assert (base.optimizer.weight_decay, base.optimizer.nesterov, base.task.augmentation) == (
        0.01,
        False,
        "crop2-flip",
    )
    again, new = store.studies.create(today, CODE)
    assert (again.id, new) == (study.id, False)
    held = again.specification.base
    assert (held.optimizer.weight_decay, held.optimizer.nesterov, held.task.augmentation) == (0.0, False, "none")
    assert again.specification.hash() == study.hash
    assert store.findings() == []


def test_a_study_grows_by_the_defaults_it_began_with(store, tomorrow):
    study = made(store)
    tomorrow()
    grown = store.growth.extend(study, loads(WIDER)).study
    assert grown.specification.base.optimizer.weight_decay == 0.0
    (row,) = rows(store, "study")
    assert hashlib.sha256(row["identity"].encode()).hexdigest() == row["hash"] == grown.specification.hash()
    assert store.findings() == []


def test_what_is_written_is_no_default(store, tomorrow):
    study = made(store)
    tomorrow()
    written = SPECIFICATION + "optimizer: {weight_decay: 0.01}\n"
    with pytest.raises(StudyMismatchError, match=r"optimizer.weight_decay: stored 0.0, given 0.01"):
        store.studies.create(loads(written), CODE)
    switched = SPECIFICATION + "optimizer: {nesterov: true}\n"
    with pytest.raises(StudyMismatchError, match=r"optimizer.nesterov: stored false, given true"):
        store.studies.create(loads(switched), CODE)
    assert store.studies.get("small").hash == study.hash


def test_a_value_that_was_written_must_be_written_again(store):
    text = SPECIFICATION + "optimizer: {weight_decay: 0.5}\n"
    store.studies.create(loads(text), CODE)
    with pytest.raises(StudyMismatchError, match=r"optimizer.weight_decay: stored 0.5, given 0.0"):
        store.studies.create(loads(SPECIFICATION), CODE)


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_a_store_of_a_release_is_sound_after_options_were_added(release, tmp_path, tomorrow):
    shutil.copy(release, tmp_path / "basin.db")
    with Store(str(tmp_path / "basin.db"), check_schema=False) as store:
        store.upgrade()
    tomorrow()
    with Store(str(tmp_path / "basin.db")) as store:
        assert store.findings() == []
        study = store.studies.get("small")
        assert study.specification.hash() == study.hash
        assert study.declarations is None


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_the_same_text_continues_a_study_of_a_release_after_a_default_changed(release, tmp_path, tomorrow):
    shutil.copy(release, tmp_path / "basin.db")
    with Store(str(tmp_path / "basin.db"), check_schema=False) as store:
        store.upgrade()
        before = store.studies.get("small")
        tomorrow()
        again, new = store.studies.create(loads(SPECIFICATION), CODE)
        assert (again.id, new) == (before.id, False)
        assert store.growth.extend(again, loads(WIDER)).trials == 6
        assert store.studies.get("small").specification.base.optimizer.weight_decay == 0.0
        assert store.findings() == []


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_what_a_release_did_not_keep_of_a_trial_is_what_its_study_says(release, tmp_path):
    shutil.copy(release, tmp_path / "basin.db")
    with Store(str(tmp_path / "basin.db"), check_schema=False) as store:
        store.upgrade()
        assert len(store.trials("small", where="decay = 'l2' and variant != 'paper' and amsgrad")) == 12
        assert len(store.trials("small", where="decay = 'normalised' or not amsgrad")) == 0
        study = store.studies.get("small")
        store.growth.extend(study, loads(WIDER))
        assert len(store.trials("small", where="optimizer.decay = 'l2'")) == 18


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_a_study_of_a_release_grows_by_arms_that_go_on_by_its_rules(release, tmp_path, tomorrow):
    shutil.copy(release, tmp_path / "basin.db")
    with Store(str(tmp_path / "basin.db"), check_schema=False) as store:
        store.upgrade()
        before, trials = store.studies.get("small"), rows(store)
        tomorrow()
        wider = loads(SPECIFICATION + "arms: {base: {}, long: {epochs: 9}}\n")
        grown = store.growth.extend(before, wider)
        assert (grown.configurations, grown.trials) == (6, 12)
        assert rows(store)[: len(trials)] == trials
        base, long = (grown.study.specification.arms[name] for name in ("base", "long"))
        assert base == before.specification.base
        assert long.resolved() == base.resolved() | {"epochs": 9}
        assert long.task.remainder == {"0.1.0": "keep", "0.2.0": "join"}[release.stem]
        assert long.optimizer.weight_decay == 0.0
        assert store.studies.create(wider, CODE) == (grown.study, False)
        assert store.findings() == []


def test_an_identity_that_was_altered_is_found(store):
    made(store)
    with store.database.engine.begin() as connection:
        connection.execute(text("UPDATE study SET identity = '{}'"))
    assert store.findings() == ["study small: its hash is not that of its identity"]

"""Tickets know the study as it is stored when something is to be proposed."""

from __future__ import annotations

from study.drive.tickets import Tickets
from tests.unit.study.common import RANGE, create, specification, tpe

TWO = {"base": {}, "adam": {"optimizer": {"name": "adam"}, "space": {"p": None}}}


def tickets(store, study, provided=None):
    provide = (lambda _arm: None) if provided is None else provided.append
    return Tickets(store, study, "ann", data=None, plugins=(), provide=provide)


def test_a_study_that_was_extended_is_proposed_for_as_it_is_now(store):
    study = create(store, **tpe(3))
    it, wider = tickets(store, study), specification(**tpe(5, seeds=3))
    store.growth.extend(study, wider)
    it.renew()
    assert (it.study.specification.configurations, it.study.specification.seeds) == (5, 3)


def test_an_arm_that_came_is_provided_for_once(store):
    study, provided = create(store, **tpe(3)), []
    it = tickets(store, study, provided)
    store.growth.extend(study, specification(**tpe(3, arms=TWO)))
    it.renew()
    it.renew()
    assert provided == [it.arm("adam")]


def test_another_study_in_its_place_is_not_taken_for_it(store):
    study = create(store, **tpe(3))
    it = tickets(store, study)
    store.studies.delete(study)
    create(store, space=RANGE, design={"name": "sobol", "configurations": 4})
    it.renew()
    assert it.study == study

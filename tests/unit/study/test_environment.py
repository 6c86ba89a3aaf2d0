from __future__ import annotations

import os

import pytest

from study.environment import RAY, prepare


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Give each test an environment of its own, without Ray's variables."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "TUNE_"))}
    monkeypatch.setattr(os, "environ", plain)
    return plain


def test_every_variable_is_set(environment):
    prepare(local=False)
    assert {name: environment[name] for name in RAY} == RAY


def test_telemetry_is_off(environment):
    prepare(local=False)
    assert environment["RAY_USAGE_STATS_ENABLED"] == "0"


def test_what_the_user_has_set_stays(environment):
    environment["TUNE_WARN_THRESHOLD_S"] = "1"
    prepare(local=False)
    assert environment["TUNE_WARN_THRESHOLD_S"] == "1"


def test_a_cluster_of_this_machine_has_a_token(environment):
    prepare(local=True)
    assert environment["RAY_AUTH_MODE"] == "token"
    assert len(environment["RAY_AUTH_TOKEN"]) == 32


def test_each_cluster_has_another_token(environment):
    prepare(local=True)
    first = environment.pop("RAY_AUTH_TOKEN")
    del environment["RAY_AUTH_MODE"]
    prepare(local=True)
    assert environment["RAY_AUTH_TOKEN"] != first


@pytest.mark.parametrize("name", ["RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"])
def test_the_access_that_the_user_chose_stays(environment, name):
    environment[name] = "mine"
    before = set(environment)
    prepare(local=True)
    assert set(environment) - before - RAY.keys() == set()
    assert environment[name] == "mine"


def test_a_cluster_elsewhere_gets_no_token(environment):
    prepare(local=False)
    assert not any(name.startswith("RAY_AUTH") for name in environment)

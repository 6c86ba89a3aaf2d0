from __future__ import annotations

import os

import pytest

from study.environment import RAY, prepare
from study.errors import UsageError


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


@pytest.mark.parametrize("mode", ["", "token", "TOKEN"])
def test_a_cluster_of_this_machine_has_a_token_whatever_the_mode_says(environment, mode):
    environment["RAY_AUTH_MODE"] = mode
    prepare(local=True)
    assert environment["RAY_AUTH_MODE"] == "token"
    assert len(environment["RAY_AUTH_TOKEN"]) == 32


@pytest.mark.parametrize("mode", ["disabled", "tokne", "token ", "0", "false"])
def test_a_cluster_of_this_machine_without_a_token_is_refused(environment, mode):
    environment["RAY_AUTH_MODE"] = mode
    before = dict(environment)
    with pytest.raises(
        UsageError, match=r"RAY_AUTH_MODE must be token or not set .*, got '.*unset RAY_AUTH_MODE"
    ) as no:
        prepare(local=True)
    assert (no.value.exit_code, environment) == (2, before)


@pytest.mark.parametrize("name", ["RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"])
def test_a_token_for_other_clusters_opens_none_of_ours(environment, name):
    environment[name] = "mine"
    prepare(local=True)
    assert "mine" not in environment.values()
    assert len(environment["RAY_AUTH_TOKEN"]) == 32


@pytest.mark.parametrize("name", ["RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"])
def test_the_access_to_a_cluster_elsewhere_is_as_the_user_chose(environment, name):
    environment[name] = "disabled"
    prepare(local=False)
    assert {key for key in environment if key.startswith("RAY_AUTH")} == {name}
    assert environment[name] == "disabled"


def test_a_cluster_elsewhere_gets_no_token(environment):
    prepare(local=False)
    assert not any(name.startswith("RAY_AUTH") for name in environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TUNE_MAX_PENDING_TRIALS_PG", "abc"),
        ("TUNE_MAX_PENDING_TRIALS_PG", "1.5"),
        ("TUNE_WARN_THRESHOLD_S", ""),
        ("TUNE_WARN_THRESHOLD_S", "auto"),
    ],
)
def test_what_ray_tune_cannot_read_is_refused(environment, name, value):
    environment[name] = value
    with pytest.raises(UsageError, match=f"{name} must be a .*number, got '{value}'"):
        prepare(local=False)


@pytest.mark.parametrize("value", ["auto", "4"])
def test_what_ray_tune_can_read_stays(environment, value):
    environment["TUNE_MAX_PENDING_TRIALS_PG"] = value
    prepare(local=True)
    assert environment["TUNE_MAX_PENDING_TRIALS_PG"] == value

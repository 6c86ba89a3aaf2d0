"""Completion as a shell asks for it: a process with the words so far in its environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from search_spaces.presets import preset_names
from study.store import Store
from tests.unit.study.common import create

COMMAND = str(Path(sys.executable).with_name("basin"))


@pytest.fixture
def complete(folder):
    """Return a function that completes the last of some words."""

    def complete(*words, **environment):
        asked = {"_BASIN_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(("basin", *words))}
        done = subprocess.run(
            [COMMAND],
            env=os.environ | asked | {"COMP_CWORD": str(len(words))} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    return complete


def test_studies_are_completed_from_the_store(complete, store):
    for name in ("small", "smaller", "large"):
        create(store, name=name)
    assert complete("show", "sm") == ["small", "smaller"]


def test_studies_are_those_of_the_store_that_the_command_names(complete, folder, store):
    with Store("other.db", create=True) as other:
        create(other, name="elsewhere")
    assert complete("trials", "--store", "other.db", "e") == ["elsewhere"]
    assert complete("trials", "e", BASIN_STORE="other.db") == ["elsewhere"]
    assert complete("trials", "e") == []


def test_presets_are_completed(complete):
    assert complete("run", "digits") == [name for name in preset_names() if name.startswith("digits")]


@pytest.mark.parametrize("location", ["typo.db", "nowhere/basin.db", "postgresql://u@127.0.0.1:9/d", "mysql://h/d"])
def test_without_a_store_nothing_is_completed_said_or_made(complete, folder, location):
    assert complete("show", "--store", location, "s") == []
    assert list(folder.iterdir()) == []


def test_a_faulty_setting_is_no_reason_to_speak(complete, folder):
    (folder / "basin.toml").write_text("store = 7", encoding="utf-8")
    assert complete("show", "s") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell):
    done = subprocess.run(
        [COMMAND], env=os.environ | {"_BASIN_COMPLETE": f"source_{shell}"}, capture_output=True, text=True, check=True
    )
    assert "_BASIN_COMPLETE" in done.stdout

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from study import secrecy
from study.secrecy import PIPE, VARIABLES, masked

PASSWORD = "-".join(("correct", "horse"))
URL = f"postgresql+psycopg://ann:{PASSWORD}@127.0.0.1:5432/basin"

COMMAND = """
import json, os
from pathlib import Path
from study.secrecy import conceal, variables
before = os.getpid()
arguments = conceal()
print(json.dumps({
    "arguments": arguments,
    "seen": Path("/proc/self/cmdline").read_text() + Path("/proc/self/environ").read_text(),
    "inherited": [name for name in ("BASIN_STORE", "PGPASSWORD", "BASIN_PIPE") if name in os.environ],
    "store": variables().get("BASIN_STORE"),
    "password": variables().get("PGPASSWORD"),
    "number": os.getpid(),
}))
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")


@pytest.fixture
def command(tmp_path):
    """Return a function that starts a command that conceals, and returns what can be seen of it."""
    file = tmp_path / "command.py"
    file.write_text(COMMAND, encoding="utf-8")
    plain = {name: value for name, value in os.environ.items() if name not in {*VARIABLES, PIPE}}

    def command(*arguments, **environment):
        started = subprocess.Popen(
            [sys.executable, "-P", str(file), *arguments], env=plain | environment, stdout=subprocess.PIPE
        )
        answer = json.loads(started.communicate(timeout=60)[0])
        assert answer["number"] == started.pid
        return answer

    return command


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "spec.yaml", "--store", URL],
        [f"--store={URL}"],
        ["--store", f"postgresql://h/d?user=u&password={PASSWORD}"],
        ["--store", f"postgresql:/u:{PASSWORD}@h/d"],
        ["--store", f"postgresql://u:a@{PASSWORD}/b@h/d", "", "naïve ☃"],
    ],
)
def test_a_password_among_the_arguments_is_not_seen_and_not_lost(command, arguments):
    answer = command(*arguments)
    assert PASSWORD not in answer["seen"]
    assert "***" in answer["seen"]
    assert answer["arguments"] == arguments


def test_a_password_in_the_environment_is_neither_seen_nor_inherited_nor_lost(command):
    answer = command("studies", BASIN_STORE=URL, PGPASSWORD="hunter2")
    assert PASSWORD not in answer["seen"]
    assert "hunter2" not in answer["seen"]
    assert answer["inherited"] == []
    assert (answer["arguments"], answer["store"], answer["password"]) == (["studies"], URL, "hunter2")


def test_a_command_without_a_password_is_not_started_again(command):
    answer = command("run", "spec.yaml", "--store", "postgresql://ann@h/d", BASIN_STORE="a.db", PGPASSWORD="")
    assert PIPE not in answer["seen"]
    assert (answer["arguments"][-1], answer["store"]) == ("postgresql://ann@h/d", "a.db")


def test_what_the_interpreter_was_told_is_repeated():
    code = "import sys; from study.secrecy import conceal; print(conceal(), sys.flags.utf8_mode, sys.orig_argv[1:3])"
    done = subprocess.run(
        [sys.executable, "-X", "utf8=1", "-c", code, URL], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{[URL]} 1 ['-X', 'utf8=1']\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:p@q@h/d", "postgresql://u:***@h/d"),
        ("postgresql://:p@h/d", "postgresql://:***@h/d"),
        ("postgresql://u:p/q?r#s@h/d", "postgresql://u:***@h/d"),
        ("postgresql://h/d?sslpassword=p&user=u", "postgresql://h/d?sslpassword=***&user=u"),
        ("postgresql://u@h:5432/d", "postgresql://u@h:5432/d"),
        ("postgresql://u@[::1]:5432/d", "postgresql://u@[::1]:5432/d"),
        ("basin.db", "basin.db"),
        ("lr < 0.1 and p = 0", "lr < 0.1 and p = 0"),
        ("space.lr.values=[0.1, 1]", "space.lr.values=[0.1, 1]"),
    ],
)
def test_passwords_alone_are_masked(text, shown):
    assert masked(text) == shown


def test_the_environment_is_that_of_the_process(monkeypatch):
    monkeypatch.setenv("BASIN_STORE", "a.db")
    assert secrecy.variables()["BASIN_STORE"] == "a.db"

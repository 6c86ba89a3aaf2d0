"""Passwords leave the command line and the environment before anybody can read them there.

A command line is shown to everybody on the machine, an environment is inherited by everything a process starts, and
Ray publishes the command line of its driver to all members of a cluster. A command that was given a password is
therefore started once more, in the same process and without it; what was taken out comes back through a pipe.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

VARIABLES = ("BASIN_STORE", "PGPASSWORD")
"""Variables that may hold a password; the second one is always one."""

PIPE = "BASIN_PIPE"
"""Names the pipe to the command that was started once more."""

_USER = re.compile(r"(:/*[^:/@\s]*:).*@", re.DOTALL)
_QUERY = re.compile(r"([?&][^=&]*password[^=&]*=)[^&]*", re.IGNORECASE)

_kept: dict[str, str] = {}


def masked(text: str) -> str:
    """Return a text with ``***`` where a URL in it has a password, however badly written."""
    return _QUERY.sub(r"\1***", _USER.sub(r"\1***@", text))


def variables() -> Mapping[str, str]:
    """Return the environment, and what was taken out of it."""
    return os.environ | _kept


def conceal() -> list[str]:
    """Return the arguments of the command, as they were given; start it once more where a password can be seen."""
    pipe = os.environ.pop(PIPE, None)
    if pipe is not None:
        with os.fdopen(int(pipe), encoding="ascii") as reading:
            given = json.load(reading)
        _kept.update(given["variables"])
        return list(given["arguments"])
    arguments = sys.argv[1:]
    shown = [masked(argument) for argument in arguments]
    taken = {name: os.environ[name] for name in VARIABLES if _is_secret(name)}
    if taken or shown != arguments:
        _start_again(arguments, shown, taken)
    return arguments


@contextmanager
def hidden() -> Iterator[None]:
    """Have the variables that hold a password taken out of the environment, which everything started inherits."""
    taken = {name: os.environ[name] for name in VARIABLES if _is_secret(name)}
    _kept.update(taken)
    for name in taken:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(taken)
        for name in taken:
            del _kept[name]


def _is_secret(name: str) -> bool:
    value = os.environ.get(name, "")
    return bool(value) if name == "PGPASSWORD" else masked(value) != value


def _start_again(arguments: list[str], shown: list[str], taken: Mapping[str, str]) -> NoReturn:
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    os.set_blocking(writing, False)
    given = json.dumps({"arguments": arguments, "variables": taken}).encode("ascii")
    if os.write(writing, given) < len(given):
        sys.exit("basin: the arguments must fit into a pipe, 64 KiB, where one of them holds a password")
    os.close(writing)
    interpreter = sys.orig_argv[1 : len(sys.orig_argv) - len(arguments)]
    environment = {name: value for name, value in os.environ.items() if name not in taken}
    os.execve(  # noqa: S606 - this very command
        sys.executable, [sys.executable, *interpreter, *shown], environment | {PIPE: str(reading)}
    )

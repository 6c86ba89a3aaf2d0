"""Ray clusters of somebody else's, for drives that join one."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

RAY = str(Path(sys.executable).with_name("ray"))


def token() -> dict[str, str]:
    """Return the variables of a new token, which the nodes of a cluster and its drivers have in common."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}


@contextlib.contextmanager
def node(temporary: Path, environment: Mapping[str, str], *arguments: str, cpus: int = 1) -> Iterator[str]:
    """Yield the address that a node's cluster has, once the node runs; its processes end with the block."""
    empty = temporary / f"node-{len(list(temporary.glob('node-*')))}"
    empty.mkdir()
    process = subprocess.Popen(
        [RAY, "start", *arguments, f"--num-cpus={cpus}", "--node-ip-address=127.0.0.1", "--block"],
        cwd=empty,
        env=environment | {"RAY_USAGE_STATS_ENABLED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        told: list[str] = []
        for line in process.stdout or ():
            told.append(line)
            if "--address=" in line or (arguments[0] != "--head" and "Ray runtime started" in line):
                break
        else:
            raise AssertionError("the node did not start:\n" + "".join(told))
        yield told[-1].partition("--address=")[2].split(" ")[0].strip("'\n")
    finally:
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if Path(one.cwd()).is_relative_to(empty):
                    one.kill()
        process.kill()
        process.communicate()


def head(temporary: Path, environment: Mapping[str, str], *, cpus: int = 1) -> contextlib.AbstractContextManager[str]:
    """Yield the address of a cluster that begins with this node."""
    arguments = ("--head", "--port=0", "--include-dashboard=false", f"--temp-dir={temporary}/r")
    return node(temporary, environment, *arguments, cpus=cpus)

"""The guardian: a small process that outlives its driver by a moment and leaves nothing of its cluster behind.

A driver that is killed cannot clean up. Ray's own processes notice it, but some of them only after more than a
minute. Everything that a drive starts bears the drive's mark in its environment, and everything it writes lies in one
folder; the guardian waits until its standard input ends, which the kernel sees to however the driver ends, then kills
what bears the mark and removes the folder. A driver whose guardian was killed does that itself, and where both were
killed the next drive does. Who only stands in the folder, such as a person who reads a log, is left alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import psutil

from study.hosts import Process

MARK = "BASIN_DRIVE"
"""The variable that names the folder of the drive, in everything that the drive starts."""

PREFIX = "basin-"
LONGEST_FOLDER = 39
"""Ray puts sockets below its folder, and their names may have 107 characters."""

OWNERS = "owners.json"
CLEANUP_SECONDS = 15.0


def made_folder() -> Path:
    """Make the folder of a drive; clean what drives that were killed have left beside it."""
    parent = Path(tempfile.gettempdir()).resolve()
    if len(str(parent / f"{PREFIX}01234567")) > LONGEST_FOLDER:
        parent = Path("/tmp")  # noqa: S108 - the shortest name there is
    clean_after_the_dead(parent)
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).resolve()


@contextlib.contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Have a folder watched: at the end, what the block has started is killed and the folder is removed."""
    guardian = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-I", "-m", "study.guardian", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # the driver's Ctrl-C is not the guardian's
    )
    os.environ[MARK] = str(folder)
    try:
        _write_owners(folder, (os.getpid(), guardian.pid))
        yield
    finally:
        del os.environ[MARK]
        if guardian.stdin is not None:
            guardian.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            guardian.wait(CLEANUP_SECONDS)
        if guardian.returncode:  # it was killed
            clean(folder)


def _write_owners(folder: Path, numbers: Iterable[int]) -> None:
    owners = [asdict(Process.of(number)) for number in numbers]
    (folder / OWNERS).write_text(json.dumps(owners), encoding="utf-8")


def started_in(folder: Path) -> list[psutil.Process]:
    """Return the processes that the drive of a folder has started, and theirs."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if _bears_mark(process, folder) and process.status() != psutil.STATUS_ZOMBIE:
                found |= {one.pid: one for one in (process, *process.children(recursive=True))}
    return list(found.values())


def _bears_mark(process: psutil.Process, folder: Path) -> bool:
    environment = process.environ()
    if environment:
        return environment.get(MARK) == str(folder)
    # Some of Ray's processes take a title, which wipes their environment out.
    return process.name().startswith("ray::") and Path(process.cwd()).is_relative_to(folder)


def clean(folder: Path) -> None:
    """Kill what the drive of a folder has started, then remove the folder."""
    deadline = time.monotonic() + CLEANUP_SECONDS
    quiet = 0
    while quiet < 3 and time.monotonic() < deadline:
        living = started_in(folder)
        quiet = 0 if living else quiet + 1
        for process in living:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.1)
    shutil.rmtree(folder, ignore_errors=True)


def clean_after_the_dead(parent: Path) -> None:
    """Clean what drives of this host and user have left below a folder, killed together with their guardians."""
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            owners = [Process(**owner) for owner in json.loads((folder / OWNERS).read_text(encoding="utf-8"))]
            if owners and all(owner.is_dead() for owner in owners):
                clean(folder)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    clean(Path(sys.argv[1]))

"""The guardian: a small process that outlives its driver by a moment and leaves nothing of its cluster behind.

A driver that is killed cannot clean up. Ray's own processes notice it, but some of them only after more than a
minute. Every process of a local cluster is started in one folder, made for the drive; the guardian waits until its
standard input ends, which the kernel sees to however the driver ends, then kills what lives in the folder and
removes it.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

CLEANUP_SECONDS = 15.0


@contextlib.contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Have a folder watched: at the end, processes that live in it are killed and it is removed."""
    guardian = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-I", "-m", "study.guardian", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # the driver's Ctrl-C is not the guardian's
    )
    try:
        yield
    finally:
        if guardian.stdin is not None:
            guardian.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            guardian.wait(CLEANUP_SECONDS)


def living_in(folder: Path) -> list[psutil.Process]:
    """Return the processes whose working directory is in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def clean(folder: Path) -> None:
    """Kill what lives in a folder, then remove it."""
    deadline = time.monotonic() + CLEANUP_SECONDS
    quiet = 0
    while quiet < 3 and time.monotonic() < deadline:
        living = living_in(folder)
        quiet = 0 if living else quiet + 1
        for process in living:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.1)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    clean(Path(sys.argv[1]))

"""Processes and the hosts that can see them: how a restart knows that its predecessor is dead."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

UNSEEN = -1.0
"""Start of a process that cannot be seen."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process, told from every other that ever had its number.

    Attributes
    ----------
    host
        Host name, boot, process and time namespace, and the clock of ``started``. Two containers of one host have
        different ones.
    pid
        Number of the process on that host.
    started
        When it started: on Linux in clock ticks since the host's boot, which no setting of a clock moves; elsewhere
        in seconds since 1970, as the kernel wrote it down once.
    """

    host: str
    pid: int
    started: float

    @classmethod
    def current(cls) -> Process:
        """Return the running process."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> Process:
        """Return the process that has a number on this host now."""
        seen = _seen(pid)
        return cls(host=host_identity(), pid=pid, started=UNSEEN if seen is None else seen[0])

    def is_dead(self) -> bool:
        """Tell whether the process has surely ended; one that cannot be judged from here may live."""
        if self.host != host_identity():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass  # another user's: there is a process, though perhaps out of sight
        seen = _seen(self.pid)
        if seen is None or self.started == UNSEEN:
            return False
        started, ended = seen
        return ended or started != self.started


def host_identity() -> str:
    """Return as one text the name of this host, the boot it is in, its namespaces, and what its starts count.

    Who has another one can neither be seen nor judged from here.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespaces = [Path(f"/proc/self/ns/{kind}").readlink().name for kind in ("pid", "time") if _has(kind)]
        clock = "ticks"
    except OSError:
        boot, namespaces, clock = f"{psutil.boot_time():.0f}", [], ""
    return " ".join([socket.gethostname(), boot, *namespaces, clock]).strip()


def _has(kind: str) -> bool:
    """Tell whether this kernel has a kind of namespace; those of time are the youngest."""
    return Path(f"/proc/self/ns/{kind}").is_symlink()


def _seen(pid: int) -> tuple[float, bool] | None:
    """Return when a process started and whether it has ended but for its number; None where it cannot be seen."""
    if not sys.platform.startswith("linux"):
        try:
            process = psutil.Process(pid)
            return process.create_time(), process.status() == psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # gone in between, or hidden from other users
        return None
    # The second field is a name in brackets, which may hold anything; state and start are the 3rd and the 22nd.
    fields = text.rpartition(")")[2].split()
    return float(fields[19]), fields[0] in {"Z", "X"}

"""Processes and the hosts that can see them: how a restart knows that its predecessor is dead."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process, told from every other that ever had its number.

    Attributes
    ----------
    host
        Host name, boot and process namespace. Two containers of one host have different ones.
    pid
        Number of the process on that host.
    started
        When it started, by the host's clock.
    """

    host: str
    pid: int
    started: float

    @classmethod
    def current(cls) -> Process:
        """Return the running process."""
        return cls(host=host_identity(), pid=os.getpid(), started=psutil.Process().create_time())

    def is_alive(self) -> bool:
        """Tell whether the process runs; only meaningful on its own host."""
        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def host_identity() -> str:
    """Return the name of this host, the boot it is in, and the process namespace, as one text."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        boot, namespace = f"{psutil.boot_time():.0f}", ""
    return f"{socket.gethostname()} {boot} {namespace}".strip()

"""The machine's own C++ compiler: from the source of a kernel to a library that later processes find."""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

FLAGS = ("-std=c++17", "-O3", "-fPIC", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
"""No product is merged with a sum and nothing is reordered: digits do not depend on the compiler."""

NATIVE = ("-march=native", "-mcpu=native")
"""What the processor can do, as one compiler or another spells it."""

PATIENCE = 120.0
"""Seconds that a compiler may take."""


@cache
def compiler() -> tuple[str, ...]:
    """Return the command of the C++ compiler, empty without one: ``CXX`` where that is set, which may be empty."""
    named = os.environ.get("CXX")
    commands = [["c++"], ["g++"], ["clang++"]] if named is None else [shlex.split(named)]
    found = ((shutil.which(command[0]), command[1:]) for command in commands if command)
    return next(((path, *options) for path, options in found if path), ())


@cache
def described() -> str | None:
    """Return the first line a compiler says of itself, None without one that works."""
    if not compiler():
        return None
    try:
        command = [*compiler(), "--version"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.partition("\n")[0].strip() or compiler()[0]


def library(source: str, *, threads: bool) -> Path | None:
    """Return the library of a source, made now where no process has made it before; None where that cannot be.

    What one machine makes another must not run: the name holds compiler and processor, for homes that several share.
    It holds what is in the file, too: a process that runs half a library is killed.

    Parameters
    ----------
    source
        In C++.
    threads
        Whether loops are shared among threads. Where they come from is left open: torch's own runtime is in the
        process, and a second one would fight it.
    """
    version = described()
    if version is None:
        return None
    flags = (*FLAGS, *(("-fopenmp",) if threads else ()))
    key = hashlib.sha256("\n".join([source, *flags, *compiler(), version, _processor()]).encode()).hexdigest()[:32]
    try:
        folder = _folder()
        for path in folder.glob(f"{key}-*.so"):
            if path.stem == f"{key}-{_digest(path)}":
                return path
            path.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = _made(source, flags, Path(scratch))
            return None if made is None else made.replace(folder / f"{key}-{_digest(made)}.so")
    except OSError:  # a disk that is full, a folder that is gone
        return None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def _made(source: str, flags: Sequence[str], scratch: Path) -> Path | None:
    """Compile in a scratch folder and return the library there."""
    text, piece, made = scratch / "kernel.cpp", scratch / "kernel.o", scratch / "kernel.so"
    text.write_text(source, encoding="utf-8")
    for native in NATIVE:
        if _ran(*flags, native, "-c", str(text), "-o", str(piece)) and _ran("-shared", str(piece), "-o", str(made)):
            return made if made.exists() else None
    return None


def _ran(*arguments: str) -> bool:
    try:
        done = subprocess.run([*compiler(), *arguments], capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _folder() -> Path:
    """Return a folder that this user alone can write to; one for this process where the cache is none."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "basin" / "kernels"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = folder.stat()
        if held.st_uid == os.getuid() and not held.st_mode & 0o022 and os.access(folder, os.W_OK):
            return folder
    except (OSError, RuntimeError):  # a user without a home
        pass
    return _own_folder()


@cache
def _own_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="basin-kernels-"))
    atexit.register(_removed, folder, os.getpid())
    return folder


def _removed(folder: Path, owner: int) -> None:
    """Remove the folder of this process, unless it is a fork of the one that made it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _processor() -> str:
    """Return what tells the instructions of this processor from those of another."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith(("flags", "Features")))
    except (OSError, StopIteration):
        return f"{platform.machine()} {platform.processor()}"

"""The machine's own C++ compiler: from the source of a kernel to a library that later processes find."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

FLAGS = ("-std=c++17", "-O3", "-fPIC", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
"""No product is merged with a sum and nothing is reordered: digits do not depend on the compiler."""

NATIVE = ("-march=native", "-mcpu=native")
"""What the processor can do, as one compiler or another spells it."""

PATIENCE = 120.0
"""Seconds that a compiler may take."""


@cache
def compiler() -> str | None:
    """Return the path of the C++ compiler, None without one: ``CXX`` where that is set, which may be empty."""
    named = os.environ.get("CXX")
    names = ("c++", "g++", "clang++") if named is None else (named,)
    return next((path for name in names if name and (path := shutil.which(name))), None)


@cache
def described() -> str | None:
    """Return the first line a compiler says of itself, None without one that works."""
    path = compiler()
    if path is None:
        return None
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.partition("\n")[0].strip() or path


def library(source: str) -> Path | None:
    """Return the library of a source, made now where no process has made it before; None where that cannot be.

    What one machine makes another must not run: the name holds compiler and processor, for homes that several share.
    """
    version = described()
    if version is None:
        return None
    key = hashlib.sha256("\n".join([source, *FLAGS, version, _processor()]).encode()).hexdigest()[:32]
    folder = _folder()
    path = folder / f"{key}.so"
    if path.exists():
        return path
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        made = _made(source, Path(scratch))
        if made is None:
            return None
        made.replace(path)
    return path


def _made(source: str, scratch: Path) -> Path | None:
    """Compile in a scratch folder and return the library there."""
    text, piece, made = scratch / "kernel.cpp", scratch / "kernel.o", scratch / "kernel.so"
    text.write_text(source, encoding="utf-8")
    # Where threads come from is left open: torch's own runtime is in the process, and a second one would fight it.
    for threads in (("-fopenmp",), ()):
        for native in NATIVE:
            if _ran(*FLAGS, native, *threads, "-c", str(text), "-o", str(piece)) and _ran(
                "-shared", str(piece), "-o", str(made)
            ):
                return made if made.exists() else None
    return None


def _ran(*arguments: str) -> bool:
    path = compiler()
    if path is None:
        return False
    try:
        done = subprocess.run([path, *arguments], capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


@cache
def _folder() -> Path:
    """Return a folder that this user alone can write to; one for this process where the cache is none."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(root) / "basin" / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = folder.stat()
        if held.st_uid == os.getuid() and not held.st_mode & 0o022 and os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="basin-kernels-"))


@cache
def _processor() -> str:
    """Return what tells the instructions of this processor from those of another."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith(("flags", "Features")))
    except (OSError, StopIteration):
        return f"{platform.machine()} {platform.processor()}"

"""Provenance: where and with what a training ran, and which code that was."""

from __future__ import annotations

import hashlib
import platform
import socket
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

VERSION = "0.3.0.dev0"
"""Of this release; it stands here, because the metadata of an installation may lie beside other sources."""


@cache
def code_version(*plugins: str) -> str:
    """Return the package version, the hash of the sources of `workers` and `search_spaces`, and those of plug-ins.

    Two results are of the same code exactly when these are equal.

    Parameters
    ----------
    *plugins
        Hashes of those that a study uses, in any order.
    """
    digest = hashlib.sha256()
    for package in ("search_spaces", "workers"):
        root = package_folder(package)
        for file in sorted(root.rglob("*.py")):
            digest.update(f"{package}/{file.relative_to(root).as_posix()}\0".encode())
            digest.update(file.read_bytes())
    return "+".join((VERSION, digest.hexdigest()[:16], *sorted(set(plugins))))


def package_folder(name: str) -> Path:
    """Return the folder a package is imported from."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(f"package {name} must be importable; install Basin")
    return Path(spec.origin).parent


@cache
def libraries() -> dict[str, str]:
    """Return the versions of Python and of the libraries that a result depends on."""
    found = {"python": platform.python_version()}
    for name in ("torch", "torchvision", "numpy", "ray", "optuna"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def host() -> str:
    """Return the name of this host."""
    return socket.gethostname()


def device_name(device: str) -> str:
    """Return what a device is, such as ``cpu x86_64, 2 threads, g++ 12.2`` or ``NVIDIA H200, float32 without TF32``.

    Of a CPU it names the compiler that made the steps of optimizers: without one they differ in the last digits.
    """
    import torch  # noqa: PLC0415 - commands that only read do without torch

    from workers.optimizers.fused.compiler import described  # noqa: PLC0415
    from workers.precision import numeric_mode  # noqa: PLC0415

    if device.startswith("cuda"):
        return f"{torch.cuda.get_device_name(device)}, {numeric_mode()}"
    return f"cpu {platform.machine()}, {torch.get_num_threads()} threads, {described() or 'no C++ compiler'}"

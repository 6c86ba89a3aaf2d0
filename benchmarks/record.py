"""The record of a benchmark: what was measured, on what, how often, and which bounds it met."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workers.provenance import code_version, device_name, libraries

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One number that must not be above its bound."""

    name: str
    value: float
    bound: float

    @property
    def ok(self) -> bool:
        """Whether it is not."""
        return self.value <= self.bound


def write(name: str, measured: dict[str, Any], checks: list[Check], device: str = "cpu") -> Path:
    """Write the record of a benchmark and return its path."""
    document = {
        "benchmark": name,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "code_version": code_version(),
        "hardware": {"processor": _processor(), "cores": os.cpu_count(), "device": device_name(device)},
        "versions": libraries(),
        "measured": measured,
        "checks": [asdict(check) | {"ok": check.ok} for check in checks],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return path


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

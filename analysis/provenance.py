"""Provenance: where, with what and for how long the trials of a study were trained."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What all attempts of a study come to; of those that ended unless said.

    Attributes
    ----------
    code_versions, hosts, devices
        Each once, in order.
    libraries
        Each set of versions once, by name, as JSON.
    rules
        Each rule by which optimizers stepped once, with the form of its decay and the place of its eps.
    attempts
        How many there were, running ones included.
    endings
        How many ended how.
    seconds
        Training took, all together.
    reasons
        The error that the last faulty attempt of a trial ended with, by the trial's number.
    """

    code_versions: tuple[str, ...]
    hosts: tuple[str, ...]
    devices: tuple[str, ...]
    libraries: tuple[str, ...]
    rules: tuple[str, ...]
    attempts: int
    endings: Mapping[str, int]
    seconds: float
    reasons: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, attempts: Iterable[Mapping[str, Any]]) -> Provenance:
        """Return the provenance of attempts, which are read once."""
        seen: dict[str, set[str]] = {name: set() for name in ("code_version", "host", "device", "libraries")}
        rules: set[str] = set()
        endings: Counter[str] = Counter()
        reasons: dict[int, str] = {}
        count, seconds = 0, 0.0
        for attempt in attempts:
            count += 1
            if attempt["ending"] is None:
                continue
            endings[attempt["ending"]] += 1
            seconds += attempt["seconds"] or 0.0
            for name, values in seen.items():
                if attempt[name]:
                    values.add(attempt[name])
            if attempt["reason"]:
                reasons[attempt["number"]] = attempt["reason"]
            if attempt["rule"]:
                rules.add(_told(attempt))
        return cls(
            code_versions=tuple(sorted(seen["code_version"])),
            hosts=tuple(sorted(seen["host"])),
            devices=tuple(sorted(seen["device"])),
            libraries=tuple(sorted(seen["libraries"])),
            rules=tuple(sorted(rules)),
            attempts=count,
            endings=dict(sorted(endings.items())),
            seconds=seconds,
            reasons=reasons,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the provenance as plain values."""
        return {
            "code_versions": list(self.code_versions),
            "hosts": list(self.hosts),
            "devices": list(self.devices),
            "libraries": [json.loads(text) for text in self.libraries],
            "rules": list(self.rules),
            "attempts": self.attempts,
            "attempts_by_ending": dict(self.endings),
            "training_seconds": self.seconds,
        }


def _told(attempt: Mapping[str, Any]) -> str:
    """Return the rule of an attempt in words."""
    more = [f"{what} {attempt[name]}" for what, name in (("decay", "decay"), ("eps", "eps_at")) if attempt[name]]
    return "; ".join((attempt["rule"], *more))

"""Marks: what an export leaves beside the numbers, so that an import gives the same study again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from study.interchange.records import Record, is_finite
from study.trials import State

STUDY, SEEDS = "basin", "basin_seeds"
"""Names of the user attributes of a study and of a trial."""


def seeds_of(kept: Any, record: Record) -> list[Record]:
    """Return the record of each seed that an export keeps in a trial; none where it keeps none."""
    if not isinstance(kept, Sequence) or isinstance(kept, str) or not kept:
        return []
    found = []
    for it in kept:
        if not isinstance(it, Mapping) or not isinstance(it.get("seed"), int):
            return []
        value, state = it.get("value"), it.get("state")
        if state not in {one.value for one in State}:
            return []
        number = float(value) if isinstance(value, int | float) and is_finite(value) else None
        if state == State.COMPLETE and number is None:
            return []
        epoch, seconds = it.get("diverged_epoch"), it.get("seconds")
        ended = State(state) if state not in {State.RUNNING, State.WAITING} else State.CANCELLED
        reason = it.get("reason") if ended is State(state) else f"{state} when it was exported"
        found.append(
            replace(
                record,
                seed=it["seed"],
                state=ended,
                reason=reason if isinstance(reason, str) else None if ended is State.COMPLETE else ended.value,
                value=number if ended is State.COMPLETE else None,
                seconds=float(seconds) if isinstance(seconds, int | float) and is_finite(seconds) else None,
                diverged_epoch=epoch if isinstance(epoch, int) and epoch > 0 else None,
            )
        )
    return found

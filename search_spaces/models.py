"""Models: what every typed value of a specification has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Frozen(BaseModel):
    """Values of a specification: nothing is converted, nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


LISTED = BeforeValidator(_listed)
"""Lets a YAML list stand for a tuple, and nothing else."""

"""``basin report``."""

from __future__ import annotations


def report() -> None:
    """Write figures."""

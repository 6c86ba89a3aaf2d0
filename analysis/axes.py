"""Axes: which varied hyperparameter goes where, and what an axis calls it."""

from __future__ import annotations

from collections.abc import Iterable

LABELS = {"lr": "learning rate", "p": "partial-adaptivity exponent p", "weight_decay": "weight decay"}


def axes_of(space: Iterable[str]) -> tuple[str, str | None, list[str]]:
    """Return which varied hyperparameter goes on x, which on y, and which make panels."""
    names = list(space)
    x = "lr" if "lr" in names else names[0]
    rest = [name for name in names if name != x]
    y = next((name for name in ("p", "weight_decay") if name in rest), rest[0] if rest else None)
    return x, y, [name for name in rest if name != y]


def reading_order(space: Iterable[str]) -> list[str]:
    """Return the varied hyperparameters in the order in which a report goes through them: panels, rows, columns."""
    x, y, others = axes_of(space)
    return [*others, *([] if y is None else [y]), x]


def label_of(name: str) -> str:
    """Return a hyperparameter's name as an axis says it."""
    return LABELS.get(name, name)

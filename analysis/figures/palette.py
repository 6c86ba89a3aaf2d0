"""The palette: one colour for each optimizer, in every figure that tells optimizers apart."""

from __future__ import annotations

COLOURS = {
    "sgd": "#d62728",
    "momentum": "#2ca02c",
    "nesterov": "#c735c7",
    "adagrad": "#17a7b8",
    "adadelta": "#c9a400",
    "rmsprop": "#1f5fd0",
    "adam": "#000000",
    "amsgrad": "#8c564b",
    "radam": "#ff7f0e",
    "padam": "#7b3fe4",
    "adamw": "#7f7f7f",
}
"""By name; of the first six about as in the animations that most people know."""

OTHERS = ("#5a7d2a", "#e377c2", "#3f8f79", "#9c1f4a", "#4b4b8f", "#b5651d")
"""For what has none of its own."""

DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))
"""For what shares a colour."""


def colour_of(*names: str) -> str:
    """Return the colour of the first name that has one of its own, else one that depends on the last name alone."""
    own = next((COLOURS[name] for name in names if name in COLOURS), None)
    return own or OTHERS[sum(names[-1].encode()) % len(OTHERS)]

"""The palette: one colour for each optimizer, in every figure that tells optimizers apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.figures.sight import alike
from analysis.findings import ArmFindings
from analysis.numbers import point

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

TURNS = ("#000000", "#d55e00", "#0072b2", "#009e73", "#e69f00", "#cc79a7", "#56b4e9")
"""Colours that every eye tells apart: M. Okabe, K. Ito, "Color Universal Design", 2008, without yellow."""

DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))
"""For what shares a colour, or has one that some eye, or a print in grey, hardly tells from another's."""


def colour_of(*names: str) -> str:
    """Return the colour of the first name that has one of its own, else one that depends on the last name alone."""
    own = next((COLOURS[name] for name in names if name in COLOURS), None)
    return own or OTHERS[sum(names[-1].encode()) % len(OTHERS)]


def styles(arms: Sequence[ArmFindings]) -> list[dict[str, Any]]:
    """Return colour and dashes of each of some arms.

    The colour is that of its name, where an optimizer has that name, or else its optimizer's; dashes tell those apart
    whose colours are alike (:func:`analysis.figures.sight.alike`).
    """
    found: list[dict[str, Any]] = []
    for arm in arms:
        optimizer = arm.arm.optimizer
        colour = colour_of(arm.name, arm.name if optimizer is None else optimizer.name)
        taken = Counter(it["linestyle"] for it in found if alike(it["color"], colour))
        found.append({"color": colour, "linestyle": min(DASHES, key=lambda dashes: taken[dashes])})
    return found


def looks(arms: Sequence[ArmFindings]) -> list[dict[str, Any]]:
    """Return colour and dashes of each of some arms, where arms of one optimizer must be told apart.

    As :func:`styles` where every arm has another colour, else colours and dashes in turn, all different up to 28.
    """
    found = styles(arms)
    if len({it["color"] for it in found}) == len(found):
        return found
    turn = range(len(arms))
    return [{"color": TURNS[i % len(TURNS)], "linestyle": DASHES[i % len(DASHES)]} for i in turn]


def label(arm: ArmFindings, trial: pd.DataFrame) -> str:
    """Return what a legend calls the one trial that is drawn of an arm."""
    name = arm.name if arm.armed or arm.arm.optimizer is None else arm.arm.optimizer.name
    values = point(arm.named({path: float(trial.iloc[0][path]) for path in arm.space}))
    return f"{name}, {values}" if len(arm.space) == 1 else name

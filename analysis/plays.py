"""Plays: what an arm paid in the online sequence, and where it stood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.findings import ArmFindings, Findings
from analysis.paths import chosen, in_force

TASK = "online"


@dataclass(frozen=True, kw_only=True, eq=False)
class Play:
    """One play of the sequence.

    Attributes
    ----------
    arm, trial
        Whose it is, and its row of the table of trials.
    largest
        C, the derivative at every third step.
    steps
        Steps done at each point.
    regret, x
        Average regret until then, and the position.
    """

    arm: ArmFindings
    trial: pd.DataFrame
    largest: float
    steps: npt.NDArray[np.int64]
    regret: npt.NDArray[np.float64]
    x: npt.NDArray[np.float64]


def plays(findings: Findings) -> dict[float, list[Play]]:
    """Return the plays of a study by C, of each arm that of its best configuration with its lowest seed."""
    found: dict[float, list[Play]] = {}
    for arm in findings.arms:
        trial = chosen(arm) if arm.arm.task.name == TASK else None
        if trial is None:
            continue
        epochs = arm.material.curves(trial["number"].tolist())
        if not epochs.empty:
            epochs = epochs.sort_values("epoch")
            play = Play(
                arm=arm,
                trial=trial,
                largest=in_force(arm, trial, "largest"),
                steps=epochs["epoch"].to_numpy(dtype=int) * int(in_force(arm, trial, "steps")),
                regret=epochs["regret"].to_numpy(dtype=float),
                x=epochs["x"].to_numpy(dtype=float),
            )
            found.setdefault(play.largest, []).append(play)
    return dict(sorted(found.items()))

"""Tasks: what is trained and measured, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from search_spaces.landscapes import SURFACES
from workers.recipe import Recipe
from workers.session import Session
from workers.tasks import classification, moons, online, surface

TASKS: dict[str, Callable[[Recipe, Path | None, torch.device], Session]] = {
    "classification": classification.begin,
    "moons-logistic": moons.begin,
    "online": online.begin,
    **dict.fromkeys(SURFACES, surface.begin),
}
"""Each takes a recipe, the folder of the data sets and a device, and returns a session that has not begun."""

__all__ = ["TASKS", "begin"]


def begin(recipe: Recipe, folder: Path | None, device: torch.device) -> Session:
    """Return the session of a recipe, from scratch.

    Parameters
    ----------
    recipe
        The training.
    folder
        Where the files of data sets lie, for tasks that need files.
    device
        Where to train.
    """
    return TASKS[recipe.task](recipe, folder, device)

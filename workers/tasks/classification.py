"""Image classification: a network that tells the classes of a data set."""

from __future__ import annotations

from pathlib import Path

import torch

from workers.data import load_split
from workers.engine import Setting, Training
from workers.recipe import Recipe


def begin(recipe: Recipe, folder: Path | None, device: torch.device) -> Training:
    """Return the training of the recipe's network on its data set."""
    setting = Setting(**recipe.setting)
    options = tuple(sorted(setting.dataset_options.items()))
    split = load_split(setting.dataset, folder, setting.subset, setting.validation, options)
    return Training(recipe, split, device)

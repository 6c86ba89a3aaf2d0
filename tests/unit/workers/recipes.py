"""Small trainings that the engine's tests share."""

from __future__ import annotations

from dataclasses import fields

from search_spaces.declarations import OPTIMIZERS
from workers.engine import Setting
from workers.recipe import Recipe

GIVEN = {
    "padam": {"lr": 0.05, "weight_decay": 5e-4},
    "sgd": {"lr": 0.05, "weight_decay": 5e-4},
}
HYPERPARAMETERS = {
    name: {option: it.default for option, it in optimizer.numbers.items()} | GIVEN.get(name, {})
    for name, optimizer in OPTIMIZERS.items()
}


def recipe(optimizer="padam", hyperparameters=None, **changes):
    """Return an MLP on handwritten digits for two epochs, with some fields and options changed."""
    declared = OPTIMIZERS[optimizer].options
    options = {name: option.default for name, option in declared.items()} | HYPERPARAMETERS[optimizer]
    options |= {name: changes.pop(name) for name in list(changes) if name in declared} | (hyperparameters or {})
    network, wide = changes.pop("network", "mlp"), changes.pop("network_options", {})
    setting = {"dataset": "digits", "network": {"name": network, **wide}, "batch_size": 32, "augmentation": "none"}
    setting |= {it.name: changes.pop(it.name) for it in fields(Setting) if it.name in changes}
    values = {
        "task": "classification",
        "setting": setting,
        "optimizer": optimizer,
        "options": options,
        "epochs": 2,
        "seed": 0,
        "schedules": {"lr": changes.pop("schedule", {"name": "constant"})},
    }
    return Recipe(**(values | changes))

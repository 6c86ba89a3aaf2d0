"""Defaults: what an option stood for in the releases before it was stored with its declaration.

A study that those releases stored names an option that was not written as null, or not at all. It goes on with the
default of then; of what 0.1.0 did not know a hash leaves out what equals it. Nothing here ever changes. What is not
here always had the default that its declaration names.
"""

from __future__ import annotations

from typing import Any

FIRST: dict[str, dict[str, dict[str, Any]]] = {
    "task": {
        "classification": {
            "batch_size": 128,
            "augmentation": "none",
            "subset": None,
            "validation": 0,
            "remainder": "keep",
        }
    },
    "optimizer": {
        "padam": {
            "lr": 0.1,
            "p": 0.125,
            "beta1": 0.9,
            "beta2": 0.999,
            "eps": 1e-08,
            "weight_decay": 0.0,
            "decay_on": "all",
            "variant": "torch",
            "decay": "l2",
            "amsgrad": True,
        },
        "sgd": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0, "decay_on": "all", "decay": "l2"},
        "adam": {
            "lr": 0.001,
            "beta1": 0.9,
            "beta2": 0.999,
            "eps": 1e-08,
            "weight_decay": 0.0,
            "decay_on": "all",
            "decay": "l2",
        },
        "amsgrad": {
            "lr": 0.001,
            "beta1": 0.9,
            "beta2": 0.999,
            "eps": 1e-08,
            "weight_decay": 0.0,
            "decay_on": "all",
            "decay": "l2",
        },
        "adamw": {
            "lr": 0.001,
            "beta1": 0.9,
            "beta2": 0.999,
            "eps": 1e-08,
            "weight_decay": 0.01,
            "decay_on": "all",
            "decay": "decoupled-lr",
        },
    },
    "network": {"mlp": {"width": 64}},
    "schedule": {"constant": {}, "multistep": {"milestones": [], "gamma": 0.1}, "cosine": {}},
}
"""By kind, name and option. ``remainder`` came with 0.2.0, and 0.1.0 did as ``keep`` does."""


def first_default(kind: str, name: str, option: str, today: Any) -> Any:
    """Return the first default of an option, ``today`` where it is as it always was."""
    return FIRST.get(kind, {}).get(name, {}).get(option, today)

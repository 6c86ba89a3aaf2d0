"""A valid study that the tests change in one place at a time."""

from __future__ import annotations

import copy

import pytest

from search_spaces.errors import SpecificationError
from search_spaces.validation import validate

STUDY = {
    "name": "a-study",
    "task": {"dataset": "digits", "network": "mlp"},
    "epochs": 4,
    "space": {"lr": {"values": [0.01, 0.1]}},
}

OLD = {
    "name": "a-study",
    "task": {
        "dataset": "digits", "network": "mlp", "batch_size": 128, "augmentation": "none", "subset": None,
        "validation": 0,
    },
    "epochs": 4,
    "space": {"lr": {"values": [0.01, 0.1]}},
    "optimizer": {
        "name": "padam", "variant": None, "decay": None, "decay_on": "all", "amsgrad": True, "betas": None,
        "lr": None, "p": None, "beta1": None, "beta2": None, "eps": None, "weight_decay": None, "momentum": None,
    },
    "schedule": {"name": "constant", "milestones": [], "gamma": 0.1},
    "design": {"name": "grid", "configurations": None, "seed": 0},
    "seeds": 3,
    "objective": {"statistic": "mean_last5", "split": "test"},
    "resources": {"cpus": 1, "gpus": 0.0},
    "summary": "",
}  # fmt: skip
"""The same study as release 0.1.0 wrote it into a store."""

GONE = type("Absent", (), {"__repr__": lambda _: "absent"})()


def study(*changes):
    """Return the document of the study after changes: a dotted path and a value each, GONE to take a key out."""
    document = copy.deepcopy(STUDY)
    for path, value in changes:
        # What a space varies may have a dotted name of its own.
        within = path.startswith("space.") and path.split(".")[1] in {"task", "schedule", "schedules", "optimizer"}
        *folders, last = path.split(".", 1) if within else path.split(".")
        here = document
        for folder in folders:
            here = here.setdefault(folder, {})
        if value is GONE:
            del here[last]
        else:
            here[last] = value
    return document


def specification(*changes):
    return validate(study(*changes))


def faults_of(document):
    """Return the faults of a document as (path, message)."""
    with pytest.raises(SpecificationError) as caught:
        validate(document)
    return [(fault.path, fault.message) for fault in caught.value.faults]


def paths_of(document):
    """Return where a document has faults."""
    return {path for path, _ in faults_of(document)}

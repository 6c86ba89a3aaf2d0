"""Names that a plug-in cannot use, because something else of a trial, an epoch or a section has them."""

from __future__ import annotations

import re

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
"""Of what is declared."""

WORD = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
"""Of an option or a metric: a word of Python, of the query language, and of SQL."""

STATISTICS = ("final", "mean_last5", "min")
"""What a metric's name is followed by in the columns of a trial."""

CLASSIFIED = ("train_loss", "test_error", "test_error5", "validation_error", "validation_error5")
"""What classification measures."""

TRIAL = frozenset(
    (
        "number", "arm", "state", "seed", "generation", "attempt", "optimizer", "epochs", "epochs_done",
        "diverged_epoch", "last_finite_loss", "seconds", "images_per_second", "superseded", "errors", "reason",
        "created_at", "started_at", "finished_at",
        "rule", "decay_per_step", "weight_decay_norm", "eps_at", "total_steps",
        *(f"{name}_{statistic}" for name in CLASSIFIED for statistic in STATISTICS),
    )
)  # fmt: skip
"""Columns of a trial that are none of its options."""

EPOCH = frozenset(("epoch", "lr", "p", "log10_v", "seconds", "metrics", *CLASSIFIED))
"""Columns of an epoch."""

REAL = ("lr", "p", "beta1", "beta2", "eps", "momentum", "weight_decay")
"""Options of an optimizer that have a column in every study: numbers that need not be whole."""

WORDS = frozenset(("and", "or", "not", "in", "is", "null", "true", "false"))
"""Words of the query language."""

ATTRIBUTES = frozenset(
    (
        "construct", "copy", "declaration", "dict", "from_orm", "json", "options", "parse_file", "parse_obj",
        "parse_raw", "schema", "schema_json", "update_forward_refs", "validate",
    )
)  # fmt: skip
"""What a section has beside its options; and whatever begins with ``model_``."""

PLACES = frozenset(
    ("name", "task", "network", "dataset", "optimizer", "schedule", "schedules", "space", "arms", "betas")
)
"""Keys of a specification, and what stands beside the options of a section."""

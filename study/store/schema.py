"""The tables. Rules that must never break stand here, as constraints.

Times are seconds since 1970 in UTC, by the clock of the database. Errors are in percent. No numeric column ever
holds NaN or infinity: a diverged trial is a state, with the epoch and the last finite loss.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _finite(*names: str) -> CheckConstraint:
    """Refuse NaN and infinity, which one backend turns into NULL and the other keeps; NULL passes."""
    bounds = " AND ".join(f"({name} IS NULL OR {name} BETWEEN -1e300 AND 1e300)" for name in names)
    return CheckConstraint(bounds, name="finite")


driver = Table(
    "driver",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),  # host name, boot and process namespace: who can see whether it lives
    Column("pid", Integer, nullable=False),
    Column("process_started", Double, nullable=False),
    Column("registered_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
)

study = Table(
    "study",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("document", Text, nullable=False),  # the specification, defaults written out, JSON
    Column("hash", Text, nullable=False),
    Column("code_version", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("cancelled_at", Double),
    Column("proposer", Text, ForeignKey("driver.id")),  # who may ask Optuna now
    Column("proposer_until", Double),
    Column("proposer_term", Integer, nullable=False, server_default=text("0")),
)

configuration = Table(
    "configuration",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("study.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", Text),  # identity at 12 significant digits; empty until a proposal fills it
    Column("hyperparameters", Text),  # what the study varies, JSON
    UniqueConstraint("study_id", "number"),
    UniqueConstraint("study_id", "key"),
)

trial = Table(
    "trial",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("study.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("configuration_id", Integer, ForeignKey("configuration.id", ondelete="CASCADE"), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("generation", Integer, nullable=False, server_default=text("0")),
    Column("superseded", Boolean(create_constraint=False), nullable=False, server_default=text("false")),
    Column("filled", Boolean(create_constraint=False), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("driver_id", Text, ForeignKey("driver.id")),
    Column("lease_until", Double),
    Column("progress_until", Double),
    Column("errors", Integer, nullable=False, server_default=text("0")),
    Column("expiries", Integer, nullable=False, server_default=text("0")),  # in a row, without progress
    Column("reason", Text),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    # The hyperparameters in force, those of the configuration included, so that a map is one index read.
    Column("optimizer", Text, nullable=False),
    Column("lr", Double),
    Column("p", Double),
    Column("beta1", Double),
    Column("beta2", Double),
    Column("eps", Double),
    Column("momentum", Double),
    Column("weight_decay", Double),
    Column("epochs_done", Integer, nullable=False, server_default=text("0")),
    Column("diverged_epoch", Integer),
    Column("last_finite_loss", Double),
    Column("train_loss_final", Double),
    Column("test_error_final", Double),
    Column("test_error_mean_last5", Double),
    Column("test_error_min", Double),
    Column("validation_error_final", Double),
    Column("validation_error_mean_last5", Double),
    Column("validation_error_min", Double),
    Column("seconds", Double),
    Column("images_per_second", Double),
    UniqueConstraint("study_id", "number"),
    UniqueConstraint("configuration_id", "seed", "epochs", "generation"),
    CheckConstraint("state IN ('waiting', 'running', 'complete', 'diverged', 'failed', 'cancelled')", name="state"),
    CheckConstraint("(state = 'running') = (driver_id IS NOT NULL)", name="driver"),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease"),
    CheckConstraint("(state IN ('waiting', 'running')) = (finished_at IS NULL)", name="finished"),
    CheckConstraint("(state = 'diverged') = (diverged_epoch IS NOT NULL)", name="diverged"),
    CheckConstraint("state <> 'complete' OR epochs_done = epochs", name="complete_budget"),
    CheckConstraint("state <> 'complete' OR test_error_final IS NOT NULL", name="complete_result"),
    CheckConstraint(
        "state = 'complete' OR (test_error_final IS NULL AND test_error_mean_last5 IS NULL AND test_error_min IS NULL"
        " AND train_loss_final IS NULL AND validation_error_final IS NULL)",
        name="result",
    ),
    CheckConstraint("state <> 'failed' OR reason IS NOT NULL", name="failed"),
    _finite(
        "lr",
        "p",
        "beta1",
        "beta2",
        "eps",
        "momentum",
        "weight_decay",
        "last_finite_loss",
        "train_loss_final",
        "test_error_final",
        "test_error_mean_last5",
        "test_error_min",
        "validation_error_final",
        "validation_error_mean_last5",
        "validation_error_min",
        "seconds",
        "images_per_second",
    ),
    CheckConstraint("filled OR state IN ('waiting', 'cancelled')", name="filled"),
    # Everything a map needs of one study, so that it is read from the index alone.
    Index(
        "ix_trial_map",
        "study_id",
        "superseded",
        "lr",
        "p",
        "weight_decay",
        "seed",
        "state",
        "test_error_final",
        "test_error_mean_last5",
        "test_error_min",
    ),
    Index("ix_trial_claim", "study_id", "state", "filled", "number"),
    Index(
        "ix_trial_held",
        "driver_id",
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)

attempt = Table(
    "attempt",
    metadata,
    Column("trial_id", Integer, ForeignKey("trial.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("driver_id", Text, ForeignKey("driver.id"), nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("ending", Text),
    Column("reason", Text),
    Column("host", Text),
    Column("device", Text),
    Column("libraries", Text),  # JSON
    Column("code_version", Text),
    Column("seconds", Double),
    Column("images_per_second", Double),
    CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
)

epoch = Table(
    "epoch",
    metadata,
    Column("trial_id", Integer, ForeignKey("trial.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("train_loss", Double, nullable=False),
    Column("test_error", Double, nullable=False),
    Column("test_error5", Double, nullable=False),
    Column("validation_error", Double),
    Column("validation_error5", Double),
    Column("lr", Double, nullable=False),
    Column("p", Double),
    Column("log10_v", Double),
    Column("seconds", Double, nullable=False),
    _finite(
        "train_loss",
        "test_error",
        "test_error5",
        "validation_error",
        "validation_error5",
        "lr",
        "p",
        "log10_v",
        "seconds",
    ),
    sqlite_with_rowid=False,
)

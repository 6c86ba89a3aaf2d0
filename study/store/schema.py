"""The tables. Rules that must never break stand here, as constraints.

Times are seconds since 1970 in UTC, by the clock of the database. Errors are in percent. No number is ever NaN or
infinite: a diverged trial is a state, with the epoch and the last finite loss.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from search_spaces.specification import BASE
from study.errors import StoreBrokenError

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Object(TypeDecorator[Mapping[str, Any]]):
    """A JSON object: JSONB on PostgreSQL, text on SQLite. Doubles come back unchanged, but for the sign of 0."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what the column is to one database."""
        return dialect.type_descriptor(JSONB(none_as_null=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> Any:
        """Return what is written; a number that is none has no JSON, here and on a server."""
        if value is None or dialect.name == "postgresql":
            return value if value is None else dict(value)
        return json.dumps(dict(value), allow_nan=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Mapping[str, Any] | None:
        """Return what was read, or raise :class:`StoreBrokenError` where a damaged row holds something else."""
        if value is None:
            return None
        try:
            found: Mapping[str, Any] = value if dialect.name == "postgresql" else json.loads(value)
        except ValueError as error:
            raise StoreBrokenError(
                f"a row holds text that is no JSON object ({error}); restore the store from a copy"
            ) from error
        return found


def _object(name: str) -> tuple[CheckConstraint, CheckConstraint]:
    """Refuse what is no JSON object, by each database's own words; NULL passes."""
    valid = f"{name} IS NULL OR CASE WHEN json_valid({name}) THEN json_type({name}) = 'object' ELSE 0 END"
    return (
        CheckConstraint(valid, name=f"{name}_object").ddl_if(dialect="sqlite"),
        CheckConstraint(f"{name} IS NULL OR jsonb_typeof({name}) = 'object'", name=f"{name}_object").ddl_if(
            dialect="postgresql"
        ),
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
    Column("identity", Text),  # what the hash is of; empty in version 1, whose hash is as it was stored
    Column("identity_version", Integer, nullable=False, server_default=text("1")),
    Column("declarations", Text),  # what could be named when it began, JSON
    Column("submitted_at", Double),
    Column("priority", Integer, nullable=False, server_default=text("0")),
)

configuration = Table(
    "configuration",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("study.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", Text),  # identity at 12 significant digits; empty until a proposal fills it
    Column("hyperparameters", Text),  # what the study varies, JSON
    Column("arm", Text, nullable=False, server_default=text(f"'{BASE}'")),
    UniqueConstraint("study_id", "arm", "number"),
    UniqueConstraint("study_id", "arm", "key"),
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
    Column("optimizer", Text),  # none of a task that has its own way
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
    Column("arm", Text, nullable=False, server_default=text(f"'{BASE}'")),
    Column("options", Object),  # in force, those of the configuration included; empty until a proposal fills the slot
    # The objective's metric, whatever it is: what maps, rankings and samplers read.
    Column("value_final", Double),
    Column("value_mean_last5", Double),
    Column("value_min", Double),
    Column("metrics", Object),  # of tasks that have others than the columns above
    UniqueConstraint("study_id", "number"),
    UniqueConstraint("configuration_id", "seed", "epochs", "generation"),
    CheckConstraint("state IN ('waiting', 'running', 'complete', 'diverged', 'failed', 'cancelled')", name="state"),
    CheckConstraint("(state = 'running') = (driver_id IS NOT NULL)", name="driver"),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease"),
    CheckConstraint("(state IN ('waiting', 'running')) = (finished_at IS NULL)", name="finished"),
    CheckConstraint("(state = 'diverged') = (diverged_epoch IS NOT NULL)", name="diverged"),
    CheckConstraint("state <> 'complete' OR epochs_done = epochs", name="complete_budget"),
    CheckConstraint("state <> 'complete' OR value_final IS NOT NULL", name="complete_result"),
    CheckConstraint(
        "state = 'complete' OR (test_error_final IS NULL AND test_error_mean_last5 IS NULL AND test_error_min IS NULL"
        " AND train_loss_final IS NULL AND validation_error_final IS NULL AND value_final IS NULL"
        " AND value_mean_last5 IS NULL AND value_min IS NULL AND metrics IS NULL)",
        name="result",
    ),
    CheckConstraint("state <> 'failed' OR reason IS NOT NULL", name="failed"),
    _finite(
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
        "value_final",
        "value_mean_last5",
        "value_min",
    ),
    *_object("options"),
    *_object("metrics"),
    CheckConstraint("filled OR state IN ('waiting', 'cancelled')", name="filled"),
    CheckConstraint("filled = (options IS NOT NULL)", name="options"),
    # Everything a map needs of one study's trials, so that they are read from the index alone.
    Index(
        "ix_trial_map",
        "study_id",
        "superseded",
        "configuration_id",
        "seed",
        "state",
        "value_final",
        "value_mean_last5",
        "value_min",
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
    Column("resumed_from", Integer),  # the attempt whose epochs it goes on from
    Column("rule", Object),  # by which it stepped, and what its options came to
    CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
    *_object("rule"),
)

epoch = Table(
    "epoch",
    metadata,
    Column("trial_id", Integer, ForeignKey("trial.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("train_loss", Double),
    Column("test_error", Double),
    Column("test_error5", Double),
    Column("validation_error", Double),
    Column("validation_error5", Double),
    Column("lr", Double),
    Column("p", Double),
    Column("log10_v", Double),
    Column("seconds", Double, nullable=False),
    Column("metrics", Object),  # of tasks that have others than the columns above
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
    *_object("metrics"),
    sqlite_with_rowid=False,
)

VIEW = "basin_trials"
"""The view for people who write SQL. It is not called ``trials``: Optuna's table is, and may lie beside it."""

_VIEW = """CREATE VIEW {name} AS
SELECT study.name AS study, trial.arm, trial.number, configuration.number AS configuration, trial.seed,
       trial.generation, trial.superseded, trial.state, trial.attempt, trial.epochs, trial.optimizer, trial.options,
       {options},
       trial.value_final, trial.value_mean_last5, trial.value_min,
       trial.test_error_final, trial.test_error_mean_last5, trial.test_error_min,
       trial.validation_error_final, trial.validation_error_mean_last5, trial.validation_error_min,
       trial.train_loss_final, trial.metrics, trial.epochs_done, trial.diverged_epoch, trial.last_finite_loss,
       trial.errors, trial.reason, trial.seconds, trial.images_per_second,
       trial.created_at, trial.started_at, trial.finished_at,
       {facts}
FROM trial
JOIN study ON study.id = trial.study_id
JOIN configuration ON configuration.id = trial.configuration_id"""

_OPTION = {
    "sqlite": "json_extract(trial.options, '$.{name}') AS {name}",
    "postgresql": "CAST(trial.options ->> '{name}' AS double precision) AS {name}",
}

# Each is looked up on its own, and only where it is asked for.
_FACT = """(SELECT {value} FROM attempt
        WHERE attempt.trial_id = trial.id AND attempt.attempt = trial.attempt) AS {name}"""

_VALUE = {
    "sqlite": "json_extract(attempt.rule, '$.{name}')",
    "postgresql": "CAST(attempt.rule ->> '{name}' AS {type})",
}

_FACTS = {
    "rule": "text",
    "decay_per_step": "double precision",
    "weight_decay_norm": "double precision",
    "eps_at": "text",
    "total_steps": "bigint",
}


@event.listens_for(metadata, "after_create")
def _make_view(_: MetaData, connection: Connection, **__: Any) -> None:
    option, value = _OPTION[connection.dialect.name], _VALUE[connection.dialect.name]
    options = ", ".join(option.format(name=name) for name in ("lr", "p", "beta2", "weight_decay"))
    facts = {name: value.format(name=name, type=kind) for name, kind in _FACTS.items()} | {"facts": "attempt.rule"}
    facts_of = ",\n       ".join(_FACT.format(value=value, name=name) for name, value in facts.items())
    connection.exec_driver_sql(_VIEW.format(name=VIEW, options=options, facts=facts_of))


@event.listens_for(metadata, "before_drop")
def _drop_view(_: MetaData, connection: Connection, **__: Any) -> None:
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS {VIEW}")

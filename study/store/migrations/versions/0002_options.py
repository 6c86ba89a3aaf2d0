# ruff: noqa: S608 - whatever stands in a statement is a constant of this file, or a number
"""What a study varies becomes options, and what it measures becomes values: no longer columns of their own names."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from study.errors import SchemaError

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HYPERPARAMETERS = ("lr", "p", "beta1", "beta2", "eps", "momentum", "weight_decay")
STATISTICS = ("final", "mean_last5", "min")
TABLES = ("driver", "study", "configuration", "trial", "attempt", "epoch")

MAP = (
    "study_id", "superseded", "configuration_id", "seed", "state", "value_final", "value_mean_last5", "value_min",
)  # fmt: skip
RESULT = (
    "state = 'complete' OR (test_error_final IS NULL AND test_error_mean_last5 IS NULL AND test_error_min IS NULL"
    " AND train_loss_final IS NULL AND validation_error_final IS NULL AND value_final IS NULL"
    " AND value_mean_last5 IS NULL AND value_min IS NULL AND metrics IS NULL)"
)
FINITE = " AND ".join(
    f"({name} IS NULL OR {name} BETWEEN -1e300 AND 1e300)"
    for name in (
        "last_finite_loss",
        "train_loss_final",
        *(f"{split}_error_{statistic}" for split in ("test", "validation") for statistic in STATISTICS),
        "seconds",
        "images_per_second",
        *(f"value_{statistic}" for statistic in STATISTICS),
    )
)
EPOCH_FINITE = " AND ".join(
    f"({name} IS NULL OR {name} BETWEEN -1e300 AND 1e300)"
    for name in (
        "train_loss", "test_error", "test_error5", "validation_error", "validation_error5", "lr", "p", "log10_v",
        "seconds",
    )
)  # fmt: skip
TRIAL_CHECKS = {
    "complete_result": "state <> 'complete' OR value_final IS NOT NULL",
    "result": RESULT,
    "finite": FINITE,
    "options": "filled = (options IS NOT NULL)",
}
VIEW = """CREATE VIEW basin_trials AS
SELECT study.name AS study, trial.arm, trial.number, configuration.number AS configuration, trial.seed,
       trial.generation, trial.superseded, trial.state, trial.attempt, trial.epochs, trial.optimizer, trial.options,
       {options},
       trial.value_final, trial.value_mean_last5, trial.value_min,
       trial.test_error_final, trial.test_error_mean_last5, trial.test_error_min,
       trial.validation_error_final, trial.validation_error_mean_last5, trial.validation_error_min,
       trial.train_loss_final, trial.metrics, trial.epochs_done, trial.diverged_epoch, trial.last_finite_loss,
       trial.errors, trial.reason, trial.seconds, trial.images_per_second,
       trial.created_at, trial.started_at, trial.finished_at
FROM trial
JOIN study ON study.id = trial.study_id
JOIN configuration ON configuration.id = trial.configuration_id"""


def upgrade() -> None:
    """Rebuild what changes, fill what is new from what was there, and see that nothing is lost."""
    connection = op.get_bind()
    before = _measured(connection, _options_of_columns)
    validated = _studies_judged_by_validation(connection)
    for column in (
        sa.Column("identity", sa.Text()),
        sa.Column("identity_version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("declarations", sa.Text()),
        sa.Column("submitted_at", sa.Double()),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
    ):
        op.add_column("study", column)
    op.add_column("attempt", sa.Column("resumed_from", sa.Integer()))
    if connection.dialect.name == "sqlite":
        _rebuild(connection, validated)
        option = "json_extract(trial.options, '$.{name}') AS {name}"
    else:
        _alter(connection, validated)
        option = "CAST(trial.options ->> '{name}' AS double precision) AS {name}"
    op.create_index("ix_trial_map", "trial", list(MAP))
    options = ", ".join(option.format(name=name) for name in ("lr", "p", "beta2", "weight_decay"))
    connection.exec_driver_sql(VIEW.format(options=options))
    after = _measured(connection, _options_of_objects)
    lost = [f"{name} ({before[name]} before, {after[name]} after)" for name in before if before[name] != after[name]]
    if lost:
        raise SchemaError(
            f"the upgrade must keep everything, and would change the {'; the '.join(lost)}; nothing was written. "
            "Keep a copy of the store and go on with the release that made it"
        )


def _measured(connection: sa.Connection, options: Callable[[sa.Connection], int]) -> dict[str, float]:
    """Return what must be the same before and after, by what it is."""
    errors = connection.execute(sa.text("SELECT test_error_final FROM trial WHERE test_error_final IS NOT NULL"))
    measured = {
        f"rows of table {table}": connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
        for table in TABLES
    } | {
        "sum of the final test errors": math.fsum(errors.scalars()),  # exact, in whichever order they come
        "hyperparameters of the trials": options(connection),
    }
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        measured["rows that refer to none"] = len(dangling)
    return measured


def _options_of_columns(connection: sa.Connection) -> int:
    counted = " + ".join(f"count({name})" for name in HYPERPARAMETERS)
    return int(connection.exec_driver_sql(f"SELECT {counted} FROM trial").scalar_one())


def _options_of_objects(connection: sa.Connection) -> int:
    each = "json_each(options)" if connection.dialect.name == "sqlite" else "jsonb_object_keys(options)"
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM trial, {each}").scalar_one())


def _studies_judged_by_validation(connection: sa.Connection) -> list[int]:
    """Return the studies whose objective is the validation error; one that cannot be read has the default."""
    found = []
    for row in connection.exec_driver_sql("SELECT id, document FROM study ORDER BY id").all():
        try:
            split = json.loads(row.document)["objective"]["split"]
        except (ValueError, TypeError, LookupError, RecursionError):
            continue
        if split == "validation":
            found.append(row.id)
    return found


def _values(validated: list[int]) -> str:
    """Return the expressions of the three values of a trial."""
    studies = ", ".join(map(str, validated)) or "NULL"
    return ", ".join(
        f"CASE WHEN state <> 'complete' THEN NULL WHEN study_id IN ({studies}) THEN validation_error_{statistic} "
        f"ELSE test_error_{statistic} END"
        for statistic in STATISTICS
    )


def _objects(name: str, dialect: str) -> str:
    if dialect == "sqlite":
        return f"{name} IS NULL OR CASE WHEN json_valid({name}) THEN json_type({name}) = 'object' ELSE 0 END"
    return f"{name} IS NULL OR jsonb_typeof({name}) = 'object'"


def _alter(connection: sa.Connection, validated: list[int]) -> None:
    """Change the tables where they are, as PostgreSQL does within a transaction."""
    for table in ("configuration", "trial"):
        op.add_column(table, _arm())
    for key in ("number", "key"):
        op.drop_constraint(f"uq_configuration_study_id_{key}", "configuration")
        op.create_unique_constraint(f"uq_configuration_study_id_arm_{key}", "configuration", ["study_id", "arm", key])
    op.add_column("trial", sa.Column("options", JSONB()))
    for statistic in STATISTICS:
        op.add_column("trial", sa.Column(f"value_{statistic}", sa.Double()))
    op.add_column("trial", sa.Column("metrics", JSONB()))
    given = ", ".join(f"'{name}', {name}" for name in HYPERPARAMETERS)
    targets = ", ".join(f"value_{statistic}" for statistic in STATISTICS)
    connection.exec_driver_sql(
        f"UPDATE trial SET options = CASE WHEN filled THEN jsonb_strip_nulls(jsonb_build_object({given})) END, "
        f"({targets}) = ROW({_values(validated)})"
    )
    op.drop_index("ix_trial_map", "trial")
    for name in ("complete_result", "result", "finite"):
        op.drop_constraint(f"ck_trial_{name}", "trial")
    for name in HYPERPARAMETERS:
        op.drop_column("trial", name)
    objects = {f"{name}_object": _objects(name, "postgresql") for name in ("options", "metrics")}
    for name, condition in (TRIAL_CHECKS | objects).items():
        op.create_check_constraint(op.f(f"ck_trial_{name}"), "trial", condition)
    op.alter_column("trial", "optimizer", nullable=True)
    for name in ("train_loss", "test_error", "test_error5", "lr"):
        op.alter_column("epoch", name, nullable=True)
    op.add_column("epoch", sa.Column("metrics", JSONB()))
    op.create_check_constraint(op.f("ck_epoch_metrics_object"), "epoch", _objects("metrics", "postgresql"))


def _rebuild(connection: sa.Connection, validated: list[int]) -> None:
    """Put new tables in the place of the old ones, as SQLite needs it; foreign keys must be off."""
    bare: Any = connection.connection.driver_connection
    bare.create_function("basin_options", len(HYPERPARAMETERS), _as_object, deterministic=True)
    op.create_table("configuration_0002", *_configuration())
    _replace(connection, "configuration", {"arm": "'base'"})
    op.create_table("trial_0002", *_trial())
    new = {
        "arm": "'base'",
        "options": f"CASE WHEN filled THEN basin_options({', '.join(HYPERPARAMETERS)}) END",
        ", ".join(f"value_{statistic}" for statistic in STATISTICS): _values(validated),
    }
    _replace(connection, "trial", new)
    op.create_index("ix_trial_claim", "trial", ["study_id", "state", "filled", "number"])
    op.create_index("ix_trial_held", "trial", ["driver_id"], sqlite_where=sa.text("state = 'running'"))
    op.create_table("epoch_0002", *_epoch(), sqlite_with_rowid=False)
    _replace(connection, "epoch", {})


def _replace(connection: sa.Connection, table: str, new: dict[str, str]) -> None:
    """Copy a table into the new one, with what is new in it, and give that its name."""
    kept = [row.name for row in connection.exec_driver_sql(f"PRAGMA table_info({table})").all()]
    names = ", ".join(name for name in kept if name not in HYPERPARAMETERS or table == "epoch")
    columns, values = ", ".join((names, *new)), ", ".join((names, *new.values()))
    connection.exec_driver_sql(
        f"INSERT INTO {table}_0002 ({columns}) SELECT {values} FROM {table} ORDER BY "
        + ("trial_id, attempt, epoch" if table == "epoch" else "id")
    )
    op.drop_table(table)
    op.rename_table(f"{table}_0002", table)


def _as_object(*values: float | None) -> str:
    """Return the hyperparameters that apply as JSON, each to its last digit."""
    found = zip(HYPERPARAMETERS, values, strict=True)
    return json.dumps({name: value for name, value in found if value is not None}, allow_nan=False)


def _arm() -> sa.Column[str]:
    return sa.Column("arm", sa.Text(), server_default=sa.text("'base'"), nullable=False)


def _configuration() -> tuple[Any, ...]:
    return (
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("hyperparameters", sa.Text()),
        _arm(),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_configuration_study_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration")),
        sa.UniqueConstraint("study_id", "arm", "number", name=op.f("uq_configuration_study_id_arm_number")),
        sa.UniqueConstraint("study_id", "arm", "key", name=op.f("uq_configuration_study_id_arm_key")),
    )


def _trial() -> tuple[Any, ...]:
    checks = TRIAL_CHECKS | {
        "state": "state IN ('waiting', 'running', 'complete', 'diverged', 'failed', 'cancelled')",
        "driver": "(state = 'running') = (driver_id IS NOT NULL)",
        "lease": "(state = 'running') = (lease_until IS NOT NULL)",
        "finished": "(state IN ('waiting', 'running')) = (finished_at IS NULL)",
        "diverged": "(state = 'diverged') = (diverged_epoch IS NOT NULL)",
        "complete_budget": "state <> 'complete' OR epochs_done = epochs",
        "failed": "state <> 'failed' OR reason IS NOT NULL",
        "filled": "filled OR state IN ('waiting', 'cancelled')",
        "options_object": _objects("options", "sqlite"),
        "metrics_object": _objects("metrics", "sqlite"),
    }
    none = sa.text("0")
    return (
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("configuration_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("epochs", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), server_default=none, nullable=False),
        sa.Column("superseded", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("filled", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=none, nullable=False),
        sa.Column("driver_id", sa.Text()),
        sa.Column("lease_until", sa.Double()),
        sa.Column("progress_until", sa.Double()),
        sa.Column("errors", sa.Integer(), server_default=none, nullable=False),
        sa.Column("expiries", sa.Integer(), server_default=none, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double()),
        sa.Column("finished_at", sa.Double()),
        sa.Column("optimizer", sa.Text()),
        sa.Column("epochs_done", sa.Integer(), server_default=none, nullable=False),
        sa.Column("diverged_epoch", sa.Integer()),
        sa.Column("last_finite_loss", sa.Double()),
        sa.Column("train_loss_final", sa.Double()),
        *(
            sa.Column(f"{split}_error_{statistic}", sa.Double())
            for split in ("test", "validation")
            for statistic in STATISTICS
        ),
        sa.Column("seconds", sa.Double()),
        sa.Column("images_per_second", sa.Double()),
        _arm(),
        sa.Column("options", sa.Text()),
        *(sa.Column(f"value_{statistic}", sa.Double()) for statistic in STATISTICS),
        sa.Column("metrics", sa.Text()),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_trial_{name}")) for name, condition in checks.items()),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_trial_study_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["configuration_id"], ["configuration.id"], name=op.f("fk_trial_configuration_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_trial_driver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
        sa.UniqueConstraint("study_id", "number", name=op.f("uq_trial_study_id_number")),
        sa.UniqueConstraint(
            "configuration_id",
            "seed",
            "epochs",
            "generation",
            name=op.f("uq_trial_configuration_id_seed_epochs_generation"),
        ),
    )


def _epoch() -> tuple[Any, ...]:
    return (
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("train_loss", sa.Double()),
        sa.Column("test_error", sa.Double()),
        sa.Column("test_error5", sa.Double()),
        sa.Column("validation_error", sa.Double()),
        sa.Column("validation_error5", sa.Double()),
        sa.Column("lr", sa.Double()),
        sa.Column("p", sa.Double()),
        sa.Column("log10_v", sa.Double()),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("metrics", sa.Text()),
        sa.CheckConstraint(EPOCH_FINITE, name=op.f("ck_epoch_finite")),
        sa.CheckConstraint(_objects("metrics", "sqlite"), name=op.f("ck_epoch_metrics_object")),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name=op.f("fk_epoch_trial_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trial_id", "attempt", "epoch", name=op.f("pk_epoch")),
    )

"""An attempt keeps by which rule it stepped, and what its options came to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

VIEW = """VIEW basin_trials AS
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

FACT = """(SELECT {value} FROM attempt
        WHERE attempt.trial_id = trial.id AND attempt.attempt = trial.attempt) AS {name}"""
FACTS = {
    "rule": "text",
    "decay_per_step": "double precision",
    "weight_decay_norm": "double precision",
    "eps_at": "text",
    "total_steps": "bigint",
}
OBJECT = {
    "sqlite": "rule IS NULL OR CASE WHEN json_valid(rule) THEN json_type(rule) = 'object' ELSE 0 END",
    "postgresql": "rule IS NULL OR jsonb_typeof(rule) = 'object'",
}


def upgrade() -> None:
    """Add the column, empty, and show it in the view; nothing that is there changes."""
    connection = op.get_bind()
    check = OBJECT[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP VIEW basin_trials")
        statement = f"ALTER TABLE attempt ADD COLUMN rule TEXT CONSTRAINT ck_attempt_rule_object CHECK ({check})"
        connection.exec_driver_sql(statement)
        option, value = "json_extract(trial.options, '$.{name}') AS {name}", "json_extract(attempt.rule, '$.{name}')"
        verb = "CREATE"
    else:
        op.add_column("attempt", sa.Column("rule", JSONB()))
        op.create_check_constraint(op.f("ck_attempt_rule_object"), "attempt", check)
        option = "CAST(trial.options ->> '{name}' AS double precision) AS {name}"
        value, verb = "CAST(attempt.rule ->> '{name}' AS {type})", "CREATE OR REPLACE"  # who may read it still may
    options = ", ".join(option.format(name=name) for name in ("lr", "p", "beta2", "weight_decay"))
    facts = {name: value.format(name=name, type=kind) for name, kind in FACTS.items()} | {"facts": "attempt.rule"}
    shown = ",\n       ".join(FACT.format(value=value, name=name) for name, value in facts.items())
    connection.exec_driver_sql(f"{verb} {VIEW.format(options=options, facts=shown)}")

"""Make every table."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "driver",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Double(), nullable=False),
        sa.Column("registered_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver")),
    )
    op.create_table(
        "study",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("cancelled_at", sa.Double(), nullable=True),
        sa.Column("proposer", sa.Text(), nullable=True),
        sa.Column("proposer_until", sa.Double(), nullable=True),
        sa.Column("proposer_term", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["proposer"], ["driver.id"], name=op.f("fk_study_proposer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("name", name=op.f("uq_study_name")),
    )
    op.create_table(
        "configuration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("hyperparameters", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_configuration_study_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration")),
        sa.UniqueConstraint("study_id", "key", name=op.f("uq_configuration_study_id_key")),
        sa.UniqueConstraint("study_id", "number", name=op.f("uq_configuration_study_id_number")),
    )
    op.create_table(
        "trial",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("configuration_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("epochs", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("superseded", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("filled", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("driver_id", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("progress_until", sa.Double(), nullable=True),
        sa.Column("errors", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("expiries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("optimizer", sa.Text(), nullable=False),
        sa.Column("lr", sa.Double(), nullable=True),
        sa.Column("p", sa.Double(), nullable=True),
        sa.Column("beta1", sa.Double(), nullable=True),
        sa.Column("beta2", sa.Double(), nullable=True),
        sa.Column("eps", sa.Double(), nullable=True),
        sa.Column("momentum", sa.Double(), nullable=True),
        sa.Column("weight_decay", sa.Double(), nullable=True),
        sa.Column("epochs_done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("diverged_epoch", sa.Integer(), nullable=True),
        sa.Column("last_finite_loss", sa.Double(), nullable=True),
        sa.Column("train_loss_final", sa.Double(), nullable=True),
        sa.Column("test_error_final", sa.Double(), nullable=True),
        sa.Column("test_error_mean_last5", sa.Double(), nullable=True),
        sa.Column("test_error_min", sa.Double(), nullable=True),
        sa.Column("validation_error_final", sa.Double(), nullable=True),
        sa.Column("validation_error_mean_last5", sa.Double(), nullable=True),
        sa.Column("validation_error_min", sa.Double(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("images_per_second", sa.Double(), nullable=True),
        sa.CheckConstraint("(state = 'diverged') = (diverged_epoch IS NOT NULL)", name=op.f("ck_trial_diverged")),
        sa.CheckConstraint("(state = 'running') = (driver_id IS NOT NULL)", name=op.f("ck_trial_driver")),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_trial_lease")),
        sa.CheckConstraint(
            "(state IN ('waiting', 'running')) = (finished_at IS NULL)", name=op.f("ck_trial_finished")
        ),
        sa.CheckConstraint("filled OR state IN ('waiting', 'cancelled')", name=op.f("ck_trial_filled")),
        sa.CheckConstraint("state <> 'complete' OR epochs_done = epochs", name=op.f("ck_trial_complete_budget")),
        sa.CheckConstraint(
            "state <> 'complete' OR test_error_final IS NOT NULL", name=op.f("ck_trial_complete_result")
        ),
        sa.CheckConstraint("state <> 'failed' OR reason IS NOT NULL", name=op.f("ck_trial_failed")),
        sa.CheckConstraint(
            "state = 'complete' OR (test_error_final IS NULL AND test_error_mean_last5 IS NULL AND test_error_min IS NULL AND train_loss_final IS NULL AND validation_error_final IS NULL)",
            name=op.f("ck_trial_result"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'complete', 'diverged', 'failed', 'cancelled')",
            name=op.f("ck_trial_state"),
        ),
        sa.CheckConstraint(
            "(lr IS NULL OR lr BETWEEN -1e300 AND 1e300) AND (p IS NULL OR p BETWEEN -1e300 AND 1e300) AND (beta1 IS NULL OR beta1 BETWEEN -1e300 AND 1e300) AND (beta2 IS NULL OR beta2 BETWEEN -1e300 AND 1e300) AND (eps IS NULL OR eps BETWEEN -1e300 AND 1e300) AND (momentum IS NULL OR momentum BETWEEN -1e300 AND 1e300) AND (weight_decay IS NULL OR weight_decay BETWEEN -1e300 AND 1e300) AND (last_finite_loss IS NULL OR last_finite_loss BETWEEN -1e300 AND 1e300) AND (train_loss_final IS NULL OR train_loss_final BETWEEN -1e300 AND 1e300) AND (test_error_final IS NULL OR test_error_final BETWEEN -1e300 AND 1e300) AND (test_error_mean_last5 IS NULL OR test_error_mean_last5 BETWEEN -1e300 AND 1e300) AND (test_error_min IS NULL OR test_error_min BETWEEN -1e300 AND 1e300) AND (validation_error_final IS NULL OR validation_error_final BETWEEN -1e300 AND 1e300) AND (validation_error_mean_last5 IS NULL OR validation_error_mean_last5 BETWEEN -1e300 AND 1e300) AND (validation_error_min IS NULL OR validation_error_min BETWEEN -1e300 AND 1e300) AND (seconds IS NULL OR seconds BETWEEN -1e300 AND 1e300) AND (images_per_second IS NULL OR images_per_second BETWEEN -1e300 AND 1e300)",
            name=op.f("ck_trial_finite"),
        ),
        sa.ForeignKeyConstraint(
            ["configuration_id"], ["configuration.id"], name=op.f("fk_trial_configuration_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_trial_driver_id")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_trial_study_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
        sa.UniqueConstraint(
            "configuration_id",
            "seed",
            "epochs",
            "generation",
            name=op.f("uq_trial_configuration_id_seed_epochs_generation"),
        ),
        sa.UniqueConstraint("study_id", "number", name=op.f("uq_trial_study_id_number")),
    )
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.create_index("ix_trial_claim", ["study_id", "state", "filled", "number"], unique=False)
        batch_op.create_index(
            "ix_trial_held",
            ["driver_id"],
            unique=False,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.create_index(
            "ix_trial_map",
            [
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
            ],
            unique=False,
        )

    op.create_table(
        "attempt",
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("driver_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("libraries", sa.Text(), nullable=True),
        sa.Column("code_version", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("images_per_second", sa.Double(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name=op.f("ck_attempt_ended")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_attempt_driver_id")),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name=op.f("fk_attempt_trial_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trial_id", "attempt", name=op.f("pk_attempt")),
    )
    op.create_table(
        "epoch",
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("train_loss", sa.Double(), nullable=False),
        sa.Column("test_error", sa.Double(), nullable=False),
        sa.Column("test_error5", sa.Double(), nullable=False),
        sa.Column("validation_error", sa.Double(), nullable=True),
        sa.Column("validation_error5", sa.Double(), nullable=True),
        sa.Column("lr", sa.Double(), nullable=False),
        sa.Column("p", sa.Double(), nullable=True),
        sa.Column("log10_v", sa.Double(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "(train_loss IS NULL OR train_loss BETWEEN -1e300 AND 1e300) AND (test_error IS NULL OR test_error BETWEEN -1e300 AND 1e300) AND (test_error5 IS NULL OR test_error5 BETWEEN -1e300 AND 1e300) AND (validation_error IS NULL OR validation_error BETWEEN -1e300 AND 1e300) AND (validation_error5 IS NULL OR validation_error5 BETWEEN -1e300 AND 1e300) AND (lr IS NULL OR lr BETWEEN -1e300 AND 1e300) AND (p IS NULL OR p BETWEEN -1e300 AND 1e300) AND (log10_v IS NULL OR log10_v BETWEEN -1e300 AND 1e300) AND (seconds IS NULL OR seconds BETWEEN -1e300 AND 1e300)",
            name=op.f("ck_epoch_finite"),
        ),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name=op.f("fk_epoch_trial_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trial_id", "attempt", "epoch", name=op.f("pk_epoch")),
        sqlite_with_rowid=False,
    )

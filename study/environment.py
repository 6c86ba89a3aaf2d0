"""What Ray reads from the environment; to be set before Ray is imported."""

from __future__ import annotations

import os
import secrets

RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # last words of processes; a sentence follows
    "RAY_DISABLE_FAILURE_SIGNAL_HANDLER": "1",  # it would abort a driver that is asked to end
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_FORCE_TRIAL_CLEANUP_S": "2",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",
    "TUNE_STATE_REFRESH_PERIOD": "1000000000",  # asking a head that is gone takes for ever
    "TUNE_WARN_THRESHOLD_S": "60",
}
"""No telemetry, no loggers, no snapshots, unless the user has set it otherwise."""


def prepare(*, local: bool) -> None:
    """Set the variables that are not set.

    Parameters
    ----------
    local
        A cluster will be started on this machine. It is closed to everybody who does not hold its token, which is
        new each time and never on disk.
    """
    for name, value in RAY.items():
        os.environ.setdefault(name, value)
    if local and not any(name in os.environ for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")):
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}

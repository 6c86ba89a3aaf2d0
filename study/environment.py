"""What Ray reads from the environment; to be set before Ray is imported."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from search_spaces.errors import shown
from study.errors import UsageError

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

AUTHENTICATION = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
"""How a process proves to a cluster that it may join."""

NUMBERS: dict[str, type] = {
    "TUNE_MAX_PENDING_TRIALS_PG": int,
    "TUNE_MAX_LEN_IDENTIFIER": int,
    "TUNE_PRINT_ALL_TRIAL_ERRORS": int,
    "TUNE_RESULT_BUFFER_LENGTH": int,
    "TUNE_RESULT_BUFFER_MIN_TIME_S": float,
    "TUNE_FORCE_TRIAL_CLEANUP_S": float,
    "TUNE_GLOBAL_CHECKPOINT_S": float,
    "TUNE_WARN_THRESHOLD_S": float,
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": float,
}
"""Variables of Ray Tune that are numbers; the first one may also be ``auto``."""


def prepare(*, local: bool) -> None:
    """Set the variables that are not set, and close the cluster that will be started here.

    Parameters
    ----------
    local
        A cluster will be started on this machine. It listens on every interface and is closed to everybody who does
        not hold its token, which is new each time and never on disk. A cluster elsewhere has its own rules, and what
        the user has set for it stays.

    Raises
    ------
    UsageError
        A variable of Ray Tune is no number, or a cluster of this machine was to go without a token: whoever reached
        it could run code as its user.
    """
    _check_numbers()
    if local:
        _close()
    for name, value in RAY.items():
        os.environ.setdefault(name, value)


@contextmanager
def restored() -> Iterator[None]:
    """Have what :func:`prepare` sets end with the block: the process goes on, with clusters of its own perhaps."""
    before = {name: os.environ.get(name) for name in (*RAY, *AUTHENTICATION)}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _check_numbers() -> None:
    """Refuse what Ray Tune could not read as a number, in the midst of a drive."""
    for name, kind in NUMBERS.items():
        text = os.environ.get(name)
        if text is None or (name, text) == ("TUNE_MAX_PENDING_TRIALS_PG", "auto"):
            continue
        try:
            kind(text)
        except ValueError:
            what = "a whole number" if kind is int else "a number"
            raise UsageError(f"{name} must be {what}, got {shown(text)}; mend it, or unset it") from None


def _close() -> None:
    mode = os.environ.get("RAY_AUTH_MODE", "")
    # Ray takes every word but "token" for "no token", misspelt ones and none at all included.
    if mode.lower() not in {"", "token"}:
        raise UsageError(
            f"RAY_AUTH_MODE must be token or not set where Basin starts a cluster, got {shown(mode)}: without it "
            "whoever reaches this machine could run code on it; unset RAY_AUTH_MODE, or name a cluster with --address"
        )
    os.environ.pop("RAY_AUTH_TOKEN_PATH", None)
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}

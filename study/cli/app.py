"""The application: its commands, and how their errors reach a person."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from pathlib import Path

import typer

from search_spaces.errors import BasinError
from study.cli import database, grow, maintain, read, report, run_study
from study.cli.output import lines

OUTPUT_ERRORS = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF))
"""What a write can meet that its user has to mend."""

app = typer.Typer(
    name="basin",
    help="Hyperparameter-sensitivity studies of neural-network training: launch, keep, map.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # or what stands in brackets is markup, and gone from the help
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("presets")(read.presets)
app.command("run")(run_study.run)
app.command("studies")(read.studies)
app.command("show")(read.show)
app.command("trials")(read.trials)
app.command("report")(report.report)
app.command("curves")(read.curves)
app.command("extend")(grow.extend)
app.command("retry")(grow.retry)
app.command("cancel")(maintain.cancel)
app.command("reap")(maintain.reap)
app.add_typer(database.db, name="db")


@app.callback()
def _basin() -> None:
    """Hyperparameter-sensitivity studies of neural-network training: launch, keep, map."""


def run(arguments: list[str] | None = None) -> None:
    """Run the command line; errors a user can cause end in one message and their exit code."""
    _prepare_output()
    try:
        code = _ended(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # who read along has read enough; Typer leaves a command with the same code
        _drop_output()
        code = 1
    except OSError as error:
        if error.errno not in OUTPUT_ERRORS or error.filename is not None:
            raise
        _drop_output()
        typer.echo(f"basin: the output cannot be written: {error.strerror or error}", err=True)
        code = 1
    sys.exit(code)


def _ended(arguments: list[str] | None) -> int:
    """Run a command and return its exit code."""
    try:
        app(args=arguments)
    except BasinError as error:
        typer.echo(lines(f"basin: {error}"), err=True)  # of a store, which may come from anywhere, or of a file
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo("basin: interrupted", err=True)
        return 130
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _prepare_output() -> None:
    """Let every character through, escaped where the terminal has none for it, and bear a closed output."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Keep the interpreter from writing at its end what could not be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

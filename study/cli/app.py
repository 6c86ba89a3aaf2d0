"""The application: its commands, and how their errors reach a person."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from search_spaces.errors import BasinError
from search_spaces.exits import Exit
from study.cli import (
    analyze,
    claims,
    compare,
    database,
    declared,
    exporting,
    grow,
    importing,
    maintain,
    read,
    report,
    run_study,
)
from study.errors import UsageError
from study.interruption import hear_no_more
from study.words import lines

OUTPUT_ERRORS = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF))
"""What a write can meet that its user has to mend."""


class Interrupted(BaseException):
    """The user wants an end: Ctrl-C, or Ctrl-D at a question."""


class Commands(TyperGroup):
    """The commands; Typer would end one that is interrupted without a word, or with another code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, typer.Abort):
            raise Interrupted from None


app = typer.Typer(
    name="basin",
    cls=Commands,
    epilog=Exit.listed(),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # or what stands in brackets is markup, and gone from the help
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("presets")(read.presets)
app.command("run")(run_study.run)
app.command("studies")(read.studies)
app.command("show")(read.show)
app.command("trials")(read.trials)
app.command("curves")(read.curves)
app.command("report")(report.report)
app.command("compare")(compare.compare)
app.command("analyze")(analyze.analyze)
app.command("claims")(claims.claims)
app.command("export")(exporting.export)
app.command("extend")(grow.extend)
app.command("retry")(grow.retry)
app.command("cancel")(maintain.cancel)
app.command("delete")(maintain.delete)
app.command("reap")(maintain.reap)
app.command("optimizers")(declared.optimizers)
app.command("networks")(declared.networks)
app.command("datasets")(declared.datasets)
app.command("schedules")(declared.schedules)
app.command("tasks")(declared.tasks)
app.add_typer(database.db, name="db")
app.add_typer(importing.importing, name="import")


def _tell_version(wanted: bool) -> None:
    if wanted:
        from workers.provenance import code_version  # noqa: PLC0415

        typer.echo(f"basin {code_version()}")
        raise typer.Exit


@app.callback()
def _basin(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print version and hash of the code.", callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    """Hyperparameter-sensitivity studies of neural-network training: launch, keep, map.

    A study is a YAML file, or one of `basin presets`: `basin run SPEC` trains it, `basin show STUDY` and
    `basin trials STUDY` tell what became of it, `basin report STUDY --out DIR` draws it. Everything is kept in one
    store: basin.db in the working directory, unless --store or BASIN_STORE names another.
    """


def run(arguments: list[str] | None = None) -> None:
    """Run the command line; errors a user can cause end in one message and their exit code."""
    _prepare_output()
    code: int
    try:
        code = _ended(arguments)
        sys.stdout.flush()
    except (KeyboardInterrupt, Interrupted):
        hear_no_more()
        _drop_output()  # what is still to be written may wait for a reader that never comes
        typer.echo("basin: interrupted", err=True)
        code = Exit.INTERRUPTED
    except BrokenPipeError:  # who read along has read enough; Typer leaves a command with the same code
        _drop_output()
        code = Exit.FAILED
    except OSError as error:
        if error.errno not in OUTPUT_ERRORS or error.filename is not None:
            raise
        _drop_output()
        typer.echo(f"basin: the output cannot be written: {error.strerror or error}", err=True)
        code = Exit.FAILED
    sys.exit(code)


def _ended(arguments: list[str] | None) -> int:
    """Run a command and return its exit code."""
    try:
        _check_working_directory()
        app(args=arguments)
    except BasinError as error:
        typer.echo(lines(f"basin: {error}"), err=True)  # of a store, which may come from anywhere, or of a file
        return error.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return Exit.DONE


def _check_working_directory() -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(f"the working directory must exist: {error.strerror}; change into another one") from None


def _prepare_output() -> None:
    """Let every character through, escaped where the terminal has none for it, and bear a closed output."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Keep the interpreter from writing at its end what could not be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

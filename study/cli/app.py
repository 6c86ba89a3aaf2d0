"""The application: its commands, and how their errors reach a person."""

from __future__ import annotations

import sys

import typer

from search_spaces.errors import BasinError
from study.cli import database, grow, maintain, read, report, run_study

app = typer.Typer(
    name="basin",
    help="Hyperparameter-sensitivity studies of neural-network training: launch, keep, map.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
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
    try:
        app(args=arguments)
    except BasinError as error:
        typer.echo(f"basin: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except KeyboardInterrupt:
        typer.echo("basin: interrupted", err=True)
        sys.exit(130)

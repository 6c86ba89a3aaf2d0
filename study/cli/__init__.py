"""The command line: one module a group of commands. Nothing heavy is imported before a command needs it."""

from __future__ import annotations


def main() -> None:
    """Run ``basin``."""
    from study.cli.app import run  # noqa: PLC0415 - the entry point itself costs nothing

    run()

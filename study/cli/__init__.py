"""The command line: one module a group of commands. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import sys


def main() -> None:
    """Run ``basin``; Ctrl-C before it has begun is answered as at any other moment."""
    try:
        from study.cli.app import run  # noqa: PLC0415 - the entry point itself costs nothing

        run()
    except KeyboardInterrupt:
        sys.stderr.write("basin: interrupted\n")
        sys.exit(130)

"""The command line: one module a group of commands. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run ``basin``; Ctrl-C before it has begun is answered as at any other moment."""
    try:
        _occupy_standard_streams()
        from study.secrecy import conceal  # noqa: PLC0415 - the entry point itself costs nothing

        arguments = conceal()
        from study.cli.app import run  # noqa: PLC0415

        run(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("basin: interrupted\n")
        sys.exit(130)


def _occupy_standard_streams() -> None:
    """Open what the caller has closed: the next file of ours would get its number, and what is written there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)

"""The command line: one module a group of commands. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import contextlib
import os
import sys

from search_spaces.exits import Exit


def main() -> None:
    """Run ``basin``; Ctrl-C before it has begun is answered as at any other moment."""
    _occupy_standard_streams()
    from study.interruption import hear_no_more, is_left_behind  # noqa: PLC0415 - the entry point costs nothing
    from study.secrecy import conceal  # noqa: PLC0415

    code: int | str | None = Exit.INTERRUPTED
    try:
        arguments = conceal()
        from study.cli.app import run  # noqa: PLC0415

        run(arguments)
    except KeyboardInterrupt:
        hear_no_more()
        sys.stderr.write("basin: interrupted\n")
    except SystemExit as end:
        code = end.code
    if is_left_behind():  # the interpreter would wait for it
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code if isinstance(code, int) else Exit.FAILED)
    sys.exit(code)


def _occupy_standard_streams() -> None:
    """Open what the caller has closed: the next file of ours would get its number, and what is written there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)

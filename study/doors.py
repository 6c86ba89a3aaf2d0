"""Doors: whether anybody listens at the address of a Ray cluster, asked before Ray, which would wait for ever."""

from __future__ import annotations

import re
import socket

KNOCK_SECONDS = 10.0
"""How long the head of a cluster may take to accept a connection."""

CLIENT_PORT = 10001
"""Where a Ray client server listens unless it is told otherwise."""

ADDRESS = re.compile(
    r"(?P<client>ray://)?(?:\[(?P<six>[0-9a-fA-F:.%]+)\]|(?P<host>[^\s:/\[\]]+))(?::(?P<port>\d{1,5}))?/?"
)


def door_of(address: str) -> tuple[str, int] | None:
    """Return host and port of ``host:port`` or ``ray://host[:port]``; None where Ray finds out, as of ``auto``."""
    found = ADDRESS.fullmatch(address)
    if found is None or (found["client"] is None and found["port"] is None):
        return None
    return found["six"] or found["host"], int(found["port"] or CLIENT_PORT)


def knock(address: str, seconds: float = KNOCK_SECONDS) -> None:
    """See to it that somebody listens at an address that names a host.

    Raises
    ------
    OSError
        Nobody does, or not within so many seconds.
    """
    door = door_of(address)
    if door is not None:
        try:
            socket.create_connection(door, timeout=seconds).close()
        except (OverflowError, UnicodeError) as error:  # no port, or no name of a host, of this world
            raise OSError(str(error)) from error

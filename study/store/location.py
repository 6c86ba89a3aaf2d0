"""Where the store lies: a file name or a database URL, checked before anything is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from search_spaces.errors import printable, shown
from study import secrecy
from study.errors import StoreUnreachableError, UsageError

NETWORK_FILESYSTEMS = frozenset(
    (
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "lustre",
        "ceph",
        "gpfs",
        "beegfs",
        "glusterfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "afs",
    )
)


def parse_location(text: str) -> URL:
    """Return the database URL that a file name or URL stands for.

    Raises
    ------
    UsageError
        The text names no database Basin can use.
    StoreUnreachableError
        An SQLite file would lie in no folder, or on a network filesystem.
    """
    scheme = re.match(r"\w+\+?\w*:/?", text) and not re.match(r"[A-Za-z]:[\\/]", text)
    if "://" not in text and (scheme or re.search(r"\bpassword\s*=", text)):
        raise UsageError("the store must be a file name or a database URL with ://; what was given is neither")
    if "://" not in text:
        return _sqlite(Path(text))
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError, NoSuchModuleError):
        # The text is not shown: what cannot be read may hold a password anywhere.
        raise UsageError(
            "the store must be a file name or a database URL such as postgresql://user:password@host:5432/name; "
            "what was given cannot be read"
        ) from None
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise UsageError("an SQLite store must be a file, such as sqlite:///basin.db; one in memory is lost")
        if url.query:
            raise UsageError(f"an SQLite store takes no options, got {', '.join(map(shown, url.query))}")
        return _sqlite(Path(url.database))
    if backend == "postgresql":
        if text.count("@") > 1:
            # What follows the first one would be taken for a host: resolved, and shown.
            raise UsageError(
                "the store's URL must hold one @, before the host; write %40 for any other, such as one in a password"
            )
        # The driver connects again and again, and nothing that it starts may inherit the variable.
        if not url.password and "password" not in url.query:
            url = url.set(password=secrecy.variables().get("PGPASSWORD"))
        _check_words(url)
        return url.set(drivername="postgresql+psycopg")
    raise UsageError(f"the store must be SQLite or PostgreSQL, got {shown(backend)}")


def _check_words(url: URL) -> None:
    """See to it that a server can be told every part of its URL, and that its hosts can be looked up."""
    query = url.normalized_query
    hosts = ",".join((url.host or "", *query.get("host", ()))).split(",")
    words = (url.username, url.password, url.database, *hosts, *chain.from_iterable(query.values()))
    try:
        told = b"\0" not in "".join(word or "" for word in words).encode()
    except UnicodeEncodeError:
        told = False
    if not told:
        raise UsageError("the store's URL must be text in UTF-8 without NUL; what was given is not")
    for host in hosts:
        try:
            if not host.startswith(("/", "@")):  # a socket
                host.encode("idna")
        except UnicodeError:
            raise UsageError(
                f"the store's URL must name hosts whose parts have 1 to 63 characters, got {shown(host)}"
            ) from None


def _sqlite(path: Path) -> URL:
    try:
        path = path.expanduser().absolute()
    except (OSError, RuntimeError) as error:  # the home of nobody, a working directory that is gone
        raise StoreUnreachableError(f"the store {shown(str(path))} names no place: {error}") from error
    try:
        is_folder, has_folder = path.is_dir(), path.parent.is_dir()
        with suppress(FileNotFoundError, NotADirectoryError):
            path.stat()  # or what the other two take for an answer, such as a loop of links, is found out too late
    except (OSError, ValueError) as error:
        raise StoreUnreachableError(f"the store {shown(str(path))} cannot be looked at: {error}") from error
    if is_folder:
        raise StoreUnreachableError(f"the store must be a file, got the folder {shown(str(path))}")
    if not has_folder:
        raise StoreUnreachableError(f"the store's folder must exist, got {shown(str(path.parent))}; make it first")
    kind = filesystem(path)  # of the file itself, which a link may put elsewhere
    if kind in NETWORK_FILESYSTEMS:
        raise StoreUnreachableError(
            f"an SQLite store must lie on a local disk, got {shown(str(path))} on {kind}, where locks are not "
            "safe; use a local folder, or PostgreSQL: --store postgresql+psycopg://..."
        )
    return URL.create("sqlite", database=str(path))


def filesystem(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Return the type of the filesystem a path lies on, empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    resolved = path.resolve()
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        mount = Path(fields[1].encode().decode("unicode_escape"))
        if resolved.is_relative_to(mount) and len(mount.parts) >= best:
            best, kind = len(mount.parts), fields[2]
    return kind


READ_ONLY = "-c default_transaction_read_only=on"
"""What a server is told of a connection that is to change nothing."""


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """A database that is not Basin's, such as Optuna's.

    Attributes
    ----------
    url
        As SQLAlchemy takes it, password and all.
    shown
        As messages show it.
    options
        For the engine that opens it: whoever made that keeps no connection which nobody closes.
    """

    url: str = field(repr=False)
    shown: str
    options: Mapping[str, Any]


def foreign(text: str, *, writing: bool = False) -> Foreign:
    """Return a database that is not Basin's.

    Unless it is for ``writing``, nothing can be written through its URL: SQLite opens the file so, and a server is
    told.

    Raises
    ------
    UsageError
        The text names no database, or no file that is there.
    StoreUnreachableError
        An SQLite file would lie in no folder, or on a network filesystem.
    """
    url = parse_location(text)
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        if not writing and not path.is_file():
            raise UsageError(f"URL must name a database that is there, and there is no file {shown(str(path))}")
        place = f"sqlite:///{path}" if writing else f"sqlite:///file:{quote(str(path))}?mode=ro&uri=true"
        return Foreign(url=place, shown=printable(path.name), options={"poolclass": NullPool})
    visible = url.update_query_dict({name: "***" for name in url.query if "password" in name.lower()})
    if not writing:
        options = url.normalized_query.get("options", ())
        url = url.update_query_dict({"options": " ".join((*options, READ_ONLY))})
    return Foreign(
        url=url.render_as_string(hide_password=False),
        shown=visible.render_as_string(hide_password=True),
        options={} if writing else {"poolclass": NullPool},
    )

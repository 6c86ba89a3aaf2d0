"""The file of an SQLite store: opened where it lies, made only on purpose, and known again at every opening."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

from search_spaces.errors import printable
from study.errors import StoreBrokenError, StoreUnreachableError

LONGEST_PATH = 4_096


class Unlocked(sqlite3.Connection):
    """A connection without locks: what it read holds only if the file has the same stamp before and after."""


class File:
    """One file, which stays the same one from its first opening on.

    Every transaction opens it anew, and SQLite by itself would make an empty database wherever it finds none.

    Parameters
    ----------
    path
        Absolute.
    timeout
        Seconds for which SQLite waits for a lock.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self._timeout = timeout
        self._known: tuple[int, int] | None = None

    @property
    def shown(self) -> str:
        """The path, fit for a terminal."""
        return printable(str(self.path), LONGEST_PATH)

    def make(self) -> None:
        """Make an empty file where there is none; many processes may do so at once."""
        if not self.path.exists():
            try:
                self.path.touch(mode=0o644)
            except OSError as error:
                raise StoreUnreachableError(
                    f"the store {self.shown} cannot be made: {error.strerror}; its folder must be writable"
                ) from error

    def connect(self) -> sqlite3.Connection:
        """Open the file, which must be there; as an :class:`Unlocked` connection where only that can read it.

        Raises
        ------
        StoreUnreachableError
            There is no file, or it cannot be looked at or read.
        StoreBrokenError
            The file that was opened before is gone, or another one lies in its place.
        sqlite3.Error
            SQLite cannot open it.
        """
        self.verify()
        options, kind = self._options()
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?{options}", uri=True, timeout=self._timeout, check_same_thread=False, factory=kind
        )
        try:
            # Once more, before the first statement: reading another file beside the log of this one would damage it.
            self.verify()
        except BaseException:
            connection.close()
            raise
        return connection

    def stamp(self) -> tuple[int, ...] | None:
        """Return what changes whenever the file itself is written, None where there is no file."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def _options(self) -> tuple[str, type[sqlite3.Connection]]:
        """Return how to open the file.

        Readers of a write-ahead log lock one another out in a file beside it (-shm), which they make where it is
        missing. Who may not write makes none: where he could, it would be his, and in the way of those who may.
        """
        log, index = (self.path.with_name(self.path.name + suffix) for suffix in ("-wal", "-shm"))
        logged = _size(log)
        if _may(self.path, os.W_OK) and (_may(self.path.parent, os.W_OK) or (logged is not None and index.exists())):
            return "mode=rw", sqlite3.Connection
        if not _may(self.path, os.R_OK):
            raise StoreUnreachableError(f"the store {self.shown} must be readable, and this user may not read it")
        if not logged:
            # Nobody has written since the file was last whole: it is read as it lies there, without a lock.
            return "mode=ro&immutable=1", Unlocked
        if _may(log, os.R_OK) and _may(index, os.R_OK):
            return "mode=ro&readonly_shm=1", sqlite3.Connection
        raise StoreUnreachableError(
            f"the store {self.shown} has a log beside it ({printable(log.name)}) that only somebody who may write "
            "both can take in; let him run `basin studies` once, or copy both files to where you may write"
        )

    def verify(self) -> None:
        """Look whether the file is there and the one that it was; errors are those of :meth:`connect`."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            if self._known is not None:
                raise StoreBrokenError(
                    f"the store {self.shown} was deleted or moved while it was in use; put it back, with its -wal "
                    "file if it has one, and run the same command again, which otherwise begins a new store"
                ) from None
            raise StoreUnreachableError(
                f"no store at {self.shown}; `basin run` makes one, --store or BASIN_STORE names another"
            ) from None
        except OSError as error:
            raise StoreUnreachableError(f"the store {self.shown} cannot be looked at: {error.strerror}") from error
        is_file = stat.S_ISREG(found.st_mode)
        identity = found.st_dev, found.st_ino
        if self._known is None and not is_file:
            raise StoreUnreachableError(f"the store must be a file, which {self.shown} is not; name another")
        if self._known is None:
            self._known = identity
        elif self._known != identity or not is_file:
            raise StoreBrokenError(
                f"the store {self.shown} was replaced by another file while it was in use; see which of the two is "
                "the right one, put it there, and run the same command again, which continues from what it holds"
            )


def _may(path: Path, mode: int) -> bool:
    """Tell whether this process may read or write a file that is there, on its filesystem as it is mounted."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None

"""A store as Python reads it: its studies by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from study.errors import UsageError
from study.operations.opening import opened
from study.python.study import Study, near
from study.settings import setting
from study.store import Store


class Studies:
    """The studies of a store, to be read: ``studies["name"]`` is one, iteration gives their names, oldest first.

    Nothing is written through it but fresh seeds that are asked for (:meth:`Study.check_winner`). Close it, or use it
    in a ``with`` block.

    Parameters
    ----------
    location
        A file name or a database URL.

    Raises
    ------
    StoreError
        There is no such store, or it is of another schema; none is made.
    """

    def __init__(self, location: str) -> None:
        self._stack = ExitStack()
        self._store: Store | None = self._stack.enter_context(opened(location))
        self._shown = near(self._store.shown)

    def names(self) -> list[str]:
        """Return the names of the studies, oldest first."""
        with self._opening() as store:
            return store.studies.names()

    def __getitem__(self, name: str) -> Study:
        with self._opening() as store:
            return Study(store.studies.get(name).name, self._opening, self._shown)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __repr__(self) -> str:
        what = "closed" if self._store is None else ", ".join(self.names()) or "no studies"
        return f"<basin.Studies in {self._shown}: {what}>"

    def close(self) -> None:
        """Close every connection; the studies of this view answer nothing more."""
        self._store = None
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def _opening(self) -> Iterator[Store]:
        if self._store is None:
            raise UsageError(f"the store {self._shown} was closed; open it again with basin.open")
        yield self._store


def open(store: str | os.PathLike[str] | None = None) -> Studies:  # noqa: A001 - basin.open
    """Open a store to read its studies; none is made where there is none.

    Parameters
    ----------
    store
        A file name or a database URL; else BASIN_STORE, else what ``basin.toml`` says, else ``basin.db``.

    Raises
    ------
    StoreError
        There is no such store, it cannot be reached, or it is of another schema.
    """
    return Studies(setting("store", None if store is None else os.fspath(store), place="store"))

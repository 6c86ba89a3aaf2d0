"""Opening: the store that the settings name, for one who reads or one who drives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from study.settings import setting

if TYPE_CHECKING:
    from study.store import Store

READING_SECONDS = 5.0
"""A person who asks a question does not wait longer for a store that is away."""


@contextmanager
def opened(store: str | None, *, create: bool = False, check_schema: bool = True) -> Iterator[Store]:
    """Open the store that an option or the settings name; only ``create`` makes one where there is none."""
    from study.store import Store  # noqa: PLC0415
    from study.store.database import BUSY_SECONDS  # noqa: PLC0415
    from study.store.location import parse_location  # noqa: PLC0415

    location = setting("store", store)
    is_file = parse_location(location).get_backend_name() == "sqlite"
    with Store(
        location,
        lease_seconds=setting("lease_seconds"),
        stall_seconds=setting("stall_seconds"),
        # A driver bears an outage by itself, and goes on training meanwhile; only a locked file is worth waiting for.
        patience=BUSY_SECONDS if create and is_file else READING_SECONDS,
        check_schema=check_schema,
        create=create,
    ) as it:
        yield it

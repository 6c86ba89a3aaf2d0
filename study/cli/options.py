"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from study.errors import StoreUnreachableError
from study.settings import setting

if TYPE_CHECKING:
    from study.store import Store

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="File name or database URL of the store [env: BASIN_STORE; basin.db]. A password is best kept in "
        "~/.pgpass, or in the file that PGPASSFILE names.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WhereOption = Annotated[
    str | None,
    typer.Option("--where", metavar="EXPR", help='Only trials for which this is true, such as "lr < 0.1 and p = 0".'),
]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Name of a study.")]


READING_SECONDS = 5.0
"""A person who asks a question does not wait longer for a store that is away."""


@contextmanager
def opened(store: str | None, *, create: bool = False, check_schema: bool = True) -> Iterator[Store]:
    """Open the store that the options name; only ``create`` makes one where there is none."""
    from study.store import Store  # noqa: PLC0415
    from study.store.database import BUSY_SECONDS  # noqa: PLC0415
    from study.store.location import parse_location  # noqa: PLC0415

    location = setting("store", store)
    url = parse_location(location)
    if not create and url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise StoreUnreachableError(
            f"no store at {url.database}; `basin run` makes one, --store or BASIN_STORE names another"
        )
    with Store(
        location,
        lease_seconds=setting("lease_seconds"),
        stall_seconds=setting("stall_seconds"),
        # A driver bears an outage by itself, and goes on training meanwhile; only a locked file is worth waiting for.
        patience=BUSY_SECONDS if create and url.get_backend_name() == "sqlite" else READING_SECONDS,
        check_schema=check_schema,
        create=create,
    ) as it:
        yield it

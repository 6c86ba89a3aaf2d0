"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from study.cli.completion import complete_spec, complete_study
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
StudyArgument = Annotated[
    str, typer.Argument(metavar="STUDY", help="Name of a study.", autocompletion=complete_study)
]
SpecArgument = Annotated[
    str,
    typer.Argument(metavar="SPEC", help="A YAML file, or the name of a preset.", autocompletion=complete_spec),
]

PluginOption = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="A Python file with networks, data sets, optimizers or tasks; may be repeated [env: BASIN_PLUGINS].",
    ),
]

READING_SECONDS = 5.0
"""A person who asks a question does not wait longer for a store that is away."""


@contextmanager
def opened(store: str | None, *, create: bool = False, check_schema: bool = True) -> Iterator[Store]:
    """Open the store that the options name; only ``create`` makes one where there is none."""
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

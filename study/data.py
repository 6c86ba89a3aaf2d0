"""The data of a study on this machine: there, checked, or fetched."""

from __future__ import annotations

from pathlib import Path

from study.errors import DataError, UsageError
from workers.data import DATASETS, DOWNLOADS, MissingDataError


def provide(dataset: str, folder: str | None, *, download: bool, mirror: str | None = None) -> None:
    """Check the files of a data set, and fetch them first where that is asked for.

    Raises
    ------
    DataError
        They are missing or damaged, with the folder looked in and the options to use.
    """
    if download and folder is None:
        raise UsageError("--download must be told where to: --data DIR or BASIN_DATA")
    try:
        if download and folder is not None:
            DOWNLOADS[dataset](Path(folder).expanduser(), mirror)
        DATASETS[dataset](None if folder is None else Path(folder).expanduser())
    except MissingDataError as error:
        raise DataError(str(error)) from None

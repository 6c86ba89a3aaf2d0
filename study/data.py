"""The data of a study on this machine: there, checked, or fetched."""

from __future__ import annotations

from http.client import HTTPException
from pathlib import Path

from search_spaces.errors import shown
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
    place = None if folder is None else Path(folder).expanduser()
    try:
        if download and place is not None:
            DOWNLOADS[dataset](place, mirror)
        DATASETS[dataset](place)
    except MissingDataError as error:
        raise DataError(str(error)) from None
    except (OSError, ValueError, HTTPException) as error:
        raise DataError(f"the files of {dataset} in {shown(folder)} cannot be read or fetched: {error}") from None

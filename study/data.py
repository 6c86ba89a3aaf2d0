"""The data of a study on this machine: there, checked, or fetched."""

from __future__ import annotations

from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

from search_spaces.arm import Arm
from search_spaces.errors import SpecificationError, printable, shown
from search_spaces.rules import sized
from study.errors import DataError, UsageError
from workers.data import DATASETS, DOWNLOADS, MissingDataError


def provide_declared(arm: Arm, folder: str | None) -> None:
    """Load a data set whose images nobody has counted; what is missing is said before anything is written.

    Raises
    ------
    DataError
        It cannot be loaded, or is not as declared.
    SpecificationError
        The arm asks for more images than there are.
    """
    declared = arm.dataset
    if declared is None:
        return
    place = None if folder is None else Path(folder).expanduser()
    try:
        images = DATASETS[declared.name](place, **arm.data.options if arm.data is not None else {})
    except MissingDataError as error:
        raise DataError(str(error)) from None
    except (Exception, SystemExit) as error:  # whatever it raises, its user is told
        where = "no folder, for --data names none" if folder is None else shown(folder, 200)
        told = printable(f"{type(error).__name__}: {error}", 1_000)
        raise DataError(f"data set {declared.name} cannot be loaded from {where}: {told}") from error
    faults = list(sized(arm.task, replace(declared, train=len(images.train_labels)), arm.space))
    if faults:
        raise SpecificationError(faults, f"the study, for data set {declared.name},")


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

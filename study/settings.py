"""Settings: option before environment before file before default, in this one place."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search_spaces.documents import nearest
from search_spaces.errors import shown
from study import secrecy
from study.errors import UsageError

FILE = Path("basin.toml")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting: its name in ``basin.toml``, its variable is ``BASIN_`` and the name in capitals."""

    name: str
    default: Any
    kind: Callable[[Any], Any]
    summary: str

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"BASIN_{self.name.upper()}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _address(value: Any) -> str:
    # "local" and no name at all make Ray start a cluster of its own: without the token that ours have.
    if _text(value).strip().lower() in {"", "local"}:
        raise ValueError
    return str(value)


def _positive(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def _lease(value: Any) -> float:
    # Shorter ones end before they can be renewed; longer ones keep the trials of a dead driver from everybody.
    number = _positive(value)
    if not 1 <= number <= 86_400:
        raise ValueError
    return number


def _web(value: Any) -> str:
    if not re.match(r"(https?|ftp|file)://\S+$", _text(value)):
        raise ValueError
    return str(value)


def _count(value: Any) -> int:
    if isinstance(value, bool | float):
        raise TypeError
    number = int(value)
    if number < 1:
        raise ValueError
    return number


def _files(value: Any) -> tuple[str, ...]:
    files = tuple(value.split(os.pathsep)) if isinstance(value, str) else tuple(value)
    if not all(isinstance(it, str) and it for it in files):
        raise TypeError
    return files


KINDS: dict[Callable[[Any], Any], str] = {
    _text: "text",
    _address: "the address of a running Ray cluster, such as 10.0.0.1:6379",
    _positive: "a number above 0",
    _lease: "a number of seconds from 1 to 86400, a day",
    _web: "a URL that begins with http://, https://, ftp:// or file://",
    _count: "a whole number from 1 on",
    _files: f"a list of file names, in the environment with {os.pathsep} between them",
}
"""What a value must be, in words."""

SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(name="store", default="basin.db", kind=_text, summary="file name or database URL of the store"),
        Setting(name="data", default=None, kind=_text, summary="folder that holds the data sets"),
        Setting(
            name="mirror", default=None, kind=_web, summary="URL to download a data set from, instead of its own"
        ),
        Setting(name="address", default=None, kind=_address, summary="Ray cluster; none starts one on this machine"),
        Setting(name="workers", default=None, kind=_count, summary="trials at a time; as many as fit"),
        Setting(name="plugins", default=(), kind=_files, summary="files of plug-ins"),
        Setting(name="lease_seconds", default=60.0, kind=_lease, summary="a lease without renewal lasts so long"),
        Setting(
            name="stall_seconds", default=3600.0, kind=_positive, summary="a trial may take so long for an epoch"
        ),
    )
}


def setting(
    name: str, option: Any = None, *, environment: Mapping[str, str] | None = None, place: str | None = None
) -> Any:
    """Return the value of a setting.

    Parameters
    ----------
    name
        A name of :data:`SETTINGS`.
    option
        What the command line or a call said, None where it said nothing.
    environment
        The process's where None.
    place
        What errors call the option; as the command line does where None.

    Raises
    ------
    UsageError
        The value is not of the setting's kind; the message names where it stands.
    """
    known = SETTINGS[name]
    variables = secrecy.variables() if environment is None else environment
    if option is not None:
        return _converted(known, option, place or f"--{name.replace('_', '-')}")
    if variables.get(known.variable):
        return _converted(known, variables[known.variable], known.variable)
    file = _file()
    if name in file:
        return _converted(known, file[name], f"{name} in {FILE}")
    return known.default


def _converted(known: Setting, value: Any, place: str) -> Any:
    try:
        return known.kind(value)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{place} must be {KINDS[known.kind]}, got {shown(value)}") from None


def _file() -> Mapping[str, Any]:
    if not FILE.is_file():
        return {}
    try:
        found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as error:  # not TOML, or numbers and levels by the thousand
        raise UsageError(f"{FILE} must be TOML: {error}") from None
    for name in found:
        if name not in SETTINGS:
            raise UsageError(f"{FILE} has an unknown key {shown(name)}; {nearest(name, SETTINGS)}")
    return found

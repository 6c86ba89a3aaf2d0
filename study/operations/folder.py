"""The folder of a report: which files in it are a report's own, and how a finished report gets there.

A report lists its files with their hashes in ``SHA256SUMS``, in the format of ``sha256sum --check``. A file is a
report's own exactly when it is a regular file of the name and the content that this list says. Whatever else lies
there is somebody else's: it is never deleted, and overwritten only where that is asked for. No link is followed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from search_spaces.errors import shown
from study.errors import UsageError

LIST = "SHA256SUMS"
HEAD = "# the files of a report made by basin"
UNFINISHED = re.compile(r"\.unfinished-[a-z0-9_]{8}")
LAST = ("summary.json", "report.html")
"""What is moved to its place last: who finds a page finds the whole report."""

NAMED = 3
"""How many of the files of others a refusal names."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What lies in a folder.

    Attributes
    ----------
    sums
        Files of a report, with every hash that each may have.
    foreign
        Everything else, for people.
    left
        Folders that reports which were killed have left.
    """

    sums: dict[str, set[str]] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)


def unheard(text: str) -> None:
    """Tell nobody."""


@contextmanager
def publishing(out: Path, *, force: bool, note: Callable[[str], None] = unheard) -> Iterator[Path]:
    """Yield an empty folder to write a report into; at the end its files are moved to ``out``, the page last.

    Reports into one folder come one after the other. What fails leaves no part of itself; what a killed one left is
    removed by the next.

    Parameters
    ----------
    out
        The folder, made where it is missing. It may itself be a link; nothing in it may that is in the way.
    force
        Whether files of others may lie there; those of the report's names are overwritten, the others stay.
    note
        Told that another report is being written there, and waited for.

    Raises
    ------
    UsageError
        The folder holds what is not a report's, or cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _alone(out, note):
            for left in look(out).left:
                shutil.rmtree(left)
            with tempfile.TemporaryDirectory(dir=out, prefix=".unfinished-") as unfinished:
                yield Path(unfinished)
                _publish(Path(unfinished), out, force=force)
    except OSError as error:
        raise UsageError(f"--out {shown(str(out))} cannot be written: {error.strerror or error}") from error


def check(out: Path, *, force: bool, note: Callable[[str], None] = unheard) -> None:
    """Raise :class:`UsageError` where a report may not be written into a folder; waits for one being written."""
    try:
        if not out.exists():
            return
        if not out.is_dir():
            raise UsageError(f"--out must be a folder, got the file {shown(str(out))}")
        with _alone(out, note):
            _refuse_foreign(out, force=force)
    except OSError as error:
        raise UsageError(f"--out {shown(str(out))} cannot be used: {error.strerror or error}") from error


def _refuse_foreign(out: Path, *, force: bool) -> None:
    foreign = look(out).foreign
    if foreign and not force:
        more = f" and {len(foreign) - NAMED} more" if len(foreign) > NAMED else ""
        raise UsageError(
            f"--out {shown(str(out))} must be empty, or hold the files of a report and no others, got "
            f"{', '.join(map(shown, foreign[:NAMED]))}{more}; name another folder, or add --force, which overwrites "
            "files of the report's names and leaves the others"
        )


def look(out: Path) -> Contents:
    """Return what lies in a folder."""
    listed = _listed(out / LIST)
    contents = Contents()
    if listed:
        contents.sums[LIST] = set()
    _look(out, PurePosixPath(), listed, contents)
    return contents


def _look(out: Path, within: PurePosixPath, listed: Mapping[str, set[str]], contents: Contents) -> None:
    ours = {parent for name in listed for parent in PurePosixPath(name).parents}
    with os.scandir(out / within) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        name = within / entry.name
        if entry.is_dir(follow_symlinks=False):
            if name in ours:
                _look(out, name, listed, contents)
            elif name == PurePosixPath(entry.name) and UNFINISHED.fullmatch(entry.name):
                contents.left.append(Path(entry.path))
            else:
                contents.foreign.append(f"{name}/")
        elif str(name) in contents.sums:
            continue
        elif str(name) not in listed or not entry.is_file(follow_symlinks=False):
            contents.foreign.append(str(name))
        elif _digest(Path(entry.path)) in listed[str(name)]:
            contents.sums[str(name)] = listed[str(name)]
        else:
            contents.foreign.append(f"{name} (changed since it was written)")


def _listed(path: Path) -> dict[str, set[str]]:
    """Return the files that a report lists as its own, with their hashes; none where no report did."""
    if not path.exists() or not stat.S_ISREG(path.lstat().st_mode):
        return {}
    head, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    listed: dict[str, set[str]] = {}
    for digest, _, name in (line.partition("  ") for line in lines if head == HEAD):
        listed.setdefault(name, set()).add(digest)
    return listed


def _publish(source: Path, out: Path, *, force: bool) -> None:
    """Move every file of a report to its place, and take away those of the report that was there before.

    Ended in between, it leaves files of both reports, and a list in which each has its hash: the next one goes on.
    """
    files = {path.relative_to(source).as_posix(): path for path in source.rglob("*") if path.is_file()}
    sums = {name: {_digest(path)} for name, path in files.items()}
    _refuse_foreign(out, force=force)
    for name in (*files, LIST):
        _refuse_obstacle(out, PurePosixPath(name))
    before = look(out).sums
    both = {name: sums.get(name, set()) | before.get(name, set()) for name in (sums.keys() | before.keys()) - {LIST}}
    _list(both, source, out)
    for name in sorted(files, key=lambda name: (name in LAST, name)):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        files[name].replace(out / name)
    for name in before.keys() - files.keys() - {LIST}:
        (out / name).unlink()
        with suppress(OSError):  # not empty, and not to go
            (out / name).parent.rmdir()
    _list(sums, source, out)


def _list(sums: Mapping[str, set[str]], source: Path, out: Path) -> None:
    lines = [f"{digest}  {name}" for name in sorted(sums) for digest in sorted(sums[name])]
    (source / LIST).write_text("\n".join([HEAD, *lines, ""]), encoding="utf-8")
    (source / LIST).replace(out / LIST)


def _refuse_obstacle(out: Path, name: PurePosixPath) -> None:
    """Refuse to write over anything but a file, or through anything but a folder: a link in between leads away."""
    for path, kind, fits in (
        *((out / parent, "a folder", stat.S_ISDIR) for parent in name.parents[:-1]),
        (out / name, "a file", stat.S_ISREG),
    ):
        with suppress(FileNotFoundError):
            if not fits(path.lstat().st_mode):
                raise UsageError(
                    f"--out {shown(str(out))} must have {kind} or nothing in the place of {path.relative_to(out)}, "
                    "got something else; take it away, or name another folder"
                )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(folder: Path, note: Callable[[str], None]) -> Iterator[None]:
    """Have a folder to oneself among reports; however the process ends, the kernel lets the next one in."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"another report is being written into {folder}; waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

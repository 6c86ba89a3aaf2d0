"""Loading: the source of a file runs as a module of its own, what is installed is imported; a hash tells which."""

from __future__ import annotations

import ast
import hashlib
import importlib
import linecache
import sys
import traceback
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from search_spaces.declarations import Origin
from search_spaces.documents import is_file
from search_spaces.errors import PluginError, printable, shown
from search_spaces.plugins.decorators import DECLARED
from search_spaces.plugins.imports import import_faults, without
from search_spaces.plugins.plugin import Entry, Loaded, Plugin

MAX_BYTES = 64 * 1024

RULE = "a plug-in is one module that imports installed packages only; put what it needs into it, or install that"


def read_file(path: str | Path) -> Plugin:
    """Return the plug-in in a file, which is checked, and not run.

    Raises
    ------
    PluginError
        It is no file of at most 64 KiB of UTF-8 text, no Python, or imports what is not installed; all such imports
        are listed.
    """
    name, file = str(path), Path(path).expanduser()
    if not is_file(file):
        raise PluginError(f"plug-in {shown(name, 200)} must be a Python file; there is none")
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise PluginError(f"plug-in {shown(name, 200)} cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise PluginError(f"plug-in {name} must be at most {MAX_BYTES // 1024} KiB, got more; install a package")
    try:
        source = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PluginError(
            f"plug-in {name} must be UTF-8 text, got byte {raw[error.start]:#04x} at {error.start}"
        ) from None
    tree = _parsed(source, name)
    faults = [f"line {line} {fault}" for line, fault in import_faults(tree, _away(file.parent))]
    if faults:
        raise PluginError(f"plug-in {name}: {'; '.join(faults)}: {RULE}")
    return Plugin(name=name, hash=hash_of(source), source=source)


def hash_of(source: str) -> str:
    """Return the 16 hexadecimal digits that a source is known by."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def load(plugin: Plugin) -> Loaded:
    """Run a plug-in, or import it where it is installed, and return what it declares.

    The same source is run once in a process, under whatever name it comes.

    Raises
    ------
    PluginError
        It raises, declares nothing or the same twice, is not installed here, or in another version.
    """
    if plugin.source is not None:
        module = f"basin_plugin_{plugin.hash}"
        if module not in sys.modules:
            _run(plugin, plugin.source, module)
        return _loaded(plugin, DECLARED.get(module, []))
    module = str(plugin.module)
    home = import_installed(plugin.name, module)
    found = installed_hash(home)
    if found != plugin.hash:
        raise PluginError(
            f"plug-in {plugin.name} must be installed here as it is where the study is driven, with sources of hash "
            f"{plugin.hash}, got {found}; install the same version on every node"
        )
    within = [it for name, them in DECLARED.items() if f"{name}.".startswith(f"{home}.") for it in them]
    return _loaded(plugin, within)


def import_installed(name: str, module: str) -> str:
    """Import what is installed and return the package it is part of, or the module where it is one alone.

    Raises
    ------
    PluginError
        It is not installed, or raises.
    """
    try:
        with redirect_stdout(sys.stderr):
            importlib.import_module(module)
    except (Exception, SystemExit) as error:  # whatever it raises, its user is told
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = "" if "importlib" in last.filename else f"{last.filename}, line {last.lineno}: "
        raise PluginError(
            f"plug-in {name}, module {module}, cannot be loaded: {place}{_told(error)}; mend or uninstall it"
        ) from error
    parts = module.split(".")
    homes = (".".join(parts[: count + 1]) for count in range(len(parts)))
    # A namespace is shared with others, who may change it.
    home = next((it for it in homes if getattr(sys.modules[it], "__file__", None) is not None), None)
    if home is None:
        raise PluginError(f"plug-in {name}, module {module}, must have sources that can be compared; it has none")
    return home


def installed_hash(home: str) -> str:
    """Return the hash of the sources of a package or a module that was imported."""
    file = Path(str(sys.modules[home].__file__))
    root, package = file.parent, file.name == "__init__.py"
    digest = hashlib.sha256()
    for source in sorted(root.rglob("*.py")) if package else [file]:
        digest.update(f"{source.relative_to(root).as_posix()}\0".encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _run(plugin: Plugin, source: str, name: str) -> None:
    """Run a source as a module; where it raises, nothing of it stays."""
    module = ModuleType(name)
    code = compile(_parsed(source, plugin.name), plugin.name, "exec", dont_inherit=True)
    # So that a traceback shows its lines on a machine that has no such file.
    linecache.cache[plugin.name] = (len(source), None, source.splitlines(keepends=True), plugin.name)
    sys.modules[name] = module
    try:
        # What it prints is no answer of the command that loads it.
        with without(_away(Path(plugin.name).expanduser().parent)), redirect_stdout(sys.stderr):
            exec(code, module.__dict__)  # noqa: S102 - its user named it
    except (Exception, SystemExit) as error:  # whatever it raises, its user is told
        sys.modules.pop(name, None)
        DECLARED.pop(name, None)
        frames = [it for it in traceback.extract_tb(error.__traceback__) if it.filename == plugin.name]
        line = f"line {frames[-1].lineno}: " if frames else ""
        raise PluginError(f"plug-in {plugin.name} cannot be loaded: {line}{_told(error)}") from error


def _told(error: BaseException) -> str:
    text = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
    return printable(text.strip().removesuffix(":"), 1_000)


def _parsed(source: str, name: str) -> ast.Module:
    try:
        return ast.parse(source, name)
    except SyntaxError as error:
        raise PluginError(f"plug-in {name} is no Python: line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise PluginError(f"plug-in {name} is no Python: {_told(error)}") from None


def _away(folder: Path) -> tuple[Path, Path]:
    """Return the folders that nothing is imported from: that of a file, and the working directory."""
    return folder, Path.cwd()


def _loaded(plugin: Plugin, declared: list[Entry]) -> Loaded:
    """Return what a plug-in declares, as its own."""
    if not declared:
        raise PluginError(
            f"plug-in {plugin.name} must declare something; decorate a function, such as @basin.network"
        )
    origin = Origin(name=plugin.name, hash=plugin.hash)
    seen: dict[tuple[str, str], str] = {}
    for entry in declared:
        name, function = entry.declaration.name, _named(entry)
        other = seen.setdefault((entry.kind, name), function)
        if other != function or declared.count(entry) > 1:
            raise PluginError(
                f"plug-in {plugin.name} declares {entry.kind} {name} twice: {other} and {function}; rename one"
            )
    entries = tuple(
        replace(it, declaration=replace(it.declaration, origin=origin, implementation=_named(it))) for it in declared
    )
    return Loaded(plugin=plugin, entries=entries)


def _named(entry: Entry) -> str:
    """Return where an implementation lies."""
    function = entry.function
    return f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', type(function).__name__)}"

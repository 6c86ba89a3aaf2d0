"""Imports: a plug-in is one module, and what it imports must be installed wherever it is trained."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeGuard

import search_spaces

HOME = Path(search_spaces.__file__).resolve().parents[1]
"""Where Basin lies itself."""


GUARDS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
"""What a missing module raises."""


def import_faults(tree: ast.Module, folders: Sequence[Path]) -> Iterator[tuple[int, str]]:
    """Yield the line and the fault of every import of what is not installed, in functions too.

    One that is tried, with an answer to ``ImportError``, may miss what is not installed, and not what lies beside.

    Parameters
    ----------
    tree
        The parsed module.
    folders
        Where nothing is installed: that of the file, and the working directory.
    """
    told = set()
    guarded = {
        id(node) for tried in ast.walk(tree) if _is_guard(tried) for one in tried.body for node in ast.walk(one)
    }
    with without(folders):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                yield node.lineno, f"imports {'.' * node.level}{node.module or ''} from beside itself"
                continue
            names = [it.name for it in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for name in (it.partition(".")[0] for it in names):
                if name not in told and not _is_installed(name):
                    told.add(name)
                    beside = any((it / f"{name}.py").exists() or (it / name).is_dir() for it in folders)
                    if id(node) in guarded and not beside:
                        told.discard(name)
                        continue
                    where = "which lies beside it and is not installed" if beside else "which is not installed"
                    yield node.lineno, f"imports {name}, {where}"  # type: ignore[attr-defined]


@contextmanager
def without(folders: Sequence[Path]) -> Iterator[None]:
    """Take folders off the import path for as long as it lasts, unless Basin lies there itself."""
    before = sys.path[:]
    away = {it.resolve() for it in folders} - {HOME}
    sys.path[:] = [it for it in before if Path(it or ".").resolve() not in away]
    try:
        yield
    finally:
        sys.path[:] = before


def _is_guard(node: ast.AST) -> TypeGuard[ast.Try]:
    """Tell whether what is tried here may miss a module."""
    if not isinstance(node, ast.Try):
        return False
    caught = [it.type for it in node.handlers]
    kinds = [kind for it in caught for kind in (it.elts if isinstance(it, ast.Tuple) else [it])]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in GUARDS) for kind in kinds)


def _is_installed(name: str) -> bool:
    if name in sys.stdlib_module_names or name in sys.builtin_module_names:
        return True
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if find is not None and find(name, None) is not None:
            return True
    return False

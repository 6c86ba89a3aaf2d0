"""Shadows: files and folders of the user's that bear the name of one of our packages, and are found before it."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

PACKAGES = ("search_spaces", "workers", "study", "analysis")
HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 - pathlib takes longer than this


def refuse_shadows() -> None:
    """Raise an ImportError where something else would be imported in the place of one of our packages.

    Python looks beside the script first, or in the working directory; a file ``study.py`` there, or a folder, hides
    the package. Nothing of ours can be imported then, so that this needs nothing of ours.
    """
    for name in PACKAGES:
        found = _found(name)
        if found is not None and os.path.realpath(found) != os.path.join(HOME, name):  # noqa: PTH118
            kind = "file" if found.endswith(".py") else "folder"
            raise ImportError(
                f"basin has a package of the name {name}, and Python finds {found} in its place: rename that {kind}, "
                "or start Python in another folder",
                name=name,
                path=found,
            )


def _found(name: str) -> str | None:
    """Return the file or the folder that a name stands for, None where there is none."""
    if name in sys.modules and getattr(sys.modules[name], "__spec__", None) is None:
        return getattr(sys.modules[name], "__file__", None) or f"the module {name}"
    spec = find_spec(name)
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or ())
    return folders[0] if folders else spec.origin

"""The studies bundled with Basin, one YAML file each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from search_spaces.documents import Document, parse_document


@cache
def preset_names() -> tuple[str, ...]:
    """Return the names of the bundled studies, sorted."""
    names = (entry.name for entry in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def preset_document(name: str) -> Document:
    """Return a fresh copy of a bundled study's document."""
    return parse_document(files(__package__).joinpath(f"{name}.yaml").read_bytes(), f"preset {name}")

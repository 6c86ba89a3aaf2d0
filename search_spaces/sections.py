"""Sections: the parts of a specification that name something declared, as frozen typed values.

A section has a field for every option of what it names. The model is made of the declaration, so that a new option
needs no line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import create_model

from search_spaces.catalogue import Catalogue
from search_spaces.declarations import Declaration
from search_spaces.domains import Real
from search_spaces.models import LISTED, Frozen
from search_spaces.options import Choice, Name, Option, Switch, Value, WholeNumbers


class Section(Frozen):
    """What a specification says of one thing that is declared.

    Attributes
    ----------
    declaration
        Of what it names.
    name
        Its name.

    Every option of the declaration is a field.
    """

    declaration: ClassVar[Declaration]
    name: str

    @property
    def options(self) -> dict[str, Value]:
        """The value of every option."""
        return {name: getattr(self, name) for name in self.declaration.options}

    if TYPE_CHECKING:  # the fields are known to the declaration alone

        def __getattr__(self, name: str) -> Any: ...


DECLARED = {"task": "classification", "optimizer": "padam", "schedule": "constant", "network": "", "dataset": ""}
"""Kinds of sections, and what one names where it does not say."""

PAIR = ("beta1", "beta2")
"""What ``betas`` is short for."""


@lru_cache(maxsize=1_024)
def model_of(kind: str, declaration: Declaration) -> type[Section]:
    """Return the model of a section that names something declared of a kind."""
    name = declaration.name
    fields: dict[str, Any] = {option: _field(it) for option, it in declaration.options.items()}
    if kind == "optimizer" and all(half in fields for half in PAIR):
        fields["betas"] = (Annotated[tuple[Real, Real], LISTED] | None, None)
    model = create_model(f"{kind}-{name}", __base__=Section, name=(str, name), **fields)
    model.declaration = declaration
    return model


def _field(option: Option) -> tuple[Any, Any]:
    """Return type and default of the field of an option; ranges are checked with the option's own words."""
    if isinstance(option, Name):
        return str, ...
    if isinstance(option, Choice):
        return Literal[tuple(option.choices)], option.default
    if isinstance(option, Switch):
        return bool, option.default
    if isinstance(option, WholeNumbers):
        return Annotated[tuple[int, ...], LISTED], option.default
    kind = int if option.integer else Real
    return (kind, option.default) if option.default is not None else (kind | None, None)


SILENT: Mapping[str, Mapping[str, Any]] = {
    "optimizer": {"amsgrad": True},
    "schedule": {"milestones": [], "gamma": 0.1},
}
"""What releases before 0.3 let stand in a section that has no such option, where it has this value."""


def unspoken(kind: str, name: str, raw: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """Return a section as written without what says nothing: null, and what earlier releases wrote out everywhere."""
    options, known = catalogue[kind][name].options, catalogue.options(kind)
    silent = SILENT.get(kind, {})
    return {
        key: value
        for key, value in raw.items()
        if not (key in known and value is None)
        and not (key == "betas" and value is None)
        and not (key not in options and key in silent and type(value) is type(silent[key]) and value == silent[key])
    }


def moves(schedule: Section) -> bool:
    """Tell whether a schedule moves anything."""
    return schedule.name != "constant" or bool(schedule.options.get("warmup"))

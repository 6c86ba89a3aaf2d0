"""Axes: which varied option goes where, what an axis calls it, and how its values are written.

Analysis computes with numbers: a choice is its place in the written order, 0, 1, 2, ..., until it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from analysis.numbers import short, shortened, told_apart, written
from search_spaces.domains import SPREAD, Choices, Domain, Values, WholeRange, WholeValues
from search_spaces.options import Value


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A varied option as analysis sees it.

    Attributes
    ----------
    choices
        Its values in the written order, where it is no number.
    whole
        Whether it is a whole number.
    """

    choices: tuple[str | bool, ...] = ()
    whole: bool = False

    def coded(self, value: Value) -> float:
        """Return the number that stands for a value, NaN for none."""
        if self.choices:
            return float(self.choices.index(value)) if value in self.choices else float("nan")
        return float("nan") if value is None else float(value)  # type: ignore[arg-type]

    def value(self, code: float) -> Value:
        """Return the value that a number stands for."""
        if self.choices:
            return self.choices[int(code)]
        return int(code) if self.whole else float(code)

    @property
    def names(self) -> list[str]:
        """How its choices are written; two that look alike, such as true and the text true, as in Python."""
        names = [written(choice) for choice in self.choices]
        return [name if names.count(name) == 1 else repr(it) for name, it in zip(names, self.choices, strict=True)]

    def texts(self, codes: Iterable[float], write: Callable[[float, int], str] = short) -> dict[float, str]:
        """Return how to write each of some values: numbers in as few digits as make them differ."""
        if self.choices:
            names = self.names
            return {code: names[int(code)] for code in codes}
        return told_apart(codes, write)

    def labels(
        self, codes: Iterable[float], longest: int, write: Callable[[float, int], str] = short
    ) -> dict[float, str]:
        """Return :meth:`texts` for a picture: choices of so many characters at the most."""
        if self.choices:
            names = shortened(self.names, longest)
            return {code: names[int(code)] for code in codes}
        return self.texts(codes, write)


NUMBER = Axis()
"""What is a real number."""


def axis_of(domain: Domain) -> Axis:
    """Return the axis of a domain."""
    if isinstance(domain, Choices):
        return Axis(choices=domain.values)
    return Axis(whole=isinstance(domain, WholeRange | WholeValues))


def named(codes: Mapping[str, float], axes: Mapping[str, Axis]) -> dict[str, Value]:
    """Return the values that the numbers of a configuration stand for."""
    return {name: axes.get(name, NUMBER).value(code) for name, code in codes.items()}


LABELS = {
    "lr": "learning rate",
    "p": "partial-adaptivity exponent p",
    "weight_decay": "weight decay",
    "task.batch_size": "batch size",
}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which hyperparameters a person wants on x and on y; None leaves one to the rule."""

    x: str | None = None
    y: str | None = None


BY_RULE = Chosen()


def axes_of(space: Iterable[str], chosen: Chosen = BY_RULE) -> tuple[str, str | None, list[str]]:
    """Return which varied hyperparameter goes on x, which on y, and which make panels."""
    names = list(space)
    free = [name for name in names if name != chosen.y]
    x = chosen.x or next((name for name in ("lr", "task.lr") if name in free), (free or names)[0])
    rest = [name for name in names if name != x]
    y = chosen.y or next((name for name in ("p", "weight_decay") if name in rest), rest[0] if rest else None)
    return x, y, [name for name in rest if name != y]


def is_logarithmic(name: str, domain: Domain) -> bool:
    """Tell whether a hyperparameter is measured on a logarithmic axis, as a decay is although one value be 0."""
    decay = name.removeprefix("task.") == "weight_decay"
    if decay and isinstance(domain, Values) and domain.low == 0.0 and len(domain.values) > 2:
        return domain.high > SPREAD * domain.values[1]
    return domain.log


def reading_order(space: Iterable[str]) -> list[str]:
    """Return the varied hyperparameters in the order in which a report goes through them: panels, rows, columns."""
    x, y, others = axes_of(space)
    return [*others, *([] if y is None else [y]), x]


def label_of(name: str) -> str:
    """Return a hyperparameter's name as an axis says it; that of a task with a loop of its own needs no path."""
    return LABELS.get(name, name.removeprefix("task."))

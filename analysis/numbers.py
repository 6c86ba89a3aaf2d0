"""Numbers as people read them: few characters, and enough of them that different values look different."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from search_spaces.errors import escaped
from search_spaces.options import Value

FEWEST, MOST = 3, 12
"""Significant digits a number is written with; hyperparameters are kept with the second number of them."""


SHORTEST = 7
"""Characters to which a name can be shortened."""


def short(value: float, digits: int = FEWEST) -> str:
    """Return a number in few characters, fractions of two as fractions."""
    for bottom in (2, 4, 8, 16, 32):
        top = value * bottom
        if 0 < value < 1 and top == int(top) and top % 2:
            return f"{int(top)}/{bottom}"
    return plain(value, digits)


def plain(value: float, digits: int = FEWEST) -> str:
    """Return a number at some significant digits, without an exponent where five places do."""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:.{max(digits, 6)}g}"


def shortened(texts: Sequence[str], most: int) -> list[str]:
    """Return texts of so many characters at the most, :data:`SHORTEST` or more: ends stay, and what differs.

    >>> shortened(["momentum", "a-rather-long-name"], 11)
    ['momentum', 'a-rat…-name']
    """
    kept = most - 1
    middle = kept - kept // 2
    for head in sorted(range(1, kept), key=lambda head: abs(head - middle)):
        found = [_cut(it, head, kept - head) if len(it) > most else it for it in texts]
        if len(set(found)) == len(set(texts)):
            return found
    # They differ between their ends alone: what counts them stands there.
    order = {it: str(place) for place, it in enumerate(dict.fromkeys(texts), start=1)}
    found = []
    for it in texts:
        room = max(2, most - 2 - len(order[it]))
        marked = _cut(it, room - room // 2, room // 2, f"…{order[it]}…")
        found.append(marked if len(it) > most else it)
    return found


def _cut(text: str, head: int, tail: int, between: str = "…") -> str:
    return f"{text[:head]}{between}{text[-tail:]}"


def percent(share: float) -> str:
    """Return a share in per cent, without the sign: a whole number from ten on, with a tenth below."""
    return f"{100.0 * share:.0f}" if abs(share) >= 0.0995 else f"{100.0 * share:.1f}".removesuffix(".0")


def told_apart(values: Iterable[float], write: Callable[[float, int], str] = short) -> dict[float, str]:
    """Return how to write each of some values: in as few digits as make different values differ.

    >>> told_apart([0.9995, 0.9999])
    {0.9995: '0.9995', 0.9999: '0.9999'}
    """
    found = list(dict.fromkeys(values))
    texts: list[str] = []
    for digits in range(FEWEST, MOST + 1):
        texts = [write(value, digits) for value in found]
        apart = len({_read(text) for text in texts}) == len(found)
        if apart and all(_near(v, t) for v, t in zip(found, texts, strict=True)):
            break
    return dict(zip(found, texts, strict=True))


def _read(text: str) -> float:
    """Return the number that a text says: 1/2 and 0.5 are one."""
    top, _, bottom = text.partition("/")
    return float(top) / float(bottom or 1)


def _near(value: float, text: str) -> bool:
    """Tell whether a text says more than "about one" of a value just below 1, where the distance to 1 matters."""
    return not 0.9 < value < 1 or abs(_read(text) - value) <= 0.05 * (1 - value)


def point(values: Mapping[str, Value]) -> str:
    """Return a configuration as text, such as ``lr = 0.1, p = 1/8, decay = l2``."""
    return ", ".join(f"{name} = {written(value)}" for name, value in values.items())


def written(value: Value) -> str:
    """Return one value that stands alone, control characters escaped; what is near 1 keeps what tells it from 1."""
    if isinstance(value, bool):
        return str(value).lower()
    return told_apart([value])[value] if isinstance(value, int | float) else escaped(str(value))

"""Sentences: what the numbers of a map say, made from them and their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, TypeAlias

from analysis.axes import label_of
from analysis.maps import SensitivityMap
from analysis.measures.number import Number
from analysis.numbers import percent, plain
from analysis.scales import LOGIT, RAW

Best: TypeAlias = Mapping[str, Any]
"""The best x of a row, as the details of a ridge's slope have it."""

ENTANGLED = 0.05
"""Share of interaction that an interval has to exceed for two hyperparameters to be called entangled."""


def sentences(shown: SensitivityMap, scale: str = RAW) -> Iterator[str]:
    """Yield what a map says of its two hyperparameters on a scale; nothing of what its numbers leave open."""
    grid, numbers = shown.grid, shown.on(scale)
    if grid.y is None or not numbers:
        return
    x, y = label_of(grid.x), label_of(grid.y)
    yield from _entangled(numbers["interaction_share"], x, y)
    yield from _moved(shown, numbers["ridge_slope"], x, y)
    if scale != LOGIT:  # whose units nobody knows
        yield from _regret(shown, numbers["coordinate_tuning_regret"], x, y)


def _entangled(share: Number, x: str, y: str) -> Iterator[str]:
    pair = f"{x} and {y}"
    if share.value is None:
        yield f"How entangled {pair} are cannot be said: {share.reason}."
        return
    told = share.told(percent, " %")
    if share.low is None or share.high is None:
        yield (
            f"{told} of the variation of the cells is interaction of {pair}; with one seed nobody knows how much of "
            "it is noise."
        )
        return
    told += " of the variation of the cells is interaction"
    if share.low > ENTANGLED:
        yield f"{pair[0].upper()}{pair[1:]} are entangled: {told}."
    elif share.high <= ENTANGLED:
        yield f"{pair[0].upper()}{pair[1:]} can be tuned apart: {told}."
    elif share.low > 0.0:
        yield f"{pair[0].upper()}{pair[1:]} are entangled, perhaps a little: {told}."
    else:
        yield f"Whether {pair} are entangled is left open: {told}."


def _moved(shown: SensitivityMap, slope: Number, x: str, y: str) -> Iterator[str]:
    if slope.value is None or slope.low is None or slope.high is None:
        return
    interval = f"slope {slope.told(_number)}"
    if slope.low <= 0.0 <= slope.high:
        apart = _apart(slope)
        if apart is None:
            yield f"The best {x} is not shown to move with {y}: {interval}{_per(shown)}."
            return
        rows = [_row(shown, it, y) for it in apart]
        yield (
            f"The best {x} moves with {y}: it lies {rows[0]}, and {rows[1]}. How fast, on a straight line, is left "
            f"open: {interval}{_per(shown)}."
        )
        return
    way = "rises" if slope.value > 0 else "falls"
    if shown.log[0] and not shown.log[1]:
        yield (
            f"The best {x} {way} tenfold as {y} rises by {_number(1.0 / abs(slope.value))}: {interval}{_per(shown)}."
        )
    elif shown.log[0]:
        yield f"The best {x} {way} by 10^{_number(abs(slope.value))} as {y} rises tenfold: {interval}{_per(shown)}."
    else:
        yield f"The best {x} {way} as {y} rises: {interval}{_per(shown)}."


def _apart(slope: Number) -> tuple[Best, Best] | None:
    """Return the two rows, as far apart in y as may be, whose intervals of the best x have nothing in common."""
    rows: list[Best] = sorted(slope.details.get("best", ()), key=lambda it: it["at"])
    pairs = sorted(combinations(rows, 2), key=lambda pair: pair[0]["at"] - pair[1]["at"])
    return next(
        (pair for pair in pairs if pair[0]["high"] < pair[1]["low"] or pair[1]["high"] < pair[0]["low"]), None
    )


def _row(shown: SensitivityMap, row: Best, y: str) -> str:
    low, high = (_number(10.0**it if shown.log[0] else it) for it in (row["low"], row["high"]))
    at = _number(10.0 ** row["at"] if shown.log[1] else row["at"])
    return f"between {low} and {high} at {y} = {at}"


def _per(shown: SensitivityMap) -> str:
    top = "decades" if shown.log[0] else "units"
    return f" {top} per {'decade' if shown.log[1] else 'unit'}"


def _regret(shown: SensitivityMap, regret: Number, x: str, y: str) -> Iterator[str]:
    if regret.value is None or regret.low is None or regret.high is None:
        return
    measure = shown.measure
    unit = "points" if measure.metric.unit == "%" else measure.metric.unit
    told = f"{regret.told(_number)} {unit}".rstrip()
    yield f"Who tunes {x} first and {y} then loses {told} against the best of all, in the mean over where to start."


def _number(value: float) -> str:
    return plain(value, 2)

"""Words: numbers, times, configurations and counts as people read them, in every message and table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from search_spaces.declarations import Metric
from search_spaces.errors import escaped
from study.trials import Counts


def cell(value: Any) -> str:
    """Return a value as people read it; control characters are escaped."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5g}"
    return escaped(str(value))


def lines(text: str) -> str:
    """Return a message of one line or more as a terminal can bear it: its control characters are escaped."""
    return "\n".join(escaped(line) for line in text.split("\n"))


def point(configuration: Mapping[str, Any]) -> str:
    """Return a configuration as people read it."""
    return ", ".join(f"{cell(name)}={setting(value)}" for name, value in configuration.items())


def setting(value: Any) -> str:
    """Return the value of an option as people write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else cell(value)


def measured(value: float, metric: Metric) -> str:
    """Return a value of a metric as people read it: with its unit, and its name where the unit does not tell it."""
    return f"{value:.2f} %" if metric.unit == "%" else f"{value:.4g} {metric.unit}".rstrip()


def over_seeds(count: int) -> str:
    """Return over how many seeds a number was taken."""
    return "one seed" if count == 1 else f"mean over {count} seeds"


def moment(seconds: float | None) -> str:
    """Return a time of the store as UTC text, or as it is where a damaged store holds what is no time."""
    if seconds is None:
        return "-"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (TypeError, ValueError, OverflowError, OSError):
        return cell(seconds)


def duration(seconds: float | None) -> str:
    """Return a number of seconds as ``h:mm:ss``."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def spent(seconds: float) -> str:
    """Return time that was spent, in its two largest units."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    days, rest = divmod(round(seconds), 86_400)
    hours, minutes, left = rest // 3_600, rest // 60 % 60, rest % 60
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    first = next(index for index, (count, _) in enumerate(units) if count)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2])


def how_to_take_back(study: str) -> str:
    """Return the clause that says how cancelled trials are queued again."""
    return f"`basin retry {study} --where \"state = 'cancelled'\"` takes them back"


def counted(counts: Counts, eta_seconds: float | None) -> str:
    """Return how far a study is as one line; what was cancelled is not done."""
    parts = [f"{done(counts)}/{counts.total} done", f"{counts.running} running", f"{counts.diverged} diverged"]
    if counts.failed:
        parts.append(f"{counts.failed} failed")
    if counts.cancelled:
        parts.append(f"{counts.cancelled} cancelled")
    if counts.terminal < counts.total:
        parts.append(f"ETA {duration(eta_seconds)}")
    return ", ".join(parts)


def done(counts: Counts) -> int:
    """Return how many trials have an outcome of their own."""
    return counts.complete + counts.diverged + counts.failed

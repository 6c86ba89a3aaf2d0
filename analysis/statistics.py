"""Statistics: how the curve of a trial becomes one number. Always named on a figure."""

from __future__ import annotations

from collections.abc import Sequence

STATISTICS = ("final", "mean_last5", "min")


def summarised(curve: Sequence[float], statistic: str) -> float:
    """Return one number for a curve of errors, first epoch first.

    Parameters
    ----------
    curve
        One error an epoch, in percent; at least one.
    statistic
        ``final``, the last epoch; ``mean_last5``, the mean of the last five (or of all, where there are fewer);
        ``min``, the smallest. The minimum over a test curve peeks at the test set, and is optimistic.
    """
    if statistic == "final":
        return float(curve[-1])
    if statistic == "mean_last5":
        last = curve[-5:]
        return float(sum(last) / len(last))
    if statistic == "min":
        return float(min(curve))
    raise ValueError(f"statistic must be one of {', '.join(STATISTICS)}, got {statistic!r}")

"""The drive: one process takes a study to its end.

:mod:`~study.drive.driver` is its life and what the executor asks it; the rooms beside it keep one thing each.
"""

from __future__ import annotations

from study.drive.driver import Driver
from study.drive.tally import Observer
from study.drive.world import Supply, World

__all__ = ["Driver", "Observer", "Supply", "World"]

"""Notes: what a drive has to tell a person, kept until nobody waits for whoever shows it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Notes:
    """Sentences in the order in which they came up.

    They come up under the lock of a drive. Whoever shows them may have to wait, as a terminal that was stopped with
    Ctrl-S makes it, and while the lock is held no lease is renewed: they are told when it has been given back.

    Parameters
    ----------
    show
        Shows one.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._kept: deque[str] = deque()

    def add(self, text: str) -> None:
        """Keep a sentence."""
        self._kept.append(text)

    def tell(self) -> None:
        """Show what was kept; never call it with the lock of the drive."""
        while True:
            try:
                text = self._kept.popleft()
            except IndexError:  # another thread may have taken the last one
                return
            self._show(text)

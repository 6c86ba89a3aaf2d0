"""Proposing: configurations of a design that chooses them one by one, by one driver at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from search_spaces.arm import Arm
from study.drive.world import World
from study.store import Study
from study.store.proposals import PROPOSER_SECONDS, Proposals

if TYPE_CHECKING:
    from study.proposer import Proposer

PATIENCE_SECONDS = 2.0
"""How long another driver may choose a configuration before a person is told that this one waits for it."""


class Proposing:
    """The proposals of one driver.

    Parameters
    ----------
    proposals
        The store's.
    driver_id
        Who proposes.
    world
        The drive's.
    note
        Tells a person.
    """

    def __init__(self, proposals: Proposals, driver_id: str, world: World, note: Callable[[str], None]) -> None:
        self._proposals, self._driver_id, self._world, self._note = proposals, driver_id, world, note
        self._proposers: dict[str, tuple[Arm, Proposer]] = {}
        self._silent_since: float | None = None
        self._told = False

    def fill(self, study: Study, arm_of: Callable[[str], Arm]) -> bool:
        """Fill the next configuration; False where another driver has the word or all are filled."""
        proposals = self._proposals
        if proposals.next_unfilled(study.id) is None:
            return False
        world = self._world
        term = proposals.acquire(study.id, self._driver_id, world.process, world.is_dead)
        if term is None:
            self._note_the_wait()
            return False
        self._silent_since = None
        try:
            wanted = proposals.next_unfilled(study.id)
            if wanted is None:
                return False
            name, number = wanted
            arm = arm_of(name)
            point = self._proposer(name, arm).propose(proposals.outcomes(study, name), number)
            return proposals.fill(study, term, name, number, point)
        finally:
            self.resign(study, patience=2.0)

    def resign(self, study: Study, patience: float | None = None) -> None:
        """Give the right to propose back, where this driver has it."""
        self._proposals.resign(study.id, self._driver_id, patience=patience)

    def _proposer(self, name: str, arm: Arm) -> Proposer:
        known = self._proposers.get(name)
        if known is None or known[0] != arm:
            from study.proposer import Proposer  # noqa: PLC0415 - only designs that ask need Optuna

            known = self._proposers[name] = arm, Proposer(arm)
        return known[1]

    def _note_the_wait(self) -> None:
        """Say, once it has lasted, that another driver has the right to propose."""
        now = self._world.clock.now()
        if self._silent_since is None:
            self._silent_since = now
        elif not self._told and now - self._silent_since > PATIENCE_SECONDS:
            self._told = True
            self._note(
                "another driver chooses the next configuration; waiting for it, at most "
                f"{PROPOSER_SECONDS:.0f} s after its last sign of life"
            )

"""The keeper: renews the leases of a driver, and knows how long they may be trusted."""

from __future__ import annotations

from collections.abc import Callable

from study.drive.holdings import Holdings
from study.drive.outbox import Outbox
from study.drive.world import Lock, Signal, World
from study.store.leases import Leases
from workers.messages import Key

TRUSTED = 0.9
"""Share of a lease's length for which its driver trusts it."""


class Keeper:
    """What keeps the leases of one driver.

    Parameters
    ----------
    leases
        The store's.
    driver_id
        Whose.
    holdings, outbox
        What the driver holds, and what of it is still to be written.
    world, lock
        The drive's.
    note
        Tells a person.
    """

    def __init__(
        self,
        leases: Leases,
        driver_id: str,
        holdings: Holdings,
        outbox: Outbox,
        *,
        world: World,
        lock: Lock,
        note: Callable[[str], None],
    ) -> None:
        self._leases, self._driver_id = leases, driver_id
        self._holdings, self._outbox = holdings, outbox
        self._world, self._clock, self._lock, self._note = world, world.clock, lock, note
        self._trusted_until = 0.0

    def register(self) -> None:
        """Enter the driver, with what tells others on its host whether it lives."""
        self._leases.register(self._driver_id, self._world.process)
        self._trusted_until = self._clock.now() + self._leases.lease_seconds

    def run(self, ended: Signal) -> None:
        """Renew every lease at a quarter of its length, whatever happens, until the drive ends.

        What could not be written is tried again on the way: where every worker hangs, no report will bring that
        about, and a trial of which something is unwritten has no deadline.
        """
        period = self._leases.lease_seconds / 4.0
        pause = period
        while not ended.wait(pause):
            try:
                self.renew(period)
                self._write(period)
                pause = period * self._clock.uniform(0.8, 1.0)
            except Exception:  # noqa: BLE001 - no error may end the renewals; the lease's length bounds the harm
                pause = min(1.0, period) * self._clock.uniform(0.5, 1.0)

    def renew(self, patience: float) -> None:
        """Renew every lease once; find out which are lost, which are late, and which nobody here knows."""
        with self._lock:
            # Trust runs from before the attempt: a slow success cannot stretch it.
            start = self._clock.now()
            leases, holdings = self._leases, self._holdings
            known, unwritten = holdings.keys, self._outbox.unwritten
            training = holdings.training - unwritten - holdings.lost
            held = leases.renew(self._driver_id, patience, training)
            self._trusted_until = start + TRUSTED * leases.lease_seconds
            # Leased by a claim whose answer never arrived, or given up while the store was away.
            leases.release(self._driver_id, held - known - unwritten)
            self._lose(known - held, "the study was cancelled, or another driver has their leases")
            stalled = leases.give_up(self._driver_id, training, patience)
            self._lose(stalled, f"they finished no epoch in {leases.stall_seconds:g} s and wait for another attempt")

    def _write(self, patience: float) -> None:
        with self._lock:
            self._outbox.flush(patience)

    def lost(self) -> set[str]:
        """Return the tickets whose workers are to be stopped.

        They hold a lost lease, where those that could not be renewed in time are asked for first; or all of their
        trials have ended for the length of a lease, and no deadline counts where nothing is open.
        """
        if self._holdings.tickets and self._clock.now() > self._trusted_until:
            try:
                self.renew(0.0)
            except Exception:  # noqa: BLE001 - whatever it is, nothing is known to be held
                self._lose(self._holdings.keys, "their leases could not be renewed in time")
        return self._holdings.lost_tickets | self._holdings.idle(self._leases.lease_seconds)

    def rescue(self, study_id: int) -> None:
        """Take back what dead drivers of this host hold, and whatever nobody renewed."""
        world = self._world
        taken = self._leases.take_back(study_id, self._driver_id, world.process, world.is_dead)
        if taken:
            self._note(f"trials taken back from a driver that died on this host: {taken}")
        self._leases.reap(study_id, besides=self._driver_id)

    def release(self, keys: list[Key]) -> None:
        """Give trials back untrained."""
        self._leases.release(self._driver_id, keys)

    def release_all(self) -> None:
        """Give back whatever the driver holds."""
        self._leases.release_all(self._driver_id)

    def _lose(self, keys: set[Key], reason: str) -> None:
        """Note which leases are lost; the next look of the executor stops their workers."""
        fresh = self._holdings.lose(keys)
        if fresh:
            self._note(f"trials stopped: {len(fresh)}; {reason}")

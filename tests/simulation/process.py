"""A process of the simulation: its clock, its tasks, and what may befall them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from study.clock import Clock
from study.hosts import Process
from tests.simulation.timeline import Crashed, Lock, Signal, Task

if TYPE_CHECKING:
    from tests.simulation.universe import Universe

HOSTS = ("north", "south")


class Running:
    """One process, from its start to its end or its kill.

    Attributes
    ----------
    pid
        Its number, which no other process of the simulation has.
    host
        Where it runs. What a driver that is killed holds, others of its host take back at once; those of another one
        wait until its leases run out.
    dead
        Whether it was killed.
    tasks
        What goes on in it.
    """

    def __init__(self, universe: Universe, name: str) -> None:
        self.universe, self.name = universe, name
        self.pid = universe.next_pid()
        self.host = universe.chance.choice(HOSTS)
        self.dead = False
        self.over = False
        self.tasks: list[Task] = []
        self.paused_until = 0.0
        self.disturbed_at = universe.timeline.now
        timeline, skew = universe.timeline, universe.chance.uniform(0.0, 1e6)
        self.clock = Clock(
            now=lambda: timeline.now + skew,
            sleep=timeline.sleep,
            uniform=universe.chance.uniform,
            wall=universe.wall,
        )

    @property
    def identity(self) -> Process:
        """What the store knows it by."""
        return Process(host=self.host, pid=self.pid, started=float(self.pid))

    def start(self, name, work) -> Task:
        """Start a task in this process."""
        task = self.universe.timeline.start(f"{self.name}/{name}", work, self)
        self.tasks.append(task)
        return task

    def companion(self, name, work) -> Companion:
        """Start what goes on beside a drive."""
        return Companion(self.start(name, work))

    def lock(self) -> Lock:
        return Lock(self.universe.timeline)

    def signal(self) -> Signal:
        return Signal(self.universe.timeline)

    def kill(self) -> None:
        """End it as SIGKILL does: nothing of it does anything any more."""
        self.universe.timeline.note(f"{self.name} is killed")
        self.dead = self.over = True
        for task in self.tasks:
            self.universe.timeline.wake(task)

    def disturbed(self) -> None:
        """Note that something keeps it from doing what it should, if only for a moment."""
        self.disturbed_at = max(self.universe.timeline.now, self.paused_until)

    def pause(self, seconds: float) -> None:
        """Let it stand still, as SIGSTOP does."""
        self.universe.timeline.note(f"{self.name} stands still for {seconds:.1f} s")
        self.paused_until = self.universe.timeline.now + seconds
        self.disturbed()

    def crash(self) -> None:
        """Be killed at this very point."""
        self.kill()
        raise Crashed


class Companion:
    """A task beside a drive (:class:`study.drive.world.Companion`)."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        assert self._task.done is not None
        self._task.done.wait(timeout)

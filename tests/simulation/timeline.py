"""The timeline: virtual time, and tasks that take turns on it. Nothing here waits for anything real.

One task runs at a time, and only where it sleeps or waits may another one go on: what happens in which order follows
from the seed alone.
"""

from __future__ import annotations

import heapq
import itertools
import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from tests.simulation.process import Running


class Crashed(BaseException):
    """Unwinds the tasks of a process that was killed; nothing may catch it."""


@dataclass(eq=False)
class Task:
    """Something that goes on in a process.

    Attributes
    ----------
    name
        For the trace.
    process
        What it goes on in, None where that is nothing that could be killed.
    over
        Whether it has ended.
    """

    name: str
    process: Running | None = None
    turn: int = 0
    over: bool = False
    waiting: greenlet | None = None
    done: Signal | None = field(default=None, repr=False)

    @property
    def alive(self) -> bool:
        """Whether its process still is."""
        return self.process is None or not self.process.dead


class Timeline:
    """Virtual time.

    Attributes
    ----------
    now
        Seconds since the beginning.
    chance
        Where everything is drawn from.
    trace
        What happened, a line each.
    """

    def __init__(self, seed: object) -> None:
        self.now = 0.0
        self.chance = random.Random(str(seed))  # noqa: S311
        self.trace: list[str] = []
        self._queue: list[tuple[float, int, int, Task]] = []
        self._order = itertools.count()
        self._hub = getcurrent()
        self._running: Task | None = None

    def note(self, text: str) -> None:
        """Write a line of the trace."""
        who = "" if self._running is None else f"{self._running.name}: "
        self.trace.append(f"{self.now:.4f} {who}{text}")

    def standing(self) -> list[str]:
        """Return where every task stands that has not ended, a line each: so is found what never ends."""
        found = []
        for at, _, turn, task in sorted(self._queue, key=lambda it: it[:2]):
            if task.over or turn != task.turn or task.waiting is None or task.waiting.gr_frame is None:
                continue
            frames = [it for it in traceback.extract_stack(task.waiting.gr_frame) if it.filename != __file__]
            places = " < ".join(f"{Path(it.filename).stem}:{it.lineno} {it.name}" for it in frames[:-9:-1])
            found.append(f"{task.name} wakes at {at:.1f}: {places}")
        return found

    def start(self, name: str, work: Callable[[], None], process: Running | None = None) -> Task:
        """Start a task, which takes its first turn soon."""
        task = Task(name, process)
        task.done = Signal(self)

        def run() -> None:
            try:
                work()
            except Crashed:
                self.note("is gone")
            finally:
                task.over = True
                if task.done is not None:
                    task.done.set()

        task.waiting = greenlet(run, parent=self._hub)
        self._schedule(task, 0.0)
        return task

    def run(self, until: float, enough: Callable[[], bool] = lambda: False) -> bool:
        """Let tasks take turns until all are over, or it is enough; False where some are not by then."""
        while self._queue and not enough():
            at, _, turn, task = heapq.heappop(self._queue)
            if task.over or turn != task.turn:
                continue  # woken before by something else
            if at > until:
                self._queue_at(task, at)
                return False
            self.now = max(self.now, at)
            if task.alive and task.process is not None and task.process.paused_until > self.now:
                self._queue_at(task, task.process.paused_until)
                continue
            self._running = task
            assert task.waiting is not None
            if task.alive:
                task.waiting.switch()
            elif task.waiting:
                task.waiting.throw(Crashed)
            else:  # it never had a turn, and has nothing to unwind
                task.over = True
            self._running = None
        return True

    def sleep(self, seconds: float) -> None:
        """Let the running task wait."""
        task = self.current
        if not task.alive:
            raise Crashed
        self._schedule(task, seconds)
        self._hub.switch()

    @property
    def current(self) -> Task:
        """The running task."""
        assert self._running is not None, "no task is running"
        return self._running

    def wake(self, task: Task) -> None:
        """Let a task that waits go on now."""
        self._schedule(task, 0.0)

    def _schedule(self, task: Task, seconds: float) -> None:
        task.turn += 1
        self._queue_at(task, self.now + max(0.0, seconds))

    def _queue_at(self, task: Task, at: float) -> None:
        heapq.heappush(self._queue, (at, next(self._order), task.turn, task))


class Signal:
    """Something that happens once (:class:`study.drive.world.Signal`)."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._set = False
        self._waiters: list[Task] = []

    def set(self) -> None:
        """Let it happen."""
        self._set = True
        waiters, self._waiters = self._waiters, []
        for task in waiters:
            self._timeline.wake(task)

    def is_set(self) -> bool:
        """Tell whether it has."""
        return self._set

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it."""
        if not self._set:
            task = self._timeline.current
            self._waiters.append(task)
            self._timeline.sleep(1e9 if timeout is None else timeout)
            if task in self._waiters:
                self._waiters.remove(task)
        return self._set


class Lock:
    """A lock that its task may take again (:class:`study.drive.world.Lock`)."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._owner: Task | None = None
        self._depth = 0
        self._waiters: list[Task] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it."""
        timeline, task = self._timeline, self._timeline.current
        deadline = float("inf") if timeout < 0 else timeline.now + timeout
        while self._owner not in {None, task}:
            if not blocking or timeline.now >= deadline:
                return False
            self._waiters.append(task)
            timeline.sleep(min(deadline - timeline.now, 1e9))
            if task in self._waiters:
                self._waiters.remove(task)
        self._owner, self._depth = task, self._depth + 1
        return True

    def release(self) -> None:
        """Give it back."""
        self._depth -= 1
        if not self._depth:
            self._owner = None
            waiters, self._waiters = self._waiters, []
            for task in waiters:
                self._timeline.wake(task)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

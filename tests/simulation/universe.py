"""A universe: one study, several drivers and people, a storm of faults and a calm after it, all from one seed."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from search_spaces.validation import loads
from study.clock import Clock
from study.drive import Driver, World
from study.errors import BasinError, StudyMismatchError
from study.store import Store
from tests.simulation.cluster import Cluster
from tests.simulation.fates import Fates
from tests.simulation.process import Running
from tests.simulation.timeline import Timeline
from tests.simulation.training import HANGING
from tests.simulation.troubled import troubled
from tests.simulation.witness import Witness
from workers.messages import Key, Report

EPOCH = 1.8e9
"""Where the wall clock begins."""

LONGEST = 20_000.0
"""Virtual seconds after which a study should have ended long ago."""

MANY = 250
"""Trials from which nobody retries any more, or asks for fresh seeds."""

LISTED = 6
"""Learning rates of a study that chooses by the slot: so few that runs are repeated."""

MEMORY = Path("/dev/shm")  # noqa: S108 - only where it is one
"""A filesystem in memory, where there is one."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a universe.

    Attributes
    ----------
    seed
        Its seed.
    faults
        How many of each kind were drawn.
    violations
        What was broken.
    trace
        What happened, a line each.
    trials, attempts, looks
        How much there was to see.
    """

    seed: int
    faults: Counter[str]
    violations: list[str]
    trace: list[str]
    trials: int
    attempts: int
    looks: int

    @property
    def digest(self) -> str:
        """What tells two traces apart."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()


class Universe:
    """One simulated study.

    Parameters
    ----------
    seed
        Everything follows from it.
    folder
        Where the store lies.
    longest
        Virtual seconds after which it is said not to end.

    Attributes
    ----------
    bereaved
        Attempts that had begun when their worker died.
    before
        What comes before each attempt in its ticket.
    brief
        Whether it has many trials, all of them so short that tickets take several.
    ended, reached
        Attempts of which a driver was told the end, and the last epoch that it was told of each.
    asked, given
        How many fresh seeds a person asks for just now, None where nobody does; and how many trials came of that.
    """

    def __init__(self, seed: int, folder: Path, longest: float = LONGEST) -> None:
        self.seed, self.longest = seed, longest
        self.path = folder / "basin.db"
        self.timeline = Timeline(f"universe {seed}")
        self.chance = self.timeline.chance
        self.fates = Fates(self.chance)
        self.lease_seconds = self.chance.choice([5.0, 20.0, 60.0])
        self.stall_seconds = self.chance.choice([15.0, 40.0])
        self.storm = self.chance.uniform(200.0, 800.0)
        self.away_until = 0.0
        self._jump = 0.0
        self.went_back = False
        self.bereaved: set[Key] = set()
        self.before: dict[Key, list[Key]] = {}
        self.ended: set[Key] = set()
        self.reached: dict[Key, int] = {}
        self.asked: int | None = None
        self.given = 0
        self._meddling = 0
        self._pids = itertools.count(100)
        self._names = itertools.count()
        self._living: dict[int, Running] = {}
        self.brief = self.chance.random() < 0.4
        if self.brief:
            self.stall_seconds = 8.0  # or a cluster dies, or a driver, before a worker that hangs has been noticed
        self.document = self._drawn()

    def _drawn(self) -> dict:
        """Draw what is studied."""
        chance = self.chance
        lrs = [round(1e-4 * 3.0**power, 12) for power in range(chance.randint(2, 5))]
        if chance.random() < 0.3:
            lrs.append(HANGING)
            self.stall_seconds = 4.0  # which pass twenty times before such a trial is failed
        document = {
            "name": "simulated",
            "task": {"dataset": "digits", "network": "mlp"},
            "optimizer": {"name": "sgd"},
            "epochs": chance.randint(1, 4),
            "seeds": chance.randint(6, 8) if self.brief else chance.randint(1, 4),
            "space": {"lr": {"values": lrs}},
        }
        if chance.random() < 0.25:
            document["space"] = {"lr": {"low": 1e-4, "high": 1.0, "log": True}}
            document["design"] = {"name": "tpe", "configurations": chance.randint(2, 5)}
            if not self.brief and chance.random() < 0.6:  # few slots, for its model takes longer than all the rest
                document["space"] = {"lr": {"values": [round(1e-4 * 3.0**power, 12) for power in range(LISTED)]}}
                document["design"] = {"name": "levelset", "configurations": chance.randint(2, 3)}
        elif chance.random() < 0.4:
            document["arms"] = {"base": {}, "adam": {"optimizer": {"name": "adam"}}}
        return document

    def wall(self) -> float:
        """Return what the database takes for the time."""
        return EPOCH + self.timeline.now + self._jump

    def next_pid(self) -> int:
        return next(self._pids)

    def is_dead(self, process) -> bool:
        """Tell whether a process of this universe has ended, as its host would."""
        running = self._living.get(process.pid)
        return running is None or running.over

    def hear(self, reports: Sequence[Report]) -> None:
        """Note what a driver has been told of attempts: that they ended, how far they have come."""
        self.ended |= {it.key for it in reports if it.finish is not None}
        for it in reports:
            self.reached[it.key] = max([self.reached.get(it.key, 0), *(int(one["epoch"]) for one in it.epochs)])

    def owner(self, driver_id: str) -> Running | None:
        """Return the process of a driver, None where it has ended."""
        running = self._living.get(int(driver_id.rpartition("-")[2]))
        return None if running is None or running.over else running

    # --- what goes on ---

    def run(self) -> Outcome:
        """Let it go on until its study has ended, and judge it."""
        with Store(str(self.path), create=True, clock=Clock(wall=self.wall)) as store:
            store.studies.create(loads(json.dumps(self.document)), "simulated")
        self.witness = Witness(self)
        self.store = troubled(self)
        try:
            self.witness.look()
            timeline, chance = self.timeline, self.chance
            for seat in range(chance.randint(1, 3)):
                timeline.start(f"seat {seat}", self._sits)
            for people in (self._meddle, self._wonder):
                self._meddling += 1
                timeline.start(people.__name__.strip("_"), people)
            timeline.start("weather", self._blow)
            # What follows a violation says nothing more, and may never end.
            if not timeline.run(self.longest, lambda: bool(self.witness.violations)):
                self.witness.blame(f"I1: the study has not ended after {self.longest:.0f} s")
                for line in timeline.standing():
                    timeline.note(f"stands: {line}")
            if not self.witness.violations:
                self._judge()
            trials = len(self.witness.rows("SELECT id FROM trial"))
            attempts = len(self.witness.rows("SELECT trial_id FROM attempt"))
        finally:
            self.store.close()
            self.witness.close()
        return Outcome(
            seed=self.seed,
            faults=self.fates.drawn,
            violations=self.witness.violations,
            trace=timeline.trace,
            trials=trials,
            attempts=attempts,
            looks=self.witness.looks,
        )

    def reopened(self) -> Witness:
        """Let the witness, who remembers what it saw at the end, look once more."""
        self.witness.reopen()
        try:
            self.witness.look()
        finally:
            self.witness.close()
        return self.witness

    def _judge(self) -> None:
        self.witness.judge_the_end()
        with Store(str(self.path)) as store:
            for sentence in store.findings():
                if "before they began" not in sentence or not self.went_back:  # true, where a clock went back
                    self.witness.blame(f"I7: {sentence}")
            study = store.studies.get("simulated")
            told = store.studies.counts(study.id).to_dict()
            found = Counter(
                "superseded" if row["superseded"] else row["state"]
                for row in self.witness.rows("SELECT state, superseded FROM trial")
            )
            if any(told[name] != found[name] for name in told if name != "total"):
                self.witness.blame(f"I7: the store counts {told}, and it holds {dict(found)}")
            bests = {name: round(it.mean, 6) for name, it in store.summaries.bests(study).items()}
            lowest = {name: round(mean, 6) for name, (mean, _) in self.witness.bests().items()}
            if bests != lowest:
                self.witness.blame(f"I7: the store says that the best of each arm comes to {bests}, not {lowest}")

    def _blow(self) -> None:
        """Let the storm end, and clocks jump while it lasts."""
        timeline, chance = self.timeline, self.chance
        while timeline.now < self.storm:
            timeline.sleep(chance.uniform(5.0, 60.0))
            if chance.random() < 0.3:
                by = chance.choice([-600.0, -5.0, 1.2 * self.lease_seconds, 2.0 * self.lease_seconds, 600.0])
                self._jump += by
                self.went_back |= by < 0
                for process in self._living.values():
                    process.disturbed()
                self.fates.count("clock jumped")
                timeline.note(f"the clock jumps by {by:g} s")
            if chance.random() < 0.3:
                living = [it for it in self._living.values() if not it.over]
                if living:
                    self.fates.count("process killed")
                    chance.choice(living).kill()
        self.fates.calm = True
        timeline.note("calm")

    def _sits(self) -> None:
        """Drive the study as a person does who starts the same command again until it is done."""
        timeline, chance = self.timeline, self.chance
        while True:
            timeline.sleep(chance.uniform(0.0, 5.0))
            process = Running(self, f"driver{next(self._names)}")
            self._living[process.pid] = process
            task = process.start("main", lambda process=process: self._drive(process))
            assert task.done is not None
            task.done.wait()
            process.over = True
            while self._is_finished():  # a drive of what is finished draws faults that can break nothing
                if not self._meddling:
                    return
                timeline.sleep(chance.uniform(1.0, 5.0))

    def _is_finished(self) -> bool:
        return not self.witness.rows("SELECT 1 FROM trial WHERE state IN ('waiting', 'running') LIMIT 1")

    def _drive(self, process: Running) -> None:
        """Drive the study once, and end as a command does."""
        slow = self.stall_seconds / 4.0
        epochs = [0.001, 0.02] if self.brief else [0.001, 0.05, slow, slow]
        places, seconds = self.chance.randint(1, 3), self.chance.choice(epochs)
        try:
            study = self.store.studies.get("simulated")
            cluster = Cluster(process, places, seconds)
            world = World(
                executor=cluster,
                clock=process.clock,
                identifier=lambda: f"{process.name}-{process.pid}",
                process=process.identity,
                is_dead=self.is_dead,
                lock=process.lock,
                signal=process.signal,
                beside=process.companion,
            )
            driver = Driver(self.store, study, world=world, data=None, observer=Notes(self))
            if not self.fates.calm and self.chance.random() < 0.3:
                process.start("person", lambda: self._stop(process, driver))
            alone = not self._meddling
            counts = driver.run().counts
            self.timeline.note(f"ends with {counts.to_dict()}")
            cluster.judge()
            self.witness.judge_a_drive(f"{process.name}-{process.pid}")
            if alone and not driver.stopping and counts.waiting + counts.running:
                self.witness.blame(f"I1: a driver ends before its study: {counts.to_dict()}")
        except BasinError as error:
            self.noted(f"ends with {type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever else a driver raises is a bug
            self.witness.blame(f"a driver raised {type(error).__name__}: {error}")

    def noted(self, text: str) -> None:
        """Write what a driver says into the trace, which says nothing of where the store lies."""
        self.timeline.note(text.replace(str(self.path), "STORE"))

    def _stop(self, process: Running, driver: Driver) -> None:
        """Ask a driver to end in good order."""
        self.timeline.sleep(self.chance.choice([1.0, 5.0, 30.0]) * self.chance.random())
        if not process.over:
            self.fates.count("driver stopped")
            driver.stop()

    # --- what people do beside it ---

    def _meddle(self) -> None:
        """Cancel, extend, retry and reap while the storm lasts."""
        while not self.fates.calm:
            self.timeline.sleep(self.chance.uniform(2.0, 30.0))
            self._let(
                self.chance.choice([self._extend, self._extend, self._retry, self._retry, self._cancel, self._reap])
            )
        self._meddling -= 1

    def _wonder(self) -> None:
        """Ask for fresh seeds for the winner while the storm lasts: before drives and during them, mostly after."""
        while not self.fates.calm:
            self.timeline.sleep(self.chance.uniform(0.0, 10.0))
            if self._is_finished() or self.chance.random() < 0.1:
                self._let(self._check)
        self._meddling -= 1

    def _let(self, what) -> None:
        """Let a person do something, and wait for the end of it, or of the person."""
        person = Running(self, f"person{next(self._names)}")
        self._living[person.pid] = person
        task = person.start(what.__name__.strip("_"), lambda: self._do(what))
        assert task.done is not None
        task.done.wait()
        person.over = True

    def _do(self, what) -> None:
        try:
            what(self.store)
        except BasinError as error:
            self.noted(f"is told {type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever else a person is told is a bug
            self.witness.blame(f"a person was told {type(error).__name__}: {error}")

    def _extend(self, store: Store) -> None:
        study = store.studies.get("simulated")
        # What is stored counts: others may have extended it, without an acknowledgement coming through.
        stored = json.loads(study.document)
        first = next(iter(stored.get("arms", {"base": stored}).values()))
        wider = self.document | {name: stored[name] for name in ("seeds", "design")} | {"space": first["space"]}
        lrs = first["space"]["lr"].get("values", ())
        if self.chance.random() < 0.5 and wider["seeds"] < 10:
            wider["seeds"] += 1
        elif wider["design"]["name"] != "grid":
            wider["design"]["configurations"] += not lrs or wider["design"]["configurations"] < len(lrs)
        elif len(lrs) < 9:
            wider["space"] = {"lr": {"values": [*lrs, round(max(lrs) * 3.0, 12)]}}
        added = store.growth.extend(study, loads(json.dumps(wider)))
        self.fates.count("study extended")
        self.timeline.note(f"added {added.trials}")

    def _retry(self, store: Store) -> None:
        if self._are_many():
            return
        study = store.studies.get("simulated")
        states = self.chance.choice([["failed"], ["diverged"], ["cancelled"], []])
        count = store.growth.retry(study, states=states)
        self.fates.count("trials retried")
        self.timeline.note(f"retried {count} {states}")

    def _are_many(self) -> bool:
        """Tell whether no more trials should come: the witness reads all of them after every commit."""
        return self.witness.rows("SELECT count(*) AS trials FROM trial")[0]["trials"] > MANY

    def _check(self, store: Store) -> None:
        """Ask for fresh seeds for the winner, which is refused while anything is open."""
        if self._are_many():
            return
        study = store.studies.get("simulated")
        self.asked, self.given = self.chance.randint(1, 3), 0
        try:
            told = store.winners.check(study, self.asked).trials
        except StudyMismatchError as error:
            if self.given:
                self.witness.blame(f"I2: fresh seeds were added, and who asked for them is told: {error}")
            raise
        finally:
            self.asked = None
        if told != self.given:
            self.witness.blame(f"I2: {self.given} fresh seeds were added, and who asked is told of {told}")
        if told:
            self.fates.count("fresh seeds added")
        self.timeline.note(f"got {told} fresh seeds")

    def _cancel(self, store: Store) -> None:
        count = store.studies.cancel(store.studies.get("simulated"))
        self.fates.count("study cancelled")
        self.timeline.note(f"cancelled {count}")

    def _reap(self, store: Store) -> None:
        self.timeline.note(f"reaped {store.leases.reap()}")
        self.fates.count("leases reaped")


class Notes:
    """An observer (:class:`study.drive.Observer`) that writes into the trace."""

    def __init__(self, universe: Universe) -> None:
        self.noted = universe.noted

    def progressed(self, counts, eta_seconds) -> None:
        """Note nothing."""


PREFIX = "basin-universe-{}-"
"""Of the folders that a process makes."""


def abandon(*_signal: object) -> None:
    """End this process at once, wherever its universe is; what it wrote goes with it."""
    for parent in (MEMORY, Path(tempfile.gettempdir())):
        for folder in parent.glob(PREFIX.format(os.getpid()) + "*"):
            shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def simulate(seed: int, in_memory: bool = True, longest: float = LONGEST) -> Outcome:
    """Return what becomes of the universe of a seed, whose store lies in memory or on a disk."""
    parent = MEMORY if in_memory and MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix=PREFIX.format(os.getpid()), dir=parent) as folder:
        return Universe(seed, Path(folder), longest).run()

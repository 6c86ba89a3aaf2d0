"""The witness: after every commit it reads the whole store, with SQL of its own, and compares it with what it saw.

I1 to I8 are the invariants of the store; each violation is one sentence that begins with the one it breaks.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf, prod
from typing import TYPE_CHECKING

from tests.simulation.training import DIED, RAISED, error_of, kind_of, last_epoch
from workers.messages import Key, Report

if TYPE_CHECKING:
    from tests.simulation.process import Running
    from tests.simulation.universe import Universe

TERMINAL = {"complete", "diverged", "failed", "cancelled"}
STEPS = {
    ("waiting", "waiting"),
    ("waiting", "running"),
    ("waiting", "cancelled"),
    ("running", "running"),
    ("running", "waiting"),
    *(("running", state) for state in TERMINAL),
}
"""What may become of a trial in one transaction."""

ERRORS, EXPIRIES = 3, 20
"""How often a trial may end in an error, or lose its lease in a row without progress, before it is failed."""

CALM_SECONDS, PROMPT_SECONDS = 1.0, 0.5
"""How long nothing must have disturbed a driver, and what it may take, for what it does at once to be judged."""

GUESSING = 90.0
"""What a diverged seed counts at, in percent."""

SLOT = ("study_id", "number", "arm", "configuration_id", "seed", "epochs", "generation", "options", "created_at")
"""What a trial is, from when its configuration is known."""


class Witness:
    """Who sees everything.

    Attributes
    ----------
    violations
        What was broken, a sentence each.
    looks
        How often it looked.
    """

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self.reopen()
        self._before: dict[int, dict] = {}
        self.violations: list[str] = []
        self.looks = 0
        self._seen: dict[str, tuple[float, float]] = {}
        self._moved: dict[Key, float] = {}

    def reopen(self) -> None:
        """Open the store."""
        self._connection = sqlite3.connect(self._universe.path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._version = -1

    def close(self) -> None:
        self._connection.close()

    def blame(self, sentence: str) -> None:
        """Note a violation."""
        self._universe.timeline.note(f"VIOLATION {sentence}")
        if sentence not in self.violations:
            self.violations.append(sentence)

    def rows(self, statement: str, *values: object) -> list[dict]:
        return [dict(row) for row in self._connection.execute(statement, values)]

    def look(self, by: Running | None = None) -> None:
        """Look at the store after a commit, where that has changed anything."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return
        self._version = version
        self.looks += 1
        self._connection.execute("BEGIN")
        try:
            trials = {row["id"]: row for row in self.rows("SELECT * FROM trial")}
            self._note_lives(trials)
            self._judge_steps(trials)
            self._judge_takings(trials, by)
            self._judge_slots(trials)
            self._judge_fresh_seeds(trials)
            self._judge_bounds(trials)
            self._judge_words(trials)
            self._judge_attempts(trials)
            self._judge_counts(trials)
        finally:
            self._connection.execute("COMMIT")
        self._note(trials)
        self._before = trials

    def _note(self, trials: dict[int, dict]) -> None:
        for key, row in trials.items():
            old = self._before.get(key)
            if old is None or (old["state"], old["attempt"]) != (row["state"], row["attempt"]):
                was = "new" if old is None else f"{old['state']}.{old['attempt']}"
                self._universe.timeline.note(f"trial {key}: {was} -> {row['state']}.{row['attempt']}")

    def _judge_steps(self, trials: dict[int, dict]) -> None:
        """I3, I4: an outcome never changes, and whatever else changes does so step by step."""
        for key, old in self._before.items():
            new = trials.get(key)
            if new is None:
                self.blame(f"I1: trial {key} is gone")
                continue
            if old["filled"] and any(old[name] != new[name] for name in SLOT):
                self.blame(f"I3: trial {key} was filled, and is another one")
            if old["state"] in TERMINAL:
                changed = {name for name in old if old[name] != new[name]}
                if changed - {"superseded"} or (old["superseded"] and not new["superseded"]):
                    self.blame(f"I3: trial {key} is {old['state']}, and {', '.join(sorted(changed))} changed")
            elif (old["state"], new["state"]) not in STEPS:
                self.blame(f"I3: trial {key} went from {old['state']} to {new['state']}")
            if new["attempt"] not in {old["attempt"], old["attempt"] + 1}:
                self.blame(f"I3: trial {key} went from attempt {old['attempt']} to {new['attempt']}")
            if new["attempt"] > old["attempt"] and new["state"] != "running":
                self.blame(f"I3: trial {key} got a new attempt and is {new['state']}")

    def _judge_takings(self, trials: dict[int, dict], by: Running | None) -> None:
        """I5: nobody takes what a living driver holds, and nobody who is not disturbed lets it lapse."""
        wall, now = self._universe.wall(), self._universe.timeline.now
        for key, old in self._before.items():
            new = trials.get(key, old)
            if old["state"] != "running" or new["state"] not in {"running", "waiting", "failed"} or by is None:
                continue
            owner = self._universe.owner(old["driver_id"])
            if owner is by and new["expiries"] > old["expiries"] and old["progress_until"] > wall:
                self.blame(f"I5: {owner.name} took trial {key} from itself before its deadline for progress")
            if owner is by and new["expiries"] > old["expiries"]:
                self._judge_giving_up((key, old["attempt"]), owner, new)
            if owner is None or owner is by or (new["state"], new["driver_id"]) == ("running", old["driver_id"]):
                continue
            if old["progress_until"] <= wall:
                continue
            if old["lease_until"] > wall:
                self.blame(f"I5: trial {key} was taken from {owner.name}, which lives, before its lease ran out")
            elif now - owner.disturbed_at > self._universe.lease_seconds:
                self.blame(f"I5: {owner.name} let the lease of trial {key} run out, although nothing disturbed it")

    def _judge_giving_up(self, key: Key, owner: Running, now: dict) -> None:
        """I5: what a living driver gives up is what its worker trains, and it has nothing of it still to write."""
        universe, (trial, attempt) = self._universe, key
        whose = f"{owner.name} gave up attempt {attempt} of trial {trial}"
        others = universe.before.get(key)
        if others is None:
            self.blame(f"I5: {whose}, which no worker has")
            return
        # As it was before, for all that was given up at once is open no more.
        open_ = {(it, row["attempt"]) for it, row in self._before.items() if row["state"] == "running"}
        if any(it not in universe.ended and it in open_ for it in others):
            self.blame(f"I5: {whose}, whose turn had not come")
        if key in universe.ended or universe.reached.get(key, 0) > now["epochs_done"]:
            self.blame(f"I5: {whose}, of which it knows more than is on record")

    def judge_training(self, process: Running, keys: Sequence[Key]) -> None:
        """I5: no worker goes on with what its driver has lost, or without the trust that renewals give."""
        now, lease = self._universe.timeline.now, self._universe.lease_seconds
        renewed = self._seen.get(f"{process.name}-{process.pid}", (0.0, now))[1]
        # Whoever renews has the lock for a quarter of a lease, twice, and for the store's patience in between.
        if now - max(renewed, process.paused_until) > 1.5 * lease + 10.0:
            self.blame(f"I5: a worker of {process.name} trains, although nothing has been renewed for long")
        for key in keys:
            gone = self._moved.get(key)
            if gone is not None and now - max(gone, process.disturbed_at, self._universe.away_until) > lease:
                self.blame(f"I5: a worker of {process.name} trains attempt {key[1]} of trial {key[0]}, which is lost")

    def judge_a_ticket(self, process: Running, keys: Sequence[Key], since: float) -> None:
        """I5: what a ticket left open is given back when it ends, and not only by the next renewal."""
        now, away_until = self._universe.timeline.now, self._universe.away_until
        if max(process.disturbed_at, away_until) > since - CALM_SECONDS or now - since > PROMPT_SECONDS:
            return
        name = f"{process.name}-{process.pid}"
        held = self.rows("SELECT id, attempt FROM trial WHERE state = 'running' AND driver_id = ?", name)
        for trial, attempt in {(row["id"], row["attempt"]) for row in held} & set(keys):
            self.blame(f"I5: {process.name} holds attempt {attempt} of trial {trial}, whose ticket has ended")

    def _note_lives(self, trials: dict[int, dict]) -> None:
        """Note when each driver has registered or renewed, and which attempts are over since when."""
        now = self._universe.timeline.now
        for row in self.rows("SELECT id, seen_at FROM driver"):
            if self._seen.get(row["id"], (None,))[0] != row["seen_at"]:
                self._seen[row["id"]] = row["seen_at"], now
        for key, old in self._before.items():
            new = trials.get(key, old)
            if old["state"] == "running" and (new["state"], new["attempt"]) != ("running", old["attempt"]):
                self._moved[key, old["attempt"]] = now

    def _judge_slots(self, trials: dict[int, dict]) -> None:
        """I1: of every configuration and seed there is one slot in force, and of each arm what its study asks for.

        Of a design that chooses by the slot there are as many, and each configuration has the first so many seeds.
        """
        (study,) = self.rows("SELECT document FROM study")
        document = json.loads(study["document"])
        arms, by_slot = document.get("arms", {"base": document}), document["design"]["name"] == "levelset"
        configurations = {row["id"]: row for row in self.rows("SELECT id, arm, number, key FROM configuration")}
        for name, arm in arms.items():
            space = [len(domain["values"]) for domain in arm["space"].values() if "values" in domain]
            wanted = document["design"]["configurations"] or prod(space)
            found = [row for row in configurations.values() if row["arm"] == name]
            wanted *= document["seeds"] if by_slot else 1
            if len(found) != wanted:
                self.blame(f"I1: arm {name} has {len(found)} configurations instead of {wanted}")
            keys = [row["key"] for row in found if row["key"] is not None]
            if len(keys) != len(set(keys)):
                self.blame(f"I1: arm {name} has a configuration twice")
        slots: dict[tuple[int, int], int] = {}
        for row in trials.values():
            place = row["configuration_id"], row["seed"]
            if by_slot or row["seed"] < document["seeds"]:  # the others are fresh, and judged as such
                slots[place] = slots.get(place, 0) + (not row["superseded"])
            if row["arm"] != configurations[row["configuration_id"]]["arm"]:
                self.blame(f"I1: trial {row['id']} is of arm {row['arm']}, and its configuration is not")
        every = {(key, seed) for key in configurations for seed in range(document["seeds"])}
        if by_slot:
            seeds: dict[int, list[int]] = {}
            for (key, seed), count in slots.items():
                seeds.setdefault(key, []).extend([seed] * count)
            whole = sum(map(len, seeds.values())) == len(configurations)
            if not whole or any(sorted(it) != list(range(len(it))) for it in seeds.values()) or slots.keys() - every:
                self.blame("I1: the slots in force are not as many as asked for, or not the first seeds of each")
        elif slots.keys() != every or set(slots.values()) != {1}:
            self.blame("I1: the slots in force are not one of each configuration and seed")
        if sorted(row["number"] for row in trials.values()) != list(range(len(trials))):
            self.blame("I1: the trials are not numbered one after the other")

    def bests(self, trials: Mapping[int, dict] | None = None) -> dict[str, tuple[float, set[int]]]:
        """Return by arm the lowest mean over the seeds of the study, and which configurations have it.

        ``trials`` are those of a moment, else those of now; all seeds of what may be the best have ended.
        """
        (study,) = self.rows("SELECT document FROM study")
        seeds = json.loads(study["document"])["seeds"]
        found: dict[tuple[str, int], list[dict]] = {}
        for row in trials.values() if trials is not None else self.rows("SELECT * FROM trial"):
            if not row["superseded"] and row["seed"] < seeds:
                found.setdefault((row["arm"], row["configuration_id"]), []).append(row)
        bests: dict[str, tuple[float, set[int]]] = {}
        for (arm, key), rows in found.items():
            complete = [row["test_error_final"] for row in rows if row["state"] == "complete"]
            if not complete or any(row["state"] not in TERMINAL for row in rows):
                continue
            values = [*complete, *(GUESSING for row in rows if row["state"] == "diverged")]
            mean = sum(values) / len(values)
            lowest, keys = bests.get(arm, (inf, set()))
            if mean < lowest - 1e-6:
                lowest, keys = mean, set()
            bests[arm] = lowest, keys | {key} if mean <= lowest + 1e-6 else keys
        return bests

    def _judge_fresh_seeds(self, trials: dict[int, dict]) -> None:
        """I1: fresh seeds come where somebody asks, once everything has ended, and for the best of each arm alone."""
        (study,) = self.rows("SELECT document FROM study")
        document, universe = json.loads(study["document"]), self._universe
        first, by_slot = document["seeds"], document["design"]["name"] == "levelset"
        fresh: dict[int, list[int]] = {}
        for row in trials.values():
            if not by_slot and row["seed"] >= first:
                fresh.setdefault(row["configuration_id"], []).extend([row["seed"]] * (not row["superseded"]))
        for one, seeds in fresh.items():
            if sorted(seeds) != [*range(first, first + max(1, len(seeds)))]:
                self.blame(f"I1: the fresh seeds of configuration {one} are {sorted(seeds)}")
        came = [it for key, it in trials.items() if key not in self._before and it["generation"] == 0]
        came = [it for it in came if it["seed"] >= first]
        if not came:
            return
        universe.given += len(came)
        if universe.asked is None or by_slot:
            self.blame("I1: fresh seeds were added that nobody asked for, or may ask for")
            return
        if any(it["state"] not in TERMINAL for it in self._before.values()):
            self.blame("I1: fresh seeds were added before everything had ended")
        last = first + universe.asked
        in_force = {(it["configuration_id"], it["seed"]) for it in trials.values() if not it["superseded"]}
        bests = self.bests(self._before)
        for arm, (_, keys) in bests.items():
            if not any({(key, seed) for seed in range(first, last)} <= in_force for key in keys):
                self.blame(f"I1: the best of arm {arm} has not the {universe.asked} fresh seeds that were asked for")
        for it in came:
            if it["configuration_id"] not in bests.get(it["arm"], (inf, set()))[1] or it["seed"] >= last:
                self.blame(f"I1: trial {it['id']} is a fresh seed of what is not the best, or one that nobody wanted")

    def _judge_bounds(self, trials: dict[int, dict]) -> None:
        """I6: nobody is tried more often than allowed."""
        for row in trials.values():
            if row["errors"] > ERRORS or (row["errors"] == ERRORS and row["state"] != "failed"):
                self.blame(f"I6: trial {row['id']} is {row['state']} after {row['errors']} errors")
            if row["expiries"] > EXPIRIES or (row["expiries"] == EXPIRIES and row["state"] != "failed"):
                self.blame(f"I6: trial {row['id']} is {row['state']} after {row['expiries']} expiries")
            if row["state"] == "failed" and row["errors"] < ERRORS and row["expiries"] < EXPIRIES:
                self.blame(f"I6: trial {row['id']} failed after {row['errors']} errors, {row['expiries']} expiries")

    def _judge_words(self, trials: dict[int, dict]) -> None:
        """I2: what a trial came to was said by the attempt that decided it, and is what its training comes to."""
        lrs = {
            row["id"]: row["lr"]
            for row in self.rows("SELECT id, hyperparameters ->> '$.lr' AS lr FROM configuration")
        }
        epochs = self.rows("SELECT trial_id, attempt, epoch, test_error, log10_v FROM epoch")
        for row in [it for it in epochs if it["trial_id"] in trials]:
            if row["log10_v"] != -row["attempt"]:
                self.blame(f"I2: epoch {row['epoch']} of attempt {row['attempt']} was said by another attempt")
            trial = trials[row["trial_id"]]
            if row["test_error"] != error_of(lrs[trial["configuration_id"]], trial["seed"], row["epoch"]):
                self.blame(f"I2: trial {trial['id']} has an error that its training does not come to")
        curves = Counter((it["trial_id"], it["attempt"]) for it in epochs)
        for row in trials.values():
            if row["state"] not in {"complete", "diverged"}:
                continue
            lr, seed = lrs[row["configuration_id"]], row["seed"]
            if row["images_per_second"] != row["attempt"]:
                self.blame(f"I2: trial {row['id']} was decided by another attempt than its last")
            if row["state"] == "complete":
                if kind_of(lr, seed) != "complete" or curves[row["id"], row["attempt"]] != row["epochs"]:
                    self.blame(f"I2: trial {row['id']} is complete, and its training is not")
                if row["test_error_final"] != error_of(lr, seed, row["epochs"]):
                    self.blame(f"I2: trial {row['id']} has another result than its training")
            elif kind_of(lr, seed) != "diverges" or row["diverged_epoch"] != last_epoch(lr, seed, row["epochs"]):
                self.blame(f"I2: trial {row['id']} diverged, and its training does not")

    def _judge_attempts(self, trials: dict[int, dict]) -> None:
        """I2, I3: attempts are counted one by one; only that of a running trial is open, and one at most decides."""
        attempts: dict[int, list[dict]] = {}
        for row in self.rows("SELECT * FROM attempt ORDER BY trial_id, attempt"):
            attempts.setdefault(row["trial_id"], []).append(row)
        for key, trial in trials.items():
            mine = attempts.get(key, [])
            if [row["attempt"] for row in mine] != list(range(1, trial["attempt"] + 1)):
                self.blame(f"I3: the attempts of trial {key} are not those it counts")
            open_ = [row["attempt"] for row in mine if row["ended_at"] is None]
            if open_ != ([trial["attempt"]] if trial["state"] == "running" else []):
                self.blame(f"I3: trial {key} is {trial['state']} with open attempts {open_}")
            if sum(row["ending"] in {"complete", "diverged"} for row in mine) > 1:
                self.blame(f"I2: trial {key} was decided twice")

    def _judge_counts(self, trials: dict[int, dict]) -> None:
        """I6: what a trial counts is what its attempts came to, and an error is one of its training or its worker."""
        reached: dict[tuple[int, int], int] = {}
        for row in self.rows("SELECT trial_id, attempt, max(epoch) AS last FROM epoch GROUP BY trial_id, attempt"):
            reached[row["trial_id"], row["attempt"]] = row["last"]
        errors, expiries, furthest = (dict.fromkeys(trials, 0) for _ in range(3))
        for row in self.rows("SELECT trial_id, attempt, ending, reason FROM attempt ORDER BY trial_id, attempt"):
            trial, key = row["trial_id"], (row["trial_id"], row["attempt"])
            if trial not in trials:
                continue
            if reached.get(key, 0) > furthest[trial]:
                furthest[trial], expiries[trial] = reached[key], 0
            if row["ending"] == "error":
                errors[trial] += 1
                expiries[trial] = 0
                if row["reason"] == DIED and key not in self._universe.bereaved:
                    self.blame(f"I6: trial {trial} is blamed for the death of a worker that has not died in it")
                elif row["reason"] not in {DIED, RAISED} and not str(row["reason"]).startswith("said to be complete"):
                    self.blame(f"I6: trial {trial} is blamed for what it has not done: {row['reason']}")
            expiries[trial] += row["ending"] == "expired"
        for key, row in trials.items():
            if row["errors"] != errors[key]:
                self.blame(f"I6: trial {key} counts {row['errors']} errors and had {errors[key]}")
            if row["state"] in {"waiting", "running"} and row["expiries"] < expiries[key]:
                self.blame(f"I6: trial {key} counts {row['expiries']} expiries and had {expiries[key]} in a row")
            if row["epochs_done"] != reached.get((key, row["attempt"]), 0):
                self.blame(f"I7: trial {key} counts {row['epochs_done']} epochs, and others are on record")

    def judge_an_answer(self, driver_id: str, reports: Sequence[Report], refused: set[Key]) -> None:
        """I2: what a driver is told to be written is on record, and what it is refused is not by its own hand."""
        for report in reports:
            trial, attempt = report.key
            (row,) = self.rows("SELECT * FROM attempt WHERE trial_id = ? AND attempt = ?", trial, attempt)
            said = None if report.finish is None else report.finish.ending.value
            if report.key in refused:
                if said is not None and (row["driver_id"], row["ending"]) == (driver_id, said):
                    self.blame(f"I2: the end of attempt {attempt} of trial {trial} is on record and was refused")
                continue
            found = self.rows("SELECT epoch FROM epoch WHERE trial_id = ? AND attempt = ?", trial, attempt)
            if not {int(it["epoch"]) for it in report.epochs} <= {it["epoch"] for it in found}:
                self.blame(f"I2: epochs of attempt {attempt} of trial {trial} were accepted and are not on record")
            if said is not None and row["ending"] not in {said, "error"}:
                self.blame(f"I2: the end of attempt {attempt} of trial {trial} was accepted, and is {row['ending']}")

    def judge_a_drive(self, driver_id: str) -> None:
        """I8: a driver that ended in good order holds nothing."""
        if self.rows("SELECT 1 FROM trial WHERE driver_id = ?", driver_id):
            self.blame(f"I8: driver {driver_id} ended in good order, and holds leases")
        if self.rows("SELECT 1 FROM study WHERE proposer = ?", driver_id):
            self.blame(f"I8: driver {driver_id} ended in good order, and has the right to propose")

    def judge_the_end(self) -> None:
        """I1, I7, I8: everything has come to an end, the store is sound, and nobody holds it."""
        trials = self.rows("SELECT * FROM trial")
        if any(row["state"] not in TERMINAL for row in trials):
            self.blame("I1: a trial has no outcome at the end")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            self.blame(f"I8: somebody holds the store at the end: {error}")

"""The lease protocol against a model: whatever is done in whatever order, store and model agree."""

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from study.hosts import Process
from study.store import Store
from study.store.leases import MAX_EXPIRIES
from study.store.results import MAX_ERRORS
from study.trials import TERMINAL, Ending, Finish, Report, State
from tests.contract.helpers import epoch, make_tpe, run_sql, specification

CONFIGURATIONS, SEEDS, EPOCHS = 2, 2, 2
TRIALS = CONFIGURATIONS * SEEDS
MAX_SEEDS, MAX_SLOTS = 4, 12
DESIGN = {"name": "tpe", "configurations": CONFIGURATIONS}
SPACE = {"lr": {"low": 1e-3, "high": 1.0, "log": True}}
NAMES = itertools.count()
DRIVERS = st.sampled_from([0, 1])
KINDS = ["epochs", "complete", "diverged", "error"]
WHICH = st.integers(0, 6)


@dataclass
class Slot:
    """What the model knows of one trial."""

    configuration: int
    seed: int
    filled: bool = False
    generation: int = 0
    superseded: bool = False
    state: State = State.WAITING
    attempt: int = 0
    driver: str | None = None
    expired: bool = False
    stalled: bool = False
    errors: int = 0
    expiries: int = 0
    endings: dict[int, Ending] = field(default_factory=dict)
    epochs: dict[int, set[int]] = field(default_factory=dict)

    @property
    def is_running(self):
        return self.state is State.RUNNING

    @property
    def is_expired(self):
        return self.is_running and (self.expired or self.stalled)

    def is_free_for(self, driver):
        lapsed = self.is_expired and self.driver != driver and self.expiries < MAX_EXPIRIES - 1
        return (self.filled and self.state is State.WAITING) or lapsed

    def become(self, state, ending):
        self.state, self.driver = state, None
        self.endings[self.attempt] = ending

    def lease(self, driver):
        if self.is_running:
            self.endings[self.attempt] = Ending.EXPIRED
            self.expiries += 1
        self.state, self.driver, self.attempt = State.RUNNING, driver, self.attempt + 1
        self.expired = self.stalled = False
        self.epochs[self.attempt] = set()

    def expire(self):
        self.expiries += 1
        self.become(State.FAILED if self.expiries >= MAX_EXPIRIES else State.WAITING, Ending.EXPIRED)

    def accept(self, driver, report):
        """Apply a report; return whether it is to be accepted."""
        held = self.is_running and self.attempt == report.attempt and self.driver == driver
        numbers = {record["epoch"] for record in report.epochs}
        if not held:
            ending = self.endings.get(report.attempt)
            if report.finish is not None:
                return ending is report.finish.ending
            decided = ending in {Ending.COMPLETE, Ending.DIVERGED, Ending.ERROR}
            return decided and numbers <= self.epochs[report.attempt]
        if numbers:
            earlier = {done for attempt, epochs in self.epochs.items() if attempt < self.attempt for done in epochs}
            self.expiries = 0 if max(numbers) > max(earlier, default=0) else self.expiries
            self.epochs[self.attempt] |= numbers
            self.stalled = False
        if report.finish is not None:
            self.end(report.finish.ending)
        return True

    def end(self, ending):
        self.expiries = 0
        if ending is Ending.ERROR:
            self.errors += 1
            self.become(State.FAILED if self.errors >= MAX_ERRORS else State.WAITING, ending)
        else:
            self.become(State(ending.value), ending)


class Protocol(RuleBasedStateMachine):
    """Two drivers, each with a store of its own, on one study of two configurations that are proposed one by one."""

    location: str

    @initialize()
    def create(self):
        self.stores = [Store(self.location, create=True), Store(self.location)]
        self.study = make_tpe(self.stores[0], name=f"study{next(NAMES)}", **self.document(SEEDS))
        self.slots = [Slot(configuration=n // SEEDS, seed=n % SEEDS) for n in range(TRIALS)]
        self.seeds, self.filled, self.proposer = SEEDS, 0, None
        self.ids = [row["id"] for row in self.rows()]
        self.issued = []  # every lease there ever was, with the driver it was given to
        self.frozen = {}  # terminal rows as they were when they became so
        self.attempts = [0] * TRIALS
        self.last = None
        self.drivers = [self.born(who) for who in (0, 1)]

    @staticmethod
    def document(seeds):
        return {"seeds": seeds, "epochs": EPOCHS, "design": DESIGN}

    def teardown(self):
        for store in getattr(self, "stores", ()):
            store.close()

    def born(self, who):
        """Register a driver that never was, under a name of its own."""
        name = f"{self.study.name}.driver{next(NAMES)}"
        self.stores[who].leases.register(name, Process.current())
        return name

    def rows(self):
        statement = "SELECT * FROM trial WHERE study_id = :study ORDER BY number"
        return run_sql(self.stores[0], statement, study=self.study.id)

    def do(self, call, *arguments):
        """Make a call, and remember it so that it can be made again."""
        self.last = (call, arguments)
        call(*arguments)

    # --- calls: each asks the store and the model, and compares ---

    def call_claim(self, who, driver, limit):
        expected = [n for n, slot in enumerate(self.slots) if slot.is_free_for(driver)][:limit]
        leases = self.stores[who].leases.claim(self.study.id, driver, limit)
        for number in expected:
            self.slots[number].lease(driver)
        assert [(lease.number, lease.attempt) for lease in leases] == [(n, self.slots[n].attempt) for n in expected]
        self.issued += [(lease, driver) for lease in leases]

    def call_renew(self, who, driver, training=None):
        mine = {n: slot for n, slot in enumerate(self.slots) if slot.is_running and slot.driver == driver}
        trained = None
        if training is not None:
            trained = [(self.ids[n], slot.attempt) for n, slot in mine.items() if training]
            for slot in mine.values():
                if training and slot.stalled:
                    slot.expire()
                slot.stalled = False
        kept = {(self.ids[n], slot.attempt) for n, slot in mine.items() if slot.is_running}
        assert self.stores[who].leases.renew(driver, training=trained) == kept
        for slot in mine.values():
            slot.expired = False

    def call_report(self, who, driver, number, report):
        refused = self.stores[who].results.report(driver, [report])
        accepted = self.slots[number].accept(driver, report)
        assert refused == (set() if accepted else {report.key})

    def call_release(self, who, driver, lease):
        slot = self.slots[lease.number]
        held = slot.is_running and slot.attempt == lease.attempt and slot.driver == driver
        assert self.stores[who].leases.release(driver, [lease.key]) == held
        if held:
            slot.become(State.WAITING, Ending.RELEASED)

    def call_release_all(self, who, driver):
        mine = [slot for slot in self.slots if slot.is_running and slot.driver == driver]
        assert self.stores[who].leases.release_all(driver) == len(mine)
        for slot in mine:
            slot.become(State.WAITING, Ending.RELEASED)

    def call_reap(self, who):
        expired = [slot for slot in self.slots if slot.is_expired]
        assert self.stores[who].leases.reap(self.study.id) == len(expired)
        for slot in expired:
            slot.expire()

    def call_cancel(self, who):
        left = [slot for slot in self.slots if slot.state not in TERMINAL]
        assert self.stores[who].studies.cancel(self.study) == len(left)
        for slot in left:
            if slot.is_running:
                slot.endings[slot.attempt] = Ending.CANCELLED
            slot.state, slot.driver = State.CANCELLED, None

    def call_propose(self, who, driver):
        term = self.stores[who].proposals.acquire(self.study.id, driver)
        assert (term is not None) == (self.proposer in {None, driver})
        if term is None or self.filled == CONFIGURATIONS:
            return
        self.proposer = driver
        point = {"lr": 0.1 * (self.filled + 1)}
        assert self.stores[who].proposals.fill(self.study, term, "base", self.filled, point)
        for slot in self.slots:
            slot.filled |= slot.configuration == self.filled and slot.state is State.WAITING
        self.filled += 1

    def call_extend(self, who, seeds):
        given = specification(name=self.study.name, space=SPACE, **self.document(seeds))
        added = self.stores[who].growth.extend(self.study, given)
        new = [
            Slot(configuration=number, seed=seed, filled=number < self.filled)
            for number in range(CONFIGURATIONS)
            for seed in range(self.seeds, seeds)
        ]
        assert added.trials == len(new)
        self.grow(new)
        self.study, self.seeds = added.study, seeds

    def call_retry(self, who, states):
        chosen = [s for s in self.slots if s.state in states and s.filled and not s.superseded]
        assert self.stores[who].growth.retry(self.study, states=states) == len(chosen)
        for slot in chosen:
            slot.superseded = True
        self.grow(
            [
                Slot(configuration=s.configuration, seed=s.seed, filled=True, generation=s.generation + 1)
                for s in chosen
            ]
        )

    def grow(self, slots):
        self.slots += slots
        self.attempts += [0] * len(slots)
        self.ids = [row["id"] for row in self.rows()]

    def deliver(self, held, kind, done):
        """Report on a lease in the name of the driver it was given to."""
        lease, driver = held
        done = EPOCHS if kind == "complete" else min(done, EPOCHS - (kind != "epochs"))
        curve = [epoch(number) for number in range(1, done + 1)]
        diverged = done + 1 if kind == "diverged" else None
        finish = None if kind == "epochs" else Finish(ending=Ending(kind), diverged_epoch=diverged, reason="so")
        report = Report(trial=lease.trial, attempt=lease.attempt, epochs=curve, finish=finish)
        self.do(self.call_report, 0, driver, lease.number, report)

    @property
    def running(self):
        return [(number, slot) for number, slot in enumerate(self.slots) if slot.is_running]

    @property
    def held(self):
        """The leases in force, which have a running attempt, and their drivers, dead or alive."""
        return [pair for pair in self.issued if self.endings_of(pair[0]) is None]

    @property
    def past(self):
        """The leases whose attempt has ended, latest first."""
        return [pair for pair in reversed(self.issued) if self.endings_of(pair[0]) is not None]

    def endings_of(self, lease):
        return self.slots[lease.number].endings.get(lease.attempt)

    # --- rules: what may happen. Few, so that every example has most of them ---

    @rule(who=DRIVERS, limit=st.integers(1, TRIALS))
    def claim(self, who, limit):
        self.do(self.call_claim, who, self.drivers[who], limit)

    @precondition(lambda self: self.held)
    @rule(which=WHICH, kind=st.sampled_from([*KINDS, "epochs", "error"]), done=st.integers(1, EPOCHS))
    def report(self, which, kind, done):
        self.deliver(self.held[which % len(self.held)], kind, done)

    @precondition(lambda self: self.issued)
    @rule(which=WHICH, kind=st.sampled_from(KINDS), done=st.integers(1, EPOCHS), late=st.booleans())
    def report_too_late_or_for_another(self, which, kind, done, late):
        if late and self.past:
            self.deliver(self.past[which % len(self.past)], kind, done)
        elif self.held:
            lease, driver = self.held[which % len(self.held)]
            self.deliver((lease, next(name for name in self.drivers if name != driver)), kind, done)

    @precondition(lambda self: self.running)
    @rule(which=WHICH, clock=st.sampled_from(["lease", "progress"]), near_the_bound=st.booleans())
    def expire_the_clock(self, which, clock, near_the_bound):
        number, slot = self.running[which % len(self.running)]
        slot.expired |= clock == "lease"
        slot.stalled |= clock == "progress"
        slot.expiries = MAX_EXPIRIES - 2 if near_the_bound and not slot.expiries else slot.expiries
        statement = f"UPDATE trial SET {clock}_until = {clock}_until - 1e6, expiries = :expiries WHERE id = :id"
        run_sql(self.stores[0], statement, expiries=slot.expiries, id=self.ids[number])

    @precondition(lambda self: self.running)
    @rule(
        who=DRIVERS,
        how=st.sampled_from(["reap", "reap", "renew", "crash", "restart the store"]),
        training=st.sampled_from([None, True, False]),
    )
    def keep_or_lose(self, who, how, training):
        if how == "reap":
            self.do(self.call_reap, who)
        elif how == "renew":
            self.do(self.call_renew, who, self.drivers[who], training)
        else:
            self.stores[who].close()
            self.stores[who] = Store(self.location)
            if how == "crash":
                self.drivers[who] = self.born(who)

    @precondition(lambda self: self.issued)
    @rule(who=DRIVERS, which=WHICH, how=st.sampled_from([*["one"] * 6, *["all"] * 3, "cancel"]))
    def give_back(self, who, which, how):
        if how == "one":
            lease, driver = self.issued[-1 - which % len(self.issued)]
            self.do(self.call_release, who, driver, lease)
        elif how == "all":
            self.do(self.call_release_all, who, self.drivers[who])
        else:
            self.do(self.call_cancel, who)

    @rule(who=DRIVERS)
    def propose(self, who):
        self.do(self.call_propose, who, self.drivers[who])

    @precondition(lambda self: self.seeds < MAX_SEEDS and len(self.slots) < MAX_SLOTS)
    @rule(who=DRIVERS)
    def extend(self, who):
        self.do(self.call_extend, who, self.seeds + 1)

    @precondition(lambda self: len(self.slots) < MAX_SLOTS)
    @rule(who=DRIVERS, states=st.sampled_from([["failed"], ["diverged"], ["complete", "diverged"]]))
    def retry(self, who, states):
        self.do(self.call_retry, who, states)

    @precondition(lambda self: self.last is not None)
    @rule()
    def repeat_the_last_call(self):
        call, arguments = self.last
        call(*arguments)

    # --- invariants ---

    @invariant()
    def every_invariant_holds(self):
        of_study = "JOIN trial t ON t.id = x.trial_id WHERE t.study_id = :study ORDER BY t.number, x.attempt"
        with self.stores[0].database.engine.connect() as connection:
            trials, attempts, epochs = (
                list(connection.execute(text(statement), {"study": self.study.id}).mappings())
                for statement in (
                    "SELECT * FROM trial WHERE study_id = :study ORDER BY number",
                    f"SELECT t.number, x.attempt, x.ending FROM attempt x {of_study}",
                    f"SELECT t.number, x.attempt, x.epoch FROM epoch x {of_study}, x.epoch",
                )
            )
        self.check_the_store_agrees_with_the_model(trials)
        self.check_that_no_outcome_changed(trials)
        self.check_that_attempts_never_fell([row["attempt"] for row in trials])
        self.check_that_every_attempt_ended_as_the_model_says_and_at_most_one_won(attempts)
        self.check_that_every_epoch_is_written_once_under_its_attempt(epochs)

    def check_the_store_agrees_with_the_model(self, found):
        in_force = [slot for slot in self.slots if not slot.superseded]
        assert len(in_force) == CONFIGURATIONS * self.seeds
        assert len({(slot.configuration, slot.seed) for slot in in_force}) == len(in_force)
        for row, slot in zip(found, self.slots, strict=True):
            seen = (row["state"], row["attempt"], row["driver_id"], row["errors"], row["expiries"])
            assert seen == (slot.state, slot.attempt, slot.driver, slot.errors, slot.expiries)
            assert (row["test_error_final"] is not None) == (slot.state is State.COMPLETE)
            place = (row["seed"], row["generation"], bool(row["superseded"]), bool(row["filled"]))
            assert place == (slot.seed, slot.generation, slot.superseded, slot.filled)

    def check_that_no_outcome_changed(self, found):
        for row in found:
            if row["state"] in TERMINAL or row["number"] in self.frozen:
                # That it was superseded is no change of what it was.
                kept = dict(row) | {"superseded": None}
                assert self.frozen.setdefault(row["number"], kept) == kept

    def check_that_attempts_never_fell(self, found):
        assert all(now >= before for now, before in zip(found, self.attempts, strict=True))
        self.attempts = found

    def check_that_every_attempt_ended_as_the_model_says_and_at_most_one_won(self, found):
        assert [tuple(row.values()) for row in found] == [
            (number, attempt, slot.endings.get(attempt))
            for number, slot in enumerate(self.slots)
            for attempt in range(1, slot.attempt + 1)
        ]
        won = [row["number"] for row in found if row["ending"] in {Ending.COMPLETE, Ending.DIVERGED}]
        assert len(won) == len(set(won))

    def check_that_every_epoch_is_written_once_under_its_attempt(self, found):
        assert [tuple(row.values()) for row in found] == [
            (number, attempt, done)
            for number, slot in enumerate(self.slots)
            for attempt, epochs in sorted(slot.epochs.items())
            for done in sorted(epochs)
        ]


@pytest.mark.timeout(600)  # a failure takes up to five minutes to be made short
@pytest.mark.parametrize(
    ("backend", "examples"),
    [("sqlite", 60), pytest.param("postgres", 20, marks=pytest.mark.postgres)],
    ids=["sqlite", "postgres"],
)
def test_the_store_keeps_the_lease_protocol(request, tmp_path, backend, examples):
    if backend == "sqlite":
        where = str(tmp_path / "basin.db")
    else:
        where = request.getfixturevalue("fresh_database").render_as_string(hide_password=False)

    class Here(Protocol):
        location = where

    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=checks, database=None
        ),
    )

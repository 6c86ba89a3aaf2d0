"""Universes hold their invariants, repeat themselves, and are seen to break where they break."""

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest

from tests.simulation import universe
from tests.simulation.fates import ODDS

simulate = cache(universe.simulate)


@pytest.mark.parametrize("seed", [1, 3, 8, 49])
def test_no_invariant_is_broken(seed):
    assert simulate(seed).violations == []


def test_there_are_faults_of_every_kind():
    drawn = sum((simulate(seed).faults for seed in (1, 3, 8, 49)), Counter())
    assert {*ODDS, "fresh seeds added"} <= set(drawn)
    assert drawn.total() > 300


def test_drivers_hear_how_workers_end():
    trace = [line for seed in (1, 3, 8, 49) for line in simulate(seed).trace if " ends: " in line]
    done = [line for line in trace if line.endswith("all done")]
    assert min(len(done), len(trace) - len(done)) > 10


def repeated(seed, hash_seed):
    command = [sys.executable, "-m", "tests.simulation", "--seed", str(seed)]
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_seed_repeats_the_same_trace_in_another_process():
    one, other = repeated(9, 1), repeated(9, 2)
    assert one == other
    assert one.count("\n") > 100


def test_a_store_on_a_disk_has_the_same_trace_as_one_in_memory():
    assert simulate(9, in_memory=False).digest == simulate(9).digest


def test_another_seed_has_another_trace():
    assert simulate(9).digest != simulate(8).digest


# --- the witness sees ---


@pytest.fixture
def ended(tmp_path):
    """A universe that has come to its end, with its witness looking on."""
    it = universe.Universe(9, tmp_path)
    assert it.run().violations == []
    return it


SEEDED = """
CREATE TEMP TABLE one AS SELECT * FROM trial WHERE number = 0;
UPDATE one SET id = 1000, seed = {seed}, generation = 0, superseded = 0, number = (SELECT count(*) FROM trial);
INSERT INTO trial SELECT * FROM one;
"""
"""A trial more, of the configuration of the first one."""

HARM = {
    "I1: a trial is gone": "DELETE FROM trial WHERE number = 0",
    "I1: fresh seeds were added that nobody asked for": SEEDED.format(seed=20),
    "I1: the fresh seeds of configuration": SEEDED.format(seed=21),
    "I3: was filled, and is another one": "UPDATE trial SET seed = seed + 20 WHERE number = 0",
    "I1: the slots in force": "UPDATE trial SET superseded = 1",
    "I2: another result": "UPDATE trial SET test_error_final = 50.001 WHERE state = 'complete'",
    "I2: another attempt": "UPDATE trial SET images_per_second = 99 WHERE state = 'complete'",
    "I3: is complete": "UPDATE trial SET seconds = seconds + 1 WHERE state = 'complete'",
    "I3: the attempts of trial": "DELETE FROM attempt WHERE attempt = 1",
    "I6: is blamed for what": "UPDATE attempt SET ending = 'error', reason = 'no' WHERE attempt = 1",
    "I7: and others are on record": "DELETE FROM epoch",
    "I6: after 7 errors": "UPDATE trial SET errors = 7",
}


@pytest.mark.parametrize("seen", HARM)
def test_the_witness_sees_what_is_done_behind_its_back(ended, seen):
    with sqlite3.connect(ended.path) as connection:
        connection.executescript(HARM[seen])
    connection.close()
    witness = ended.reopened()
    invariant, words = seen.split(": ")
    if invariant == "I1" and "gone" in words:
        words = "is gone"
    assert any(it.startswith(invariant) and words in it for it in witness.violations), witness.violations

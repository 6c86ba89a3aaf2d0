"""A store that is open when its process forks: children and parent all work on, and nobody hears another's words."""

import subprocess
import sys

from tests.contract.helpers import make

SHARED = """
import os, sys
from study.hosts import Process
from study.store import Store

CHILDREN, ROUNDS = 4, 30


def work(store, study, driver):
    store.leases.register(driver, Process.current())
    for _ in range(ROUNDS):
        assert store.studies.counts(study.id).total == 240
        for lease in store.leases.claim(study.id, driver, 1):
            assert store.leases.release(driver, [lease.key]) == 1
        assert [row["number"] for row in store.queries.trials(study.id, limit=3)] == [0, 1, 2]


store = Store(sys.argv[1])
study = store.studies.get("study")
children = []
for number in range(CHILDREN):
    child = os.fork()
    if not child:
        work(store, study, f"child{number}")
        sys.exit()
    children.append(child)
work(store, study, "parent")
assert [os.waitpid(child, 0)[1] for child in children] == [0] * CHILDREN
work(store, study, "parent again")
assert store.findings() == []
store.close()
print("done")
"""

BEGUN = """
import os, sys
from study.errors import StoreUnreachableError
from study.store import Store

store = Store(sys.argv[1])
rows = store.queries.trials(store.studies.get("study").id, columns=("number",))
seen = [next(rows)["number"]]
child = os.fork()
if not child:
    try:
        next(rows)
    except StoreUnreachableError as error:
        assert "let the child ask for them itself" in str(error)
        assert store.studies.all()
        del rows
        sys.exit()
    sys.exit(1)
assert os.waitpid(child, 0)[1] == 0
seen += [row["number"] for row in rows]
assert seen == list(range(2_400)), len(seen)
store.close()
print("done")
"""


def run(script, location):
    done = subprocess.run(
        [sys.executable, "-c", script, location], capture_output=True, text=True, timeout=280, check=False
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_a_store_that_is_open_at_a_fork_serves_parent_and_children(store, location):
    make(store, seeds=80)
    run(SHARED, location)
    assert store.findings() == []


def test_rows_begun_before_a_fork_are_the_parents_and_the_child_is_told(store, location):
    make(store, seeds=800)
    run(BEGUN, location)

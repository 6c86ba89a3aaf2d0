"""Fresh seeds for winners: they are trained like all others, and count in nothing that the study says."""

import pytest

from study.errors import StudyMismatchError
from tests.contract.helpers import claim, completion, divergence, everything, make, rows, specification, tell

VALUES = {"lr": {"values": [0.01, 0.1, 1.0]}}
ERRORS = {0.01: 30.0, 0.1: 20.0, 1.0: 40.0}


def train(store, study, errors=ERRORS, seed=None):
    """Train everything that waits: each learning rate has an error, or every fresh seed has one."""
    for lease in claim(store, study, limit=100):
        error = errors[lease.configuration["lr"]] if seed is None or lease.seed < 2 else seed
        tell(store, divergence(lease) if error is None else completion(lease, *[error] * lease.epochs))


@pytest.fixture
def study(store):
    """Return a study of three learning rates and two seeds, all trained."""
    made = make(store, space=VALUES)
    train(store, made)
    return made


def fresh(store):
    return sorted((row["lr"], row["seed"]) for row in rows(store) if row["seed"] >= 2)


def test_the_winner_gets_the_seeds_after_those_of_its_study(store, study):
    before, document = rows(store), rows(store, "study")
    added = store.winners.check(study, 3)
    assert (added.configurations, added.trials) == (0, 3)
    assert fresh(store) == [(0.1, 2), (0.1, 3), (0.1, 4)]
    assert [row["number"] for row in rows(store)] == list(range(9))
    assert (rows(store)[:6], rows(store, "study")) == (before, document)
    assert store.studies.status(study).state == "waiting"
    assert store.findings() == []


def test_asking_again_adds_what_is_missing_and_no_more(store, study):
    store.winners.check(study, 2)
    train(store, study)
    assert store.winners.check(study, 2).trials == 0
    assert store.winners.check(study, 1).trials == 0
    assert store.winners.check(study, 5).trials == 3
    assert fresh(store) == [(0.1, seed) for seed in range(2, 7)]


def test_a_dry_run_says_so_and_writes_nothing(store, study):
    before = everything(store)
    assert store.winners.check(study, 3, dry_run=True).trials == 3
    assert everything(store) == before


@pytest.mark.parametrize("error", [1.0, 89.0, None])
def test_fresh_seeds_change_neither_the_best_nor_what_it_comes_to(store, study, error):
    best = store.summaries.best(study)
    outcomes = store.proposals.outcomes(study)
    store.winners.check(study, 3)
    assert store.summaries.best(study) == best
    assert store.proposals.outcomes(study) == outcomes
    train(store, study, seed=error)
    assert store.studies.status(study).state == "complete"
    assert store.summaries.best(study) == best
    assert store.proposals.outcomes(study) == outcomes
    assert store.findings() == []


def test_where_n_grows_fresh_seeds_become_seeds_of_the_study(store, study):
    store.winners.check(study, 2)
    train(store, study, seed=21.0)
    numbers = {row["number"] for row in rows(store)}
    extended = store.growth.extend(study, specification(space=VALUES, seeds=3))
    assert extended.trials == 2  # the winner has the third already
    assert {(row["lr"], row["seed"]) for row in rows(store) if row["number"] not in numbers} == {(0.01, 2), (1.0, 2)}
    assert store.findings() == []
    best = store.summaries.best(extended.study)
    train(store, extended.study, seed=50.0)
    best = store.summaries.best(extended.study)
    assert (best.configuration, best.seeds) == ({"lr": 0.1}, 3)
    assert best.mean == pytest.approx((20.0 + 20.0 + 21.0) / 3)


def test_a_wider_study_says_before_what_it_adds(store, study):
    store.winners.check(study, 2)
    train(store, study)
    wider = specification(space=VALUES, seeds=5)
    assert store.growth.extend(study, wider, dry_run=True).trials == 7
    assert store.growth.extend(study, wider).trials == 7
    assert store.findings() == []


@pytest.fixture
def unheard(store, monkeypatch):
    """The answer to the next commit is lost; what was committed is not."""
    dialect = store.database.engine.dialect
    commit, left = dialect.do_commit, [1]

    def lost(connection):
        commit(connection)
        if left:
            left.pop()
            raise dialect.dbapi.OperationalError("the connection was lost")

    monkeypatch.setattr(dialect, "do_commit", lost)
    return left


def test_who_asks_is_told_what_was_added_although_the_answer_was_lost(store, study, unheard):
    added = store.winners.check(study, 3)
    assert unheard == []
    assert added.trials == 3
    assert fresh(store) == [(0.1, 2), (0.1, 3), (0.1, 4)]


def test_fresh_seeds_are_cancelled_and_deleted_with_their_study(store, study):
    store.winners.check(study, 3)
    assert store.studies.cancel(study) == 3
    assert store.winners.check(study, 3).trials == 0, "they are there, and may be retried"
    assert store.growth.retry(study, states=["cancelled"]) == 3
    train(store, study, seed=33.0)
    assert store.findings() == []
    assert store.studies.delete(study).trials == 12
    assert not any(everything(store).values())


def test_a_fresh_seed_is_retried_as_any_other_trial_is(store, study):
    store.winners.check(study, 2)
    train(store, study)
    assert store.growth.retry(study, where="seed = 3") == 1
    train(store, study, seed=33.0)
    assert store.winners.check(study, 2).trials == 0
    assert store.findings() == []


def test_every_arm_has_a_winner_of_its_own(store):
    arms = {"one": {}, "other": {"optimizer": {"name": "adam"}}}
    made = make(store, space=VALUES, arms=arms)
    for lease in claim(store, made, limit=100):
        errors = ERRORS if lease.arm == "one" else {0.01: 10.0, 0.1: 20.0, 1.0: 30.0}
        tell(store, completion(lease, *[errors[lease.configuration["lr"]]] * lease.epochs))
    assert store.winners.check(made, 1).trials == 2
    assert {(row["arm"], row["lr"]) for row in rows(store) if row["seed"] == 2} == {("one", 0.1), ("other", 0.01)}
    assert store.findings() == []


def test_nothing_is_checked_before_everything_has_ended(store):
    made = make(store, space=VALUES)
    with pytest.raises(StudyMismatchError, match="study study cannot have its winner checked: 6 of its trials have"):
        store.winners.check(made, 3)
    train(store, made)
    store.winners.check(made, 3)
    with pytest.raises(StudyMismatchError, match="3 of its trials have not ended; run it first"):
        store.winners.check(made, 5)


def test_without_a_winner_there_is_nothing_to_check(store):
    made = make(store, space=VALUES)
    store.studies.cancel(made)
    before = everything(store)
    with pytest.raises(StudyMismatchError, match="none of its configurations has a seed that trained to its end"):
        store.winners.check(made, 3)
    assert everything(store) == before


def test_a_study_that_chooses_its_seeds_is_refused(store):
    space = {"lr": {"low": 1e-3, "high": 1.0, "log": True}, "p": {"low": 0.0, "high": 0.5}}
    made = make(store, space=space, design={"name": "levelset", "configurations": 3})
    with pytest.raises(StudyMismatchError, match="its design, levelset, chooses the seeds itself"):
        store.winners.check(made, 3)

"""``basin db check``: a sound store has no findings, and each fault has its sentence."""

import pytest

from tests.contract.helpers import claim_one, completion, every_outcome, make, make_tpe, run_sql, tell


@pytest.fixture
def study(store):
    it = make(store)
    every_outcome(store, it)
    return it


def test_a_sound_store_has_no_findings(store, study):
    make_tpe(store, name="other")
    claim_one(store, make(store, name="running"))
    store.growth.retry(study, states=["failed"])
    assert store.findings() == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE trial SET test_error_final = 1.5 WHERE state = 'complete'", "final test error that is not that"),
        ("""UPDATE trial SET options = '{"lr"\\: 7.0}' WHERE number = 0""", "trial 0 has options that are not those"),
        ("UPDATE trial SET options = '{}' WHERE number = 5", "trial 5 has options that are not those"),
        ("UPDATE trial SET value_min = 1.5 WHERE state = 'complete'", "min value of the objective (test error) that"),
        (
            "UPDATE trial SET value_min = NULL WHERE state = 'complete'",
            "min value of the objective (test error) that",
        ),
        ("UPDATE trial SET number = 77 WHERE number = 5", "numbered"),
        ("DELETE FROM trial WHERE number = 5", "must be in force"),
        ("DELETE FROM epoch WHERE epoch = 2", "of its 3 epochs on record"),
        ("UPDATE study SET hash = 'x'", "hash"),
        ("UPDATE attempt SET ended_at = NULL, ending = NULL", "have no end"),
        ("UPDATE trial SET finished_at = started_at - 5 WHERE state = 'complete'", "before they began"),
        ("UPDATE configuration SET key = 'x' WHERE number = 0", "another identity"),
    ],
)
def test_each_fault_has_its_sentence(store, study, statement, said):
    run_sql(store, statement)
    assert any(said in line for line in store.findings()), store.findings()


def test_options_that_are_no_json_any_more_are_a_finding(store, study):
    if not store.database.is_sqlite:
        pytest.skip("a server keeps no text that is no JSON")
    with store.database.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql("UPDATE trial SET options = 'x' WHERE number = 3")
    make(store, name="sound")
    run_sql(store, "UPDATE study SET hash = 'x' WHERE name = 'sound'")
    found = store.findings()
    assert any("no JSON object" in line for line in found), found
    assert found[-1] == "study sound: its hash is not that of its specification"


def test_a_repeated_completion_is_sound(store, study):
    lease = claim_one(store, make(store, name="more"))
    for _ in range(2):
        tell(store, completion(lease))
    assert store.findings() == []


def test_findings_beyond_count_are_counted_and_not_told_one_by_one(store, study, monkeypatch):
    monkeypatch.setattr("study.store.check.MOST", 2)
    run_sql(store, "UPDATE configuration SET key = 'x' || number")
    found = store.findings()
    assert found == [
        "study study: configuration 0 has another identity than its values",
        "study study: configuration 1 has another identity than its values",
        "study study: and 1 findings more",
    ]


@pytest.mark.parametrize("value", ['"x"', "true", "null", "[1]", "{}", "1e400", "1" + "0" * 400])
def test_a_value_of_another_kind_than_its_option_is_a_finding(store, study, value):
    run_sql(store, "UPDATE configuration SET hyperparameters = :v WHERE number = 1", v=f'{{"lr": {value}, "p": 0.0}}')
    found = store.findings()
    assert "study study: configuration 1 has a value that its option cannot have: lr" in found

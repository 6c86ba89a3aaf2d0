"""``basin db check``: a sound store has no findings, and each fault has its sentence."""

import pytest

from tests.contract.helpers import (
    claim,
    claim_one,
    completion,
    every_outcome,
    make,
    make_tpe,
    measured,
    run_sql,
    tell,
)


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


ARMS = {"padam": {}, "adamw": {"optimizer": {"name": "adamw"}, "space": {"lr": {"values": [0.001, 0.01]}}}}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "DELETE FROM trial WHERE number = 9",
            ["4 trials of arm adamw must be in force by its specification, there are 3"],
        ),
        (
            "DELETE FROM trial WHERE arm = 'adamw'",
            ["4 trials of arm adamw must be in force by its specification, there are 0"],
        ),
        (
            "UPDATE trial SET arm = 'padam' WHERE number = 9",
            [
                "6 trials of arm padam must be in force by its specification, there are 7",
                "4 trials of arm adamw must be in force by its specification, there are 3",
                "1 trials are of another arm than their configuration",
            ],
        ),
        (
            "UPDATE trial SET arm = CASE number WHEN 0 THEN 'adamw' ELSE 'padam' END WHERE number IN (0, 9)",
            ["2 trials are of another arm than their configuration"],
        ),
        (
            "UPDATE trial SET arm = 'none' WHERE number = 0",
            [
                "6 trials of arm padam must be in force by its specification, there are 5",
                "0 trials of arm none must be in force by its specification, there are 1",
                "1 trials are of another arm than their configuration",
            ],
        ),
        (
            "UPDATE configuration SET key = 'x' WHERE arm = 'adamw' AND number = 1",
            ["configuration 1 of arm adamw has another identity than its values"],
        ),
        (
            """UPDATE configuration SET hyperparameters = '{"lr"\\: true}' WHERE arm = 'adamw' AND number = 1""",
            [
                "configuration 1 of arm adamw has a value that its option cannot have: lr",
                "trial 8 has options that are not those of its configuration",
                "trial 9 has options that are not those of its configuration",
            ],
        ),
    ],
)
def test_each_fault_of_an_arm_names_it(store, statement, said):
    make(store, arms=ARMS)
    assert store.findings() == []
    run_sql(store, statement)
    assert store.findings() == [f"study study: {line}" for line in said]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            """UPDATE trial SET metrics = '{"excess_final"\\: 2.0, "excess_mean_last5"\\: 2.0, "excess_min"\\: 1.0,
            "distance_final"\\: 1.5, "distance_mean_last5"\\: 0.5, "distance_min"\\: 1.5}' WHERE number = 0""",
            "trial 0 has a distance_mean_last5 that is not that of its curve",
        ),
        (
            """UPDATE trial SET metrics = '{"excess_final"\\: 2.0, "excess_mean_last5"\\: 2.0, "excess_min"\\: 1.0,
            "distance_final"\\: 1.5, "distance_mean_last5"\\: 1.5}' WHERE number = 0""",
            "trial 0 has a distance_min that is not that of its curve",
        ),
        (
            "UPDATE trial SET value_min = 1.5 WHERE number = 0",
            "trial 0 has a min value of the objective (excess) that is not that of its curve",
        ),
        (
            """UPDATE epoch SET metrics = '{"excess"\\: 2.0, "distance"\\: 7.0}' WHERE epoch = 3""",
            "trial 0 has a distance_final that is not that of its curve",
        ),
    ],
)
def test_metrics_that_are_not_those_of_the_curve_are_found(store, statement, said):
    (lease, *_) = claim(store, make(store, task={"name": "beale"}), limit=6)
    curve = [{"excess": excess, "distance": 1.5} for excess in (3.0, 1.0, 2.0)]
    tell(store, measured(lease, *curve))
    assert store.findings() == []
    run_sql(store, statement)
    assert f"study study: {said}" in store.findings()


def test_a_trial_without_its_metrics_is_found(store):
    (lease, *_) = claim(store, make(store, task={"name": "beale"}), limit=6)
    tell(store, measured(lease, *[{"excess": 3.0, "distance": 1.5}] * 3))
    run_sql(store, "UPDATE trial SET metrics = NULL")
    names = sorted(f"{metric}_{it}" for metric in ("excess", "distance") for it in ("final", "mean_last5", "min"))
    assert store.findings() == [f"study study: trial 0 has a {it} that is not that of its curve" for it in names]

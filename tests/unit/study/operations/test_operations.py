"""Operations: typed results, and nothing printed."""

from __future__ import annotations

import dataclasses
import json

import pytest

from study.errors import StudyMismatchError, StudyNotFoundError, UsageError
from study.operations import (
    cancellation,
    claiming,
    comparing,
    creation,
    deletion,
    extension,
    listing,
    reaping,
    reporting,
    retrial,
)
from study.operations.opening import opened
from study.operations.summary import summarize
from study.trials import Counts
from tests.unit.study.common import create, fill, lease, specification, sql


@pytest.fixture(autouse=True)
def nothing_printed(capfd):
    yield
    assert capfd.readouterr() == ("", "")


def is_frozen_and_plain(result):
    """Tell whether a result cannot be changed, and is plain values as a dictionary."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.name = "another"
    return json.loads(json.dumps(result.to_dict(), allow_nan=False)) == result.to_dict()


def test_a_study_is_created_once_and_then_continued(store):
    first, second = (creation.create(store, specification()) for _ in range(2))
    assert (first.new, second.new) == (True, False)
    assert first.study.id == second.study.id
    assert not first.is_other_code
    assert is_frozen_and_plain(first)
    assert first.to_dict()["trials"] == 6


def test_code_that_is_another_is_known(store):
    create(store)
    assert creation.create(store, specification()).is_other_code


def test_warnings_are_of_a_new_study_alone(store):
    changes = {"objective": {"statistic": "mean_last5", "split": "test"}}
    first, second = (creation.create(store, specification(**changes)) for _ in range(2))
    assert len(first.warnings) == 1
    assert second.warnings == []


def test_a_study_is_extended(store):
    create(store)
    wider = specification(seeds=3)
    dry, wet = (extension.extend(store, "small", wider, dry_run=dry) for dry in (True, False))
    assert (dry.trials, dry.total, wet.trials, wet.total) == (3, 9, 3, 9)
    assert store.studies.counts(store.studies.get("small").id).total == 9
    assert is_frozen_and_plain(wet)


def test_what_is_no_extension_is_refused(store):
    create(store)
    with pytest.raises(StudyMismatchError):
        extension.extend(store, "small", specification(epochs=3))


def test_a_retry_must_select_something():
    with pytest.raises(UsageError, match="retry must be told which trials"):
        retrial.Selection()


def test_finished_trials_are_retried(store):
    fill(store, create(store), [10.0, "failed", "diverged"])
    assert retrial.retry(store, "small", retrial.Selection(failed=True)).retried == 1
    done = retrial.retry(store, "small", retrial.Selection(where="state = 'diverged'"))
    assert done.to_dict() == {"name": "small", "retried": 1}
    assert is_frozen_and_plain(done)


def test_a_study_is_cancelled_and_deleted(store):
    fill(store, create(store), [10.0])
    cancelled = cancellation.cancel(store, "small")
    assert cancelled.to_dict() == {"name": "small", "cancelled": 5}
    size = deletion.size(store, "small")
    deleted = deletion.delete(store, "small")
    assert deleted.size == size
    assert deleted.to_dict() == {"name": "small", "deleted": {"trials": 6, "attempts": 1, "epochs": 2}}
    assert listing.studies(store) == []


def test_expired_leases_are_reaped(store):
    lease(store, create(store), limit=2)
    assert reaping.reap(store).reaped == 0
    sql(store, "UPDATE trial SET lease_until = 1 WHERE state = 'running'")
    assert reaping.reap(store).to_dict() == {"reaped": 2}


def test_studies_are_listed_with_the_damaged_ones(store):
    create(store, name="first")
    create(store, name="second")
    sql(store, "UPDATE study SET document = '[]' WHERE name = 'first'")
    assert [(one.name, one.state) for one in listing.studies(store)] == [
        ("first", listing.UNREADABLE),
        ("second", "waiting"),
    ]


def test_a_summary_is_what_show_prints(store):
    study = create(store)
    fill(store, study, [30.0, 10.0, "diverged", "failed"])
    summary = summarize(store, study)
    assert summary.counts == Counts(waiting=2, complete=2, diverged=1, failed=1)
    assert summary.best.mean == 20.0
    assert not summary.is_over
    assert is_frozen_and_plain(summary)
    assert list(summary.to_dict())[:4] == ["name", "state", "trials", "learned_nothing"]


@pytest.mark.parametrize(
    "act",
    [
        lambda store: extension.extend(store, "none", specification()),
        lambda store: retrial.retry(store, "none", retrial.Selection(failed=True)),
        lambda store: cancellation.cancel(store, "none"),
        lambda store: deletion.delete(store, "none"),
        lambda store: deletion.size(store, "none"),
        lambda store: reporting.report(store, ["none"], reporting.Request.of("out")),
    ],
)
def test_a_study_that_is_not_there_is_an_error(store, act):
    with pytest.raises(StudyNotFoundError):
        act(store)


def test_a_report_is_written_and_told(store, folder):
    fill(store, create(store), [60.0, 50.0, 40.0, 30.0, 20.0, 10.0])
    written = reporting.report(store, ["small"], reporting.Request.of("out"))
    assert written.page == folder / "out" / "report.html"
    assert written.page.is_file()
    assert written.pictures
    assert all(path.is_file() for path in written.pictures)
    assert "summary" not in repr(written)
    assert is_frozen_and_plain(written)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"statistic": "median"}, "no statistic 'median'"),
        ({"clip": "1"}, "--clip must be LOW,HIGH"),
        ({"out": ""}, "--out must name a folder"),
        ({"x": "lr", "y": "lr"}, "--x and --y must be two hyperparameters, got 'lr' for both"),
    ],
)
def test_a_request_that_is_none_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        reporting.Request.of(**{"out": "out"} | options)


def test_a_request_that_does_not_fit_writes_nothing(store, folder):
    create(store)
    with pytest.raises(UsageError, match="must hold 1e-06 <= LOW < HIGH <= 100 percent, got '5,200'"):
        reporting.report(store, ["small"], reporting.Request.of("out", clip="5,200"))
    assert not (folder / "out").exists()


PLANE = {"lr": {"values": [0.01, 0.1, 1.0]}, "p": {"values": [0.25]}}


def test_several_studies_stand_in_one_report(store, folder):
    for name in ("small", "other"):
        fill(store, create(store, name=name, space=PLANE), [60.0, 50.0, 40.0, 30.0, 20.0, 10.0])
    written = reporting.report(store, ["other", "small"], reporting.Request.of("out", x="p", y="lr"))
    assert written.name == "other, small"
    assert list(written.summary["studies"]) == ["other", "small"]
    assert {it["x"]["name"] for it in written.summary["maps"]} == {"p"}
    assert is_frozen_and_plain(written)


OBJECTIVE = {"split": "test"}
LINE = {"lr": {"values": [0.1, 1.0]}}


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        (
            {"objective": OBJECTIVE | {"statistic": "min"}},
            {},
            "have one statistic as their objective, got .*--statistic",
        ),
        (
            {"task": {"name": "beale"}, "optimizer": {"name": "sgd"}, "objective": {"metric": "excess"}},
            {},
            "objective, got test_error % minimize of study small and excess minimize of study other",
        ),
        ({}, {"x": "pp"}, "--x must be what study small varies, got 'pp'; did you mean 'p'"),
        ({"space": LINE}, {"y": "p"}, "--y must be what study other varies, got 'p'"),
        (
            {"space": {"lr": {"values": [0.1, 1.0]}}},
            {"y": "lr"},
            "--y needs two hyperparameters that vary, and study",
        ),
    ],
)
def test_studies_that_do_not_fit_one_another_or_the_axes_write_nothing(store, folder, changes, options, message):
    create(store, space=PLANE)
    create(store, name="other", **({"space": LINE if "task" in changes else PLANE} | changes))
    with pytest.raises(UsageError, match=message):
        reporting.report(store, ["small", "other"], reporting.Request.of("out", **options))
    assert not (folder / "out").exists()


def test_a_study_that_is_named_twice_is_refused(store, folder):
    create(store)
    with pytest.raises(UsageError, match="named once, got 'small' twice"):
        reporting.report(store, ["small", "small"], reporting.Request.of("out"))


def test_opening_to_read_makes_no_store(folder):
    with pytest.raises(Exception, match=r"basin\.db"), opened(None):
        pass
    assert list(folder.iterdir()) == []


def test_a_study_is_compared(store):
    create(store)
    found = comparing.compare(store, "small", "report-table-2")
    assert len(found.rows) == 16
    assert is_frozen_and_plain(comparing.references()[0])
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == found.to_dict()


def test_an_unknown_reference_is_told_before_the_study_is_looked_for(store):
    with pytest.raises(UsageError, match="did you mean 'report-table-2'"):
        comparing.compare(store, "nosuch", "report-tables-2")
    with pytest.raises(StudyNotFoundError):
        comparing.compare(store, "nosuch", "report-table-2")


def test_claims_are_plain(store):
    found = claiming.claims(store)
    assert len(found) == 13
    assert all(json.loads(json.dumps(it.to_dict(), allow_nan=False)) == it.to_dict() for it in found)

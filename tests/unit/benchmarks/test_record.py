from __future__ import annotations

import json

import pytest

from benchmarks import record
from benchmarks.plain_loop import compared
from benchmarks.record import Check


@pytest.mark.parametrize(("value", "ok"), [(1.0, True), (2.0, True), (2.1, False), (float("nan"), False)])
def test_a_check_holds_up_to_its_bound(value, ok):
    assert Check(name="ratio", value=value, bound=2.0).ok is ok


def test_a_record_says_what_it_was_measured_with(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "RESULTS", tmp_path / "results")
    path = record.write("speed", {"n": 3}, [Check(name="ratio", value=1.0, bound=2.0)])
    document = json.loads(path.read_text(encoding="utf-8"))
    assert path.name == "speed.json"
    assert document["checks"] == [{"name": "ratio", "value": 1.0, "bound": 2.0, "ok": True}]
    assert document["measured"] == {"n": 3}
    assert {"torch", "python"} <= document["versions"].keys()
    assert document["hardware"]["cores"] >= 1


def test_samples_of_one_law_are_not_told_apart():
    found = compared([1.0, 2.0, 3.0, 4.0], [1.1, 2.1, 2.9, 3.9])
    assert found["welch_t"] < found["t_bound"]
    assert found["interval_95"][0] < found["difference"] < found["interval_95"][1]


def test_samples_far_apart_are_told_apart():
    found = compared([1.0, 2.0, 3.0, 4.0], [21.0, 22.0, 23.0, 24.0])
    assert found["welch_t"] > found["t_bound"]
    assert found["difference"] == pytest.approx(-20.0)

from __future__ import annotations

from tests.unit.study.common import sql


def test_a_sound_store_is_sound(basin, filled):
    done = basin("db", "check")
    assert done.code == 0
    assert done.out.startswith("nothing is inconsistent in ")


def test_a_sound_store_is_sound_as_json(basin, filled):
    assert basin("db", "check", "--json").json["findings"] == []


def test_what_is_inconsistent_is_said_and_is_1(basin, filled):
    sql(filled, "UPDATE trial SET test_error_min = 1.0 WHERE number = 0")
    done = basin("db", "check")
    assert done.code == 1
    assert done.out == "study small: trial 0 has a min test error that is not that of its curve\n"


def test_a_schema_of_this_release_is_left_alone(basin, filled):
    done = basin("db", "upgrade")
    assert done.code == 0
    assert "already" in done.out


def test_an_upgrade_is_told_as_json(basin, filled):
    told = basin("db", "upgrade", "--json").json
    assert told["before"] == told["after"]


def test_a_schema_of_a_newer_release_is_refused(basin, filled):
    sql(filled, "UPDATE basin_version SET version_num = '9999'")
    assert basin("db", "upgrade").code == 4

from __future__ import annotations

import pytest

from study.errors import UsageError
from study.settings import SETTINGS, setting

KINDS = {
    "store": ("a.db", "b.db", '"c.db"', "c.db", "basin.db"),
    "data": ("a", "b", '"c"', "c", None),
    "mirror": ("http://a", "https://b", '"ftp://c/d"', "ftp://c/d", None),
    "address": ("a:1", "b:1", '"c:1"', "c:1", None),
    "workers": (1, "2", "3", 3, None),
    "plugins": (("a.py", "b.py"), "c.py:d.py", "['e.py', 'f.py']", ("e.py", "f.py"), ()),
    "lease_seconds": (1.5, "2.5", "3.5", 3.5, 60.0),
    "stall_seconds": (1.5, "2.5", "3", 3.0, 3600.0),
}
CASES = [pytest.param(name, *values, id=name) for name, values in KINDS.items()]

pytestmark = pytest.mark.usefixtures("folder")


def write(content):
    from study.settings import FILE

    FILE.write_text(content, encoding="utf-8")


def test_every_setting_is_tested():
    assert KINDS.keys() == SETTINGS.keys()


@pytest.mark.parametrize(("name", "option", "variable", "written", "in_file", "default"), CASES)
def test_an_option_wins_over_everything(name, option, variable, written, in_file, default):
    write(f"{name} = {written}")
    assert setting(name, option, environment={f"BASIN_{name.upper()}": variable}) == option


@pytest.mark.parametrize(("name", "option", "variable", "written", "in_file", "default"), CASES)
def test_the_environment_wins_over_the_file(name, option, variable, written, in_file, default):
    write(f"{name} = {written}")
    assert setting(name, environment={f"BASIN_{name.upper()}": variable}) == SETTINGS[name].kind(variable)


@pytest.mark.parametrize(("name", "option", "variable", "written", "in_file", "default"), CASES)
def test_the_file_wins_over_the_default(name, option, variable, written, in_file, default):
    write(f"{name} = {written}")
    assert setting(name, environment={}) == in_file


@pytest.mark.parametrize(("name", "option", "variable", "written", "in_file", "default"), CASES)
def test_where_nothing_is_said_the_default_holds(name, option, variable, written, in_file, default):
    assert setting(name, environment={}) == default


def test_an_empty_variable_says_nothing():
    assert setting("store", environment={"BASIN_STORE": ""}) == "basin.db"


def test_the_environment_is_that_of_the_process(monkeypatch):
    monkeypatch.setenv("BASIN_WORKERS", "7")
    assert setting("workers") == 7


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon"])
def test_a_duration_must_be_a_number_above_zero(value):
    with pytest.raises(UsageError, match="must be a number above 0"):
        setting("stall_seconds", environment={"BASIN_STALL_SECONDS": value})


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon", "1e-9", "0.99", "86401", "1e12"])
def test_a_lease_must_last_from_a_second_to_a_day(value):
    with pytest.raises(UsageError, match="must be a number of seconds from 1 to 86400, a day"):
        setting("lease_seconds", environment={"BASIN_LEASE_SECONDS": value})


@pytest.mark.parametrize("value", ["1", "86400"])
def test_a_lease_may_last_a_second_or_a_day(value):
    assert setting("lease_seconds", environment={"BASIN_LEASE_SECONDS": value}) == float(value)


@pytest.mark.parametrize("value", ["junk", "http://", "http://a b", "://x", "/data"])
def test_a_mirror_must_be_a_url(value):
    with pytest.raises(UsageError, match=r"BASIN_MIRROR must be a URL that begins with http://"):
        setting("mirror", environment={"BASIN_MIRROR": value})


@pytest.mark.parametrize("value", ["0", "-3", "2.5", "many", "1e3"])
def test_a_count_must_be_a_whole_number_from_one_on(value):
    with pytest.raises(UsageError, match="must be a whole number from 1 on"):
        setting("workers", environment={"BASIN_WORKERS": value})


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("workers", "[1]"),
        ("workers", '"many"'),
        ("workers", "0"),
        ("workers", "2.5"),
        ("workers", "true"),
        ("lease_seconds", '"soon"'),
        ("lease_seconds", "-1"),
        ("lease_seconds", "nan"),
        ("lease_seconds", "{}"),
        ("lease_seconds", "true"),
        pytest.param("lease_seconds", "1" + "0" * 400, id="lease_seconds-1e400"),
        pytest.param("lease_seconds", "0x" + "f" * 5000, id="lease_seconds-hexadecimal"),
        ("store", "5"),
        ("store", '["basin.db"]'),
        ("address", "true"),
        ("address", '"local"'),
        ("address", '""'),
    ],
)
def test_a_value_of_another_type_in_the_file_is_refused(name, written):
    write(f"{name} = {written}")
    with pytest.raises(UsageError, match=f"{name} in basin.toml must be"):
        setting(name, environment={})


@pytest.mark.parametrize("value", ["local", "Local", "", " "])
def test_an_address_that_makes_ray_start_a_cluster_of_its_own_is_refused(value):
    with pytest.raises(UsageError, match=r"^--address must be the address of a running Ray cluster"):
        setting("address", value)


def test_an_error_names_the_option():
    with pytest.raises(UsageError, match=r"^--stall-seconds must be a number above 0, got 'soon'$"):
        setting("stall_seconds", "soon")


def test_an_error_names_the_variable():
    with pytest.raises(UsageError, match=r"^BASIN_WORKERS must be a whole number from 1 on, got 'many'$"):
        setting("workers", environment={"BASIN_WORKERS": "many"})


def test_an_error_names_the_file():
    write("workers = 0")
    with pytest.raises(UsageError, match=r"^workers in basin\.toml must be a whole number from 1 on, got 0$"):
        setting("workers", environment={})


def test_an_unknown_key_of_the_file_is_refused_with_the_nearest():
    write('stoer = "a.db"')
    with pytest.raises(UsageError, match=r"basin\.toml has an unknown key 'stoer'; did you mean 'store'\?"):
        setting("workers", environment={})


@pytest.mark.parametrize(
    "content", ["workers =", "= 3", "[workers", f"workers = {'1' * 5000}", f"workers = {'[' * 5000}"], ids=range(5)
)
def test_a_file_that_is_not_toml_is_refused(content):
    write(content)
    with pytest.raises(UsageError, match=r"basin\.toml must be TOML"):
        setting("workers", environment={})


def test_a_file_that_is_not_text_is_refused(folder):
    (folder / "basin.toml").write_bytes(b"store = '\xff'")
    with pytest.raises(UsageError, match=r"basin\.toml must be TOML"):
        setting("store", environment={})


def test_a_faulty_setting_is_invalid_input():
    with pytest.raises(UsageError) as caught:
        setting("workers", "many")
    assert caught.value.exit_code == 2


def test_every_setting_has_a_summary():
    assert all(known.summary for known in SETTINGS.values())

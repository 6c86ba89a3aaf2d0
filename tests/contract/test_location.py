"""Where a store lies, and what is said where it cannot lie there."""

import os
import socket
import traceback
from pathlib import Path

import pytest

from study.errors import BasinError, StoreBrokenError, StoreUnreachableError, UsageError
from study.store import Store
from study.store.location import NETWORK_FILESYSTEMS, filesystem, parse_location
from tests.contract.helpers import make

SECRET = "hunter2"  # noqa: S105 - made up


def refusal(location, **options):
    """Return the error with which a location is refused."""
    with pytest.raises(BasinError) as refused:
        Store(location, **options)
    return refused.value


def closed_port():
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_file_name_and_its_url_are_the_same_store(tmp_path):
    path = tmp_path / "basin.db"
    assert parse_location(str(path)) == parse_location(f"sqlite:///{path}")


def test_a_relative_file_lies_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Store("basin.db", create=True).close()
    assert (tmp_path / "basin.db").stat().st_size > 0
    assert parse_location("sqlite:///basin.db").database == str(tmp_path / "basin.db")


NAMES = [
    "a b.db", "a?b=c.db", "100%.db", "naïve☃.db", "#1.db", "it's.db", "?mode=memory&x.db", "a%20b.db", "a\\b.db",
    "a\nb.db", "caf\udce9.db",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_may_have_any_name(tmp_path, name):
    with Store(str(tmp_path / name), create=True) as store:
        study = make(store)
    with Store(str(tmp_path / name)) as store:
        assert store.studies.get(study.name) == study
        assert store.shown.isprintable()
    assert [path.name for path in tmp_path.glob("*.db*")] == [name]


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    error = refusal(str(tmp_path / "a\0b.db"))
    assert (type(error), "cannot be looked at" in str(error)) == (StoreUnreachableError, True)


def test_a_link_that_leads_nowhere_but_to_itself_is_refused(tmp_path):
    (tmp_path / "basin.db").symlink_to(tmp_path / "basin.db")
    error = refusal(str(tmp_path / "basin.db"))
    assert (type(error), "cannot be looked at" in str(error)) == (StoreUnreachableError, True)


def test_a_link_to_a_file_that_is_not_there_yet_makes_it(tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "basin.db")
    Store(str(tmp_path / "link.db"), create=True).close()
    Store(str(tmp_path / "basin.db")).close()


def test_every_driver_of_postgresql_becomes_the_one_that_is_installed():
    for url in ("postgresql://h/d", "postgresql+psycopg2://h/d", "postgresql+psycopg://h/d"):
        assert parse_location(url).drivername == "postgresql+psycopg"


@pytest.mark.parametrize("content", [b"number,state\n1,complete\n" * 100, b"SQLite format 2\0" * 100, b"\0" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "results.csv"
    path.write_bytes(content)
    error = refusal(str(path))
    assert isinstance(error, StoreBrokenError)
    assert "results.csv cannot be used" in str(error)
    assert error.exit_code == 4
    assert path.read_bytes() == content


def test_a_folder_is_refused(tmp_path):
    error = refusal(str(tmp_path))
    assert (type(error), "must be a file, got the folder" in str(error)) == (StoreUnreachableError, True)


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "must be a file" in str(refusal(str(tmp_path / "pipe")))


def test_a_missing_folder_is_refused_and_not_made(tmp_path):
    error = refusal(str(tmp_path / "missing" / "basin.db"))
    assert (type(error), "make it first" in str(error)) == (StoreUnreachableError, True)
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_store_in_memory_is_refused(url):
    error = refusal(url)
    assert (type(error), error.exit_code, "must be a file" in str(error)) == (UsageError, 2, True)


@pytest.mark.parametrize("scheme", ["mysql", "mysql+pymysql", "oracle", "postgres", "http", "nosuch+thing"])
def test_another_database_is_refused(scheme):
    error = refusal(f"{scheme}://ann:{SECRET}@localhost/basin")
    assert (type(error), error.exit_code) == (UsageError, 2)
    assert "must be SQLite or PostgreSQL" in str(error)
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    "url",
    [
        f"post gres://ann:{SECRET}@localhost/basin",
        f"://ann:{SECRET}@localhost/basin",
        f"no-such+thing://ann:{SECRET}@localhost/basin",
        f"postgresql://ann:{SECRET}@localhost:port/basin",
        f"postgresql://ann:{SECRET}@localhost:99999999/basin",
        f"postgresql://ann:{SECRET}@[::1/basin",
    ],
)
def test_a_url_that_is_none_is_refused_without_its_password(url):
    error = refusal(url, patience=0.0)
    assert SECRET not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:{SECRET}@data..example/basin",
        f"postgresql://ann:{SECRET}@{'a' * 64}.example/basin",
        f"postgresql://ann:{SECRET}@/basin?host=localhost,{'a' * 64}",
        f"postgresql://ann:{SECRET}@\udcff/basin",
        f"postgresql://ann:{SECRET}\udcff@localhost/basin",
        f"postgresql://ann:{SECRET}@localhost/basin?application_name=\udcff",
        f"postgresql://ann:{SECRET}@localhost/basin%00",
    ],
    ids=ascii,
)
def test_a_url_of_which_no_server_can_be_told_is_refused_without_its_password(url):
    error = refusal(url, patience=0.0)
    assert type(error) is UsageError
    assert SECRET not in "".join(traceback.format_exception(error))


def test_a_socket_may_have_any_name():
    path = f"/tmp/a..b/{'c' * 64}"  # noqa: S108 - nothing is there
    assert parse_location(f"postgresql://ann@/basin?host={path}").query["host"] == path


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:first@{SECRET}@localhost/basin",
        f"postgresql://ann:first@{SECRET}/second@localhost/basin",
        f"postgresql://ann:first@{SECRET}?second@localhost/basin",
        f"postgresql://ann:first@second/{SECRET}@localhost/basin",
    ],
)
def test_a_password_with_an_at_sign_is_refused_with_the_way_to_write_it(url, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", None)
    error = refusal(url, patience=0.0)
    assert (type(error), error.exit_code) == (UsageError, 2)
    assert "write %40 for any other" in str(error)
    assert SECRET not in "".join(traceback.format_exception(error))


def test_a_password_with_an_at_sign_is_taken_as_it_should_be_written():
    assert parse_location("postgresql://ann:first%40second@localhost/basin").password == "first@second"  # noqa: S105


def test_a_file_may_have_many_at_signs(tmp_path):
    assert parse_location(f"sqlite:///{tmp_path}/a@b@c.db").database == str(tmp_path / "a@b@c.db")


@pytest.mark.parametrize("options", [f"host=localhost password={SECRET}", f"password = '{SECRET}' user=ann"])
def test_options_of_a_connection_are_no_file(options):
    error = refusal(options)
    assert (type(error), SECRET in str(error)) == (UsageError, False)


def test_the_password_of_the_environment_is_kept_for_later_connections(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert parse_location("postgresql://ann@localhost/basin").password == SECRET
    assert parse_location("postgresql://ann:other@localhost/basin").password == "other"  # noqa: S105
    assert parse_location("postgresql://ann@localhost/basin?password=other").password is None


def test_a_server_that_is_away_is_named_without_its_password():
    url = f"postgresql://ann:{SECRET}@127.0.0.1:{closed_port()}/basin"
    error = refusal(url, patience=0.0)
    assert (type(error), error.exit_code) == (StoreUnreachableError, 4)
    assert "ann:***@127.0.0.1" in str(error)
    assert SECRET not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("option", ["password", "sslpassword"])
def test_a_password_among_the_options_is_masked_too(option):
    url = f"postgresql://ann@127.0.0.1:{closed_port()}/basin?{option}={SECRET}"
    assert SECRET not in str(refusal(url, patience=0.0))
    with Store(url, check_schema=False) as store:
        assert SECRET not in store.shown


def test_a_password_is_masked_wherever_a_store_is_shown():
    with Store(f"postgresql://ann:{SECRET}@localhost/basin", check_schema=False) as store:
        assert store.shown == "postgresql+psycopg://ann:***@localhost/basin"
        assert SECRET not in repr(store.database.engine)


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_named(postgres):
    url = postgres.set(database="nowhere").render_as_string(hide_password=False)
    error = refusal(url, patience=0.0)
    assert isinstance(error, StoreUnreachableError)
    assert '"nowhere" does not exist' in str(error)


MOUNTS = r"""
/dev/root / ext4 rw 0 0
server:/export /home nfs4 rw 0 0
/dev/sdb /home/ann/local\040disk xfs rw 0 0
tmpfs /tmp tmpfs rw 0 0
/dev/sdc /homestead btrfs rw 0 0
broken
overlay /home/ann/twice ext4 rw 0 0
overlay /home/ann/twice lustre rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/data", "ext4"),
        ("/home/ann/studies", "nfs4"),
        ("/home/ann/local disk/studies", "xfs"),
        ("/homestead/x", "btrfs"),
        ("/home/ann/twice", "lustre"),
        ("/", "ext4"),
    ],
)
def test_the_filesystem_of_a_path_is_that_of_its_innermost_mount(tmp_path, path, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS, encoding="utf-8")
    assert filesystem(Path(path), mounts) == kind


def test_a_system_that_does_not_tell_its_mounts_has_no_filesystem(tmp_path):
    assert filesystem(tmp_path, tmp_path / "missing") == ""


@pytest.mark.parametrize("kind", sorted(NETWORK_FILESYSTEMS))
def test_a_file_on_a_network_filesystem_is_refused_with_the_way_out(tmp_path, monkeypatch, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/export / {kind} rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr("study.store.location.filesystem", lambda path: filesystem(path, mounts))
    error = refusal(str(tmp_path / "basin.db"))
    assert isinstance(error, StoreUnreachableError)
    assert f"on {kind}" in str(error)
    assert "postgresql+psycopg://" in str(error)
    assert not (tmp_path / "basin.db").exists()


def test_a_link_to_a_network_filesystem_is_refused(tmp_path, monkeypatch):
    (tmp_path / "net").mkdir()
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path}/net nfs4 rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr("study.store.location.filesystem", lambda path: filesystem(path, mounts))
    (tmp_path / "basin.db").symlink_to(tmp_path / "net" / "basin.db")
    assert "on nfs4" in str(refusal(str(tmp_path / "basin.db")))


def test_the_network_filesystems_hold_nfs():
    assert {"nfs", "nfs4", "cifs", "lustre"} <= NETWORK_FILESYSTEMS

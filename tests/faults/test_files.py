"""A store whose file is taken away, replaced or damaged under whoever uses it; and what may happen to it unharmed."""

import shutil
import sqlite3
import time

import pytest
from sqlalchemy import text

from study.errors import StoreBrokenError, StoreUnreachableError
from study.hosts import Process
from study.store import Store
from tests.acceptance.conftest import folder, small
from tests.acceptance.test_kill import finished, wait_until
from tests.contract.helpers import claim_one, completion, make, run_sql, tell
from tests.unit.study.drives import Watcher, complete, driver_of, inline

__all__ = ["folder", "small"]


@pytest.fixture
def path(tmp_path):
    """Return the file of a store with a study, in a folder of its own."""
    (tmp_path / "there").mkdir()
    path = tmp_path / "there" / "basin.db"
    with Store(str(path), create=True) as store:
        make(store)
    return path


def deleted(path):
    path.unlink()


def moved(path):
    path.rename(path.with_name("elsewhere.db"))


def moved_with_its_folder(path):
    path.parent.rename(path.parent.with_name("elsewhere"))


def replaced_by_a_copy(path):
    shutil.copy(path, path.with_name("copy.db"))
    path.with_name("copy.db").replace(path)


def replaced_by_a_folder(path):
    path.unlink()
    path.mkdir()


def filled_with_something_else(path):
    path.write_bytes(b"number,state\n1,complete\n" * 500)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:8_000])


def emptied_by_another(path):
    with sqlite3.connect(path) as other:
        for table in ("epoch", "attempt", "trial"):
            other.execute(f"DROP TABLE {table}")
    other.close()


HARMS = {
    deleted: "was deleted or moved",
    moved: "was deleted or moved",
    moved_with_its_folder: "was deleted or moved",
    replaced_by_a_copy: "was replaced by another file",
    replaced_by_a_folder: "was replaced by another file",
    filled_with_something_else: "not a database",
    cut_off: "malformed",
    emptied_by_another: "its tables are gone",
}


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_a_store_that_is_lost_says_so_and_no_other_is_made(path, harm):
    with Store(str(path), patience=0.0) as store:
        study = store.studies.get("study")
        harm(path)
        before = sorted(path.parent.parent.rglob("*"))
        for use in (lambda: store.studies.counts(study.id), lambda: store.studies.cancel(study)):
            with pytest.raises(StoreBrokenError, match=HARMS[harm]) as caught:
                use()
            assert caught.value.exit_code == 4
        assert sorted(path.parent.parent.rglob("*")) == before


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_a_drive_ends_at_once_when_its_store_is_lost(path, harm):
    watcher, seen = Watcher(), []

    def train(trial):
        seen.append(trial)
        if len(seen) == 2:
            harm(path)
        return complete(trial)

    begun = time.monotonic()
    with Store(str(path), patience=0.0) as store:
        driver = driver_of(store, store.studies.get("study"), inline(train), watcher)
        with pytest.raises(StoreBrokenError, match=HARMS[harm]):
            driver.run()
    assert len(seen) == 2
    assert not any("training goes on" in note for note in watcher.notes)
    assert time.monotonic() - begun < 120.0  # far from the quarter of an hour that an outage is borne


def test_a_drive_ends_when_an_older_copy_is_put_in_its_place(path):
    copy = shutil.copy(path, path.with_name("copy.db"))
    seen = []

    def train(trial):
        seen.append(trial)
        if len(seen) == 2:
            shutil.copy(copy, path)  # the same file still, with other content
        return complete(trial)

    with Store(str(path), patience=0.0) as store:
        driver = driver_of(store, store.studies.get("study"), inline(train))
        with pytest.raises(StoreBrokenError, match="older copy"):
            driver.run()
    with Store(str(path)) as store:
        status = driver_of(store, store.studies.get("study"), inline()).run()
        assert status.counts.complete == 6
        assert store.findings() == []


def test_a_study_that_another_took_the_place_of_is_not_mistaken_for_it(path):
    with Store(str(path.with_name("other.db")), create=True) as other:
        make(other, name="other", seeds=1)
    with Store(str(path)) as store:
        study = store.studies.get("study")
        shutil.copy(path.with_name("other.db"), path)
        with pytest.raises(StoreBrokenError, match="does not hold the study any more"):
            store.studies.status(study)
        run_sql(store, "DELETE FROM study")
        with pytest.raises(StoreBrokenError, match="does not hold the study any more"):
            store.studies.counts(study.id)


def vacuumed(path):
    with sqlite3.connect(path) as other:
        other.execute("VACUUM")
    other.close()


def given_a_second_name(path):
    path.with_name("second.db").hardlink_to(path)
    path.with_name("second.db").unlink()


def moved_away_and_back(path):
    path.rename(path.with_name("elsewhere.db"))
    path.with_name("elsewhere.db").rename(path)


def restored_from_a_copy(path):
    shutil.copy(path, path.with_name("copy.db"))
    shutil.copy(path.with_name("copy.db"), path)


@pytest.mark.parametrize("change", [vacuumed, given_a_second_name, moved_away_and_back, restored_from_a_copy])
def test_what_leaves_the_store_what_it_was_is_borne(path, change):
    with Store(str(path)) as store:
        study = store.studies.get("study")
        store.leases.register("ann", Process.current())
        lease = claim_one(store, study)
        change(path)
        assert tell(store, completion(lease)) == set()
        assert store.studies.status(study).counts.complete == 1


def test_a_link_is_the_store_it_leads_to(path):
    link = path.with_name("link.db")
    link.symlink_to(path)
    with Store(str(link)) as store:
        study = store.studies.get("study")
        assert store.studies.cancel(study) == 6
        link.unlink()
        link.symlink_to(shutil.copy(path, path.with_name("other.db")))
        with pytest.raises(StoreBrokenError, match="replaced by another"):
            store.studies.counts(study.id)
    with Store(str(path)) as store:
        assert store.studies.counts(study.id).cancelled == 6


def test_nothing_is_left_beside_a_store_between_two_operations(path):
    """A tidy person deletes SQLite's log and index, or copies the file alone: there is nothing in them to lose."""
    with Store(str(path)) as store:
        study = store.studies.get("study")
        store.leases.register("ann", Process.current())
        for done in range(1, 7):
            tell(store, completion(claim_one(store, study)))
            assert [one.name for one in path.parent.iterdir()] == [path.name]
            copy = shutil.copy(path, path.parent.parent / f"{done}.db")
            with Store(str(copy)) as other:
                assert other.studies.counts(study.id).complete == done


def test_reports_at_once_are_all_the_same(small):
    with Store(str(small.path / "basin.db"), create=True) as store:
        study = make(store, name="small")
        store.leases.register("ann", Process.current())
        for _ in range(6):
            tell(store, completion(claim_one(store, study)))
    started = [small.start("report", "small", "--out", folder) for folder in ("a", "b", "c", "c")]
    ends = [(child.communicate(timeout=120)[0], child.returncode) for child in started]
    assert [code for _, code in ends[:2]] == [0, 0], ends
    assert {code for _, code in ends[2:]} <= {0, 2}, ends  # two into one folder: the second may have to go
    sums = {(small.path / folder / "SHA256SUMS").read_text(encoding="utf-8") for folder in ("a", "b", "c")}
    assert len(sums) == 1
    assert not list(small.path.rglob("*unfinished*"))


def test_a_reader_makes_no_file(tmp_path):
    with pytest.raises(StoreUnreachableError, match="no store at"):
        Store(str(tmp_path / "basin.db"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.acceptance
def test_a_real_drive_whose_file_is_deleted_ends_with_a_sentence_and_makes_no_other(small):
    process = small.start("run", "small.yaml", "--workers", "1", "--set", "seeds=50")
    assert wait_until(lambda: finished(small), 180), process.kill()
    for file in small.path.glob("basin.db*"):
        file.unlink(missing_ok=True)  # SQLite takes the companions away itself once it sees that the file is gone
    output = process.communicate(timeout=200)[0]
    assert process.returncode == 4, output
    assert "basin.db was deleted or moved while it was in use" in output
    assert "Traceback" not in output
    assert list(small.path.glob("basin.db*")) == []


# --- the same on a server ---


@pytest.fixture
def server(fresh_database):
    """Yield a store on PostgreSQL with a study."""
    with Store(fresh_database.render_as_string(hide_password=False), patience=0.0, create=True) as store:
        make(store)
        yield store


@pytest.mark.postgres
def test_a_drive_ends_at_once_when_its_schema_is_dropped(server):
    def train(trial):
        server.database.write(lambda connection: connection.execute(text("DROP SCHEMA basin CASCADE")))
        return complete(trial)

    watcher = Watcher()
    driver = driver_of(server, server.studies.get("study"), inline(train), watcher)
    with pytest.raises(StoreBrokenError, match="its tables are gone"):
        driver.run()
    assert not any("training goes on" in note for note in watcher.notes)


@pytest.mark.postgres
def test_a_drive_ends_at_once_when_its_schema_is_made_anew(server):
    def train(trial):
        server.database.write(lambda connection: connection.execute(text("DROP SCHEMA basin CASCADE")))
        with Store(server.database.url.render_as_string(hide_password=False), create=True) as anew:
            make(anew)
        return complete(trial)

    driver = driver_of(server, server.studies.get("study"), inline(train))
    with pytest.raises(
        StoreBrokenError, match=r"does not hold the study any more|what was read a moment ago is gone"
    ):
        driver.run()

"""The folder of a report: whose files are whose, and what a report that was killed leaves."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from study.errors import UsageError
from study.interruption import ended_by_signals
from study.operations.folder import HEAD, LIST, check, publishing
from tests.unit.study.common import eventually

FILES = ("report.html", "summary.json", "figures/curves.png", "figures/map.png")

WRITER = """
import sys
from pathlib import Path
from study.interruption import ended_by_signals
from study.operations.folder import publishing
name, out, files = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]

def note(text):
    print(text, file=sys.stderr, flush=True)

with ended_by_signals(), publishing(out, force=False, note=note) as unfinished:
    (unfinished / "figures").mkdir()
    print("within", flush=True)
    sys.stdin.readline()
    for file in files:
        (unfinished / file).write_text(name)
print("done", flush=True)
"""


def publish(out, content="new", files=FILES, *, force=False):
    with publishing(out, force=force) as unfinished:
        for file in files:
            (unfinished / file).parent.mkdir(exist_ok=True)
            (unfinished / file).write_text(content, encoding="utf-8")


def held(folder):
    """Return every file of a folder with its content, links as what they lead to."""
    return {
        path.relative_to(folder).as_posix(): f"-> {path.readlink()}" if path.is_symlink() else path.read_text()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def is_whole(out, content, files=FILES):
    """Tell whether a folder holds one report, and its list, and nothing else."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    listed = "\n".join([HEAD, *(f"{digest}  {name}" for name in sorted(files)), ""])
    return held(out) == dict.fromkeys(files, content) | {LIST: listed}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def started(out):
    """Return a function that starts a process which stands in the middle of a report; at the end none is left."""
    children = []

    def started(name="other"):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        children.append(subprocess.Popen([sys.executable, "-c", WRITER, name, str(out), *FILES], **pipes))
        return children[-1]

    yield started
    for child in children:
        child.kill()
        child.communicate()


def unfinished(out):
    return [path for path in out.iterdir() if path.name.startswith(".unfinished-")]


# --- whose files are whose ---


@pytest.mark.parametrize("before", ["missing", "empty"])
def test_a_report_is_written_where_nothing_lies(out, before):
    if before == "empty":
        out.mkdir()
    publish(out)
    assert is_whole(out, "new")


def test_the_list_is_one_that_the_usual_tool_checks(out):
    publish(out)
    done = subprocess.run(["sha256sum", "--check", "--strict", LIST], cwd=out, capture_output=True, check=False)
    assert (done.returncode, done.stdout.count(b": OK"), done.stderr) == (0, len(FILES), b"")


def test_a_report_takes_the_place_of_the_one_before_and_what_is_no_longer_drawn_goes(out):
    publish(out, "old", (*FILES, "figures/heatmap.png", "tables/cells.csv"))
    publish(out)
    assert is_whole(out, "new")
    assert not (out / "tables").exists()


FOREIGN = {
    "a file": lambda out: (out / "notes.txt").write_text("mine"),
    "a hidden file": lambda out: (out / ".notes").write_text("mine"),
    "a figure": lambda out: (out / "figures" / "mine.png").write_text("mine"),
    "a folder": lambda out: (out / "data").mkdir(),
    "a folder that ends otherwise": lambda out: (out / ".unfinished-mine").mkdir(),
    "an edited page": lambda out: (out / "report.html").write_text("mine"),
    "a link": lambda out: (out / "latest").symlink_to("report.html"),
    "a list that is not the report's": lambda out: (out / LIST).write_text("0  report.html\n"),
}


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_folder_that_holds_more_than_a_report_is_refused_as_it_is(out, change):
    publish(out, "old")
    change(out)
    before = held(out)
    with pytest.raises(UsageError, match="must be empty, or hold the files of a report and no others"):
        check(out, force=False)
    with pytest.raises(UsageError):
        publish(out)
    assert held(out) == before


def test_a_refusal_names_some_and_counts_the_rest(out):
    out.mkdir()
    for number in range(5):
        (out / f"{number}.csv").touch()
    with pytest.raises(UsageError, match=r"got '0\.csv', '1\.csv', '2\.csv' and 2 more; name another folder, or add"):
        check(out, force=False)


def test_forced_it_overwrites_files_of_its_names_and_deletes_nothing(out):
    (out / "figures").mkdir(parents=True)
    for name in ("notes.txt", "report.html", "figures/mine.png"):
        (out / name).write_text("mine")
    publish(out, force=True)
    publish(out, "newer", ("report.html",), force=True)
    assert {name: text for name, text in held(out).items() if name != LIST} == {
        "notes.txt": "mine", "figures/mine.png": "mine", "report.html": "newer",
    }  # fmt: skip


def test_a_list_of_others_deletes_nothing(out):
    out.mkdir()
    (out / "mine.csv").write_text("mine")
    digest = hashlib.sha256(b"mine").hexdigest()
    (out / LIST).write_text(f"{digest}  mine.csv\n")
    publish(out, force=True)
    assert (out / "mine.csv").read_text() == "mine"


def test_a_list_reaches_nothing_outside_its_folder(tmp_path, out):
    (tmp_path / "mine.csv").write_text("mine")
    out.mkdir()
    digest = hashlib.sha256(b"mine").hexdigest()
    names = ("../mine.csv", str(tmp_path / "mine.csv"), "figures/../../mine.csv")
    (out / LIST).write_text("\n".join([HEAD, *(f"{digest}  {name}" for name in names), ""]))
    publish(out)
    assert (tmp_path / "mine.csv").read_text() == "mine"


# --- links ---


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["report.html", "summary.json", LIST, "figures", "figures/map.png"])
def test_no_link_is_followed(tmp_path, out, name, force):
    (out / name).parent.mkdir(parents=True)
    target = tmp_path / "target"
    if name == "figures":
        target.mkdir()
        (target / "map.png").write_text("mine")
    else:
        target.write_text("mine")
    (out / name).symlink_to(target)
    before = held(tmp_path)
    with pytest.raises(UsageError):
        publish(out, force=force)
    assert held(tmp_path) == before


def test_a_link_in_the_place_of_an_old_figure_is_not_taken_for_it(tmp_path, out):
    publish(out, "old", (*FILES, "figures/heatmap.png"))
    (tmp_path / "copy.png").write_text("old")
    (out / "figures" / "heatmap.png").unlink()
    (out / "figures" / "heatmap.png").symlink_to(tmp_path / "copy.png")
    with pytest.raises(UsageError, match="heatmap"):
        publish(out)
    publish(out, force=True)
    assert (out / "figures" / "heatmap.png").is_symlink()


def test_the_folder_itself_may_be_a_link(tmp_path, out):
    (tmp_path / "elsewhere").mkdir()
    out.symlink_to("elsewhere")
    publish(out)
    assert is_whole(tmp_path / "elsewhere", "new")


# --- reports that end, and reports at once ---


def test_what_a_killed_report_left_is_removed_by_the_next(out, started):
    child = started()
    assert child.stdout.readline() == "within\n"
    child.kill()
    child.wait()
    assert len(unfinished(out)) == 1
    publish(out)
    assert is_whole(out, "new")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing(out, started, number):
    child = started()
    assert child.stdout.readline() == "within\n"
    child.send_signal(number)
    child.communicate(timeout=60)
    assert child.returncode != 0
    assert list(out.iterdir()) == []


def test_a_report_waits_for_one_that_is_being_written(out, started):
    first = started("first")
    assert first.stdout.readline() == "within\n"
    second = started("second")
    assert second.stderr.readline() == f"another report is being written into {out}; waiting for it\n"
    assert len(unfinished(out)) == 1
    first.communicate("\n", timeout=60)
    assert first.returncode == 0
    assert second.stdout.readline() == "within\n"
    assert is_whole_beside(out, "first")
    second.communicate("\n", timeout=60)
    assert is_whole(out, "second")


def is_whole_beside(out, content):
    """Tell whether a whole report lies there while another one is being written."""
    return all(text == content for name, text in held(out).items() if name != LIST) and set(held(out)) == {
        *FILES,
        LIST,
    }


def test_reports_at_once_end_with_one_whole_report(out, started):
    children = [started(f"writer {number}") for number in range(4)]
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    assert [child.wait(60) for child in children] == [0] * 4
    assert any(is_whole(out, f"writer {number}") for number in range(4))


@pytest.mark.parametrize("at", range(1, 2 * len(FILES)))
def test_killed_while_it_is_moved_the_folder_is_still_a_reports(out, monkeypatch, at):
    publish(out, "old", (*FILES, "figures/heatmap.png", "figures/old.png"))
    moved = []

    def killed(real):
        def step(*arguments, **options):
            moved.append(1)
            if len(moved) == at:
                raise KeyboardInterrupt
            return real(*arguments, **options)

        return step

    monkeypatch.setattr(Path, "replace", killed(Path.replace))
    monkeypatch.setattr(Path, "unlink", killed(Path.unlink))
    with pytest.raises(KeyboardInterrupt):
        publish(out)
    monkeypatch.undo()
    check(out, force=False)
    publish(out, "newest")
    assert is_whole(out, "newest")


def test_handlers_of_signals_are_put_back(out):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with ended_by_signals():
        publish(out)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_after_the_first_signal_no_other_disturbs_the_end_of_the_command(number):
    with pytest.raises(KeyboardInterrupt), ended_by_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_IGN
    signal.raise_signal(number)


def test_under_nohup_a_hangup_stays_ignored(out):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals(), publishing(out, force=False):
            os.kill(os.getpid(), signal.SIGHUP)
            assert eventually(lambda: signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)
    finally:
        signal.signal(signal.SIGHUP, before)

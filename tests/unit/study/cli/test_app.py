"""What every command has in common: help, exit codes, one message, no secrets."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest
import typer

from search_spaces.exits import Exit
from study.cli import app as module
from study.cli import main
from study.cli.app import app, run
from tests.unit.study.cli.conftest import Done
from tests.unit.study.common import create, eventually, sql
from workers.provenance import code_version

DOCUMENTED = {
    "presets", "run", "studies", "show", "trials", "curves", "report", "cancel", "reap", "delete", "extend", "retry",
    "db", "compare", "claims", "analyze",
}  # fmt: skip
PASSWORD = "-".join(("correct", "horse"))


def commands(group, path=()):
    """Yield every command with its words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


EVERY = [pytest.param(words, command, id=" ".join(words)) for words, command in commands(typer.main.get_command(app))]


def test_the_documented_commands_exist():
    assert typer.main.get_command(app).commands.keys() >= DOCUMENTED


@pytest.mark.parametrize(("words", "command"), EVERY)
def test_every_command_has_help(basin, words, command):
    done = basin(*words, "-h")
    assert done.code == 0
    assert words[-1] in done.out
    assert command.help


@pytest.mark.parametrize("group", [[], ["db"]], ids=["basin", "db"])
def test_no_summary_of_a_command_is_cut_off(basin, group):
    lines = basin(*group, "--help").out.partition("Commands:\n")[2].splitlines()
    assert lines
    assert not [line for line in lines if line.endswith("...")]


def test_help_has_every_exit_code(basin):
    text = basin("--help").out.partition("Exit codes: ")[2]
    assert [int(word) for word in text.split() if word.isdigit()] == [0, 1, 2, 3, 4, 5, 130]


def test_help_says_of_every_exit_code_what_it_means(basin):
    assert Exit.listed() in " ".join(basin("--help").out.split())


@pytest.mark.parametrize(("words", "command"), EVERY)
def test_every_option_has_help(words, command):
    assert all(parameter.help for parameter in command.params)


@pytest.mark.parametrize(("words", "command"), EVERY)
def test_every_command_but_run_prints_json(words, command):
    assert words == ("run",) or any("--json" in parameter.opts for parameter in command.params)


def test_without_a_command_there_is_help(basin):
    done = basin()
    assert "presets" in done.out + done.err


def test_the_version_is_told_with_the_hash_of_the_code(basin):
    assert basin("--version") == Done(0, f"basin {code_version()}\n", "")


def test_telling_the_version_imports_nothing_heavy():
    heavy = ("torch", "ray", "optuna", "matplotlib", "pandas", "scipy", "sqlalchemy")
    command = f"""
import sys
from study.cli.app import run
try:
    run(["--version"])
finally:
    print(*[name for name in {heavy} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == f"basin {code_version()}\n\n"


NAMELESS = [
    ["show"],
    ["trials"],
    ["curves"],
    ["cancel"],
    ["delete"],
    ["report", "--out", "out"],
    ["compare", "report-table-2"],
    ["retry", "--failed"],
]


@pytest.mark.parametrize("words", NAMELESS, ids=lambda words: words[0])
def test_a_study_that_is_not_there_is_3(basin, store, words):
    done = basin(words[0], "nosuch", *words[1:])
    assert done.code == 3
    assert done.err.startswith("basin: no study 'nosuch' in ")
    assert "basin studies" in done.err


TAKING_STUDY = [
    pytest.param(words, id=" ".join(words))
    for words, command in commands(typer.main.get_command(app))
    if any(parameter.name == "study" for parameter in command.params)
]
NEEDED = {
    ("report",): ["--out", "out"],
    ("compare",): ["report-table-2"],
    ("retry",): ["--failed"],
    ("extend",): ["digits-lr-p"],
    ("export",): ["--to", "csv"],
}


@pytest.mark.parametrize("words", TAKING_STUDY)
def test_a_name_that_is_nearly_right_is_told_the_right_one(basin, filled, words):
    done = basin(*words, "Smal", *NEEDED.get(words, []))
    assert done.code == 3
    assert "no study 'Smal' in " in done.err
    assert "; did you mean 'small'? `basin studies` lists those it holds" in done.err


OPENING = [
    ["studies"],
    ["show", "small"],
    ["trials", "small"],
    ["curves", "small"],
    ["report", "small", "--out", "out"],
    ["compare", "small", "report-table-2"],
    ["cancel", "small"],
    ["delete", "small", "--yes"],
    ["reap"],
    ["retry", "small", "--failed"],
    ["extend", "small", "digits-lr-p"],
    ["db", "check"],
    ["db", "upgrade"],
]


@pytest.mark.parametrize("words", OPENING, ids=lambda words: " ".join(words[:2]))
def test_no_store_is_4(basin, folder, words):
    done = basin(*words)
    assert done.code == 4
    assert done.err.startswith("basin: no store at ")
    assert "basin run" in done.err


@pytest.mark.parametrize("words", OPENING, ids=lambda words: " ".join(words[:2]))
def test_reading_makes_no_store(basin, folder, words):
    basin(*words)
    assert list(folder.iterdir()) == []


def test_a_file_that_is_no_store_is_4(basin, folder):
    (folder / "basin.db").write_text("not a database, but long enough to be taken for one" * 20, encoding="utf-8")
    done = basin("studies")
    assert done.code == 4
    assert "not a database" in done.err


def test_a_newer_schema_is_4(basin, store):
    sql(store, "UPDATE basin_version SET version_num = '9999'")
    done = basin("studies")
    assert done.code == 4
    assert "upgrade Basin" in done.err


@pytest.mark.parametrize(
    "words",
    [
        ["trials", "small", "--columns", "lrr"],
        ["trials", "small", "--sort", "lrr"],
        ["trials", "small", "--where", "lrr < 1"],
        ["trials", "small", "--limit", "-1"],
        ["trials", "small", "--format", "xml"],
        ["report", "small", "--out", "out", "--statistic", "best"],
        ["report", "small", "--out", "basin.db"],
        ["report", "small"],
        ["compare", "small"],
        ["compare", "small", "report-table-1"],
        ["compare", "small", "report-table-2", "--out", ""],
        ["compare", "small", "report-table-2", "--out", "basin.db"],
        ["retry", "small"],
        ["run", "nosuch"],
        ["nosuch"],
        ["studies", "--nosuch"],
        ["studies", "--store", "mysql://u@h/d"],
        ["studies", "--store", "sqlite://"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("untouched")
def test_invalid_input_is_2(basin, words):
    done = basin(*words)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_faulty_setting_is_2(basin, store):
    from pathlib import Path

    Path("basin.toml").write_text("stall_seconds = 0", encoding="utf-8")
    done = basin("studies")
    assert (done.code, done.err) == (2, "basin: stall_seconds in basin.toml must be a number above 0, got 0\n")


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://u:{PASSWORD}@h/d",
        f"postgresql://u:{PASSWORD}@127.0.0.1:9/d",
        f"postgresql://127.0.0.1:9/d?user=u&password={PASSWORD}",
        f"postgresql://u:{PASSWORD}@127.0.0.1:port/d",
        f"postgre sql://u:{PASSWORD}@127.0.0.1/d",
    ],
    ids=["another database", "unreachable", "in the query", "faulty port", "faulty scheme"],
)
@pytest.mark.usefixtures("impatient")
def test_a_password_is_never_printed(basin, url):
    done = basin("studies", "--store", url)
    assert done.code in {2, 4}
    assert done.err.startswith("basin: ")
    assert PASSWORD not in done.out + done.err


def test_a_password_in_a_url_with_a_slash_too_few_is_not_printed(basin, monkeypatch):
    monkeypatch.chdir("/")
    done = basin("studies", "--store", f"postgresql:/u:{PASSWORD}@127.0.0.1/d")
    assert done.code in {2, 4}
    assert PASSWORD not in done.out + done.err


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_away_is_4(basin):
    assert basin("studies", "--store", "postgresql://u@127.0.0.1:9/d").code == 4


def ending(monkeypatch, error):
    def raised(**_):
        raise error

    monkeypatch.setattr(module, "app", raised)
    with pytest.raises(SystemExit) as ended:
        run([])
    return ended.value.code


@pytest.mark.usefixtures("handlers")
def test_an_interruption_is_130_and_no_other_disturbs_the_end(monkeypatch, capsys):
    assert ending(monkeypatch, KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "basin: interrupted\n"
    signal.raise_signal(signal.SIGINT)


def test_an_interruption_before_anything_is_imported_is_130(monkeypatch, capsys):
    def interrupted(_arguments):
        raise KeyboardInterrupt

    ignored = []
    monkeypatch.setattr(signal, "signal", lambda *setting: ignored.append(setting))
    monkeypatch.setattr(module, "run", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "basin: interrupted\n")
    assert set(ignored) == {(signal.SIGINT, signal.SIG_IGN)}


def test_one_interruption_after_the_other_is_130(monkeypatch, capsys):
    def interrupted(_arguments):
        raise KeyboardInterrupt

    def answered(*setting):
        if len(tried) < 3:
            tried.append(setting)
            raise KeyboardInterrupt

    tried = []
    monkeypatch.setattr(signal, "signal", answered)
    monkeypatch.setattr(module, "run", interrupted)
    with pytest.raises((SystemExit, KeyboardInterrupt)) as ended:
        main()
    assert ended.type is SystemExit
    assert (ended.value.code, capsys.readouterr().err) == (130, "basin: interrupted\n")


@pytest.fixture
def started():
    """Return a function that starts a command whose output nobody reads unless the test does."""
    children = []

    def started(*arguments):
        command = [str(Path(sys.executable).with_name("basin")), *arguments]
        children.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return children[-1]

    yield started
    for child in children:
        child.kill()
        child.communicate()


def test_ctrl_c_ends_a_watch_with_one_line(started, filled):
    child = started("show", "small", "--watch")
    assert child.stdout.readline() == "small: waiting\n"
    child.send_signal(signal.SIGINT)
    assert (child.wait(30), child.stderr.read()) == (130, "basin: interrupted\n")


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_ctrl_c_ends_a_command_whose_reader_does_not_read(started, store, form):
    create(store, seeds=700)
    child = started("trials", "small", "--format", form)
    assert eventually(lambda: unread(child.stdout) > 50_000, 60)  # of the 65,536 bytes that a pipe holds
    child.send_signal(signal.SIGINT)
    assert (child.wait(30), child.stderr.read()) == (130, "basin: interrupted\n")


def unread(pipe):
    """Return how many bytes wait in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize("arguments", [("presets",), ("presets", "--json"), ("--help",)], ids=" ".join)
def test_a_reader_that_went_away_is_no_error_to_tell(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    command = Path(sys.executable).with_name("basin")
    done = subprocess.run([command, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_bug_is_not_hidden(monkeypatch):
    def bug(**_):
        raise LookupError

    monkeypatch.setattr(module, "app", bug)
    with pytest.raises(LookupError):
        run([])


def test_reading_imports_nothing_heavy():
    heavy = ("torch", "ray", "optuna", "matplotlib", "pandas", "scipy", "sklearn", "pyarrow", "sqlalchemy")
    command = f"import sys, study.cli.app; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [("presets",), ("presets", "--json"), ("--help",)], ids=" ".join)
def test_an_output_that_cannot_be_written_is_said_in_one_line(arguments, tmp_path):
    command = Path(sys.executable).with_name("basin")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run([command, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "basin: the output cannot be written: No space left on device\n"


def test_a_closed_output_is_no_obstacle(tmp_path):
    command = Path(sys.executable).with_name("basin")
    done = subprocess.run(
        ["bash", "-c", f"{command} presets --json >&-"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_help_shows_what_stands_in_brackets(basin):
    assert "[env: BASIN_STORE; basin.db]" in " ".join(basin("trials", "--help").out.split())


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_obstacle(closed, tmp_path):
    command = Path(sys.executable).with_name("basin")
    code = subprocess.run(["bash", "-c", f"{command} presets {closed}"], cwd=tmp_path, check=False).returncode
    assert code == 0


def test_an_error_that_nobody_can_read_keeps_its_code(tmp_path):
    command = Path(sys.executable).with_name("basin")
    code = subprocess.run(["bash", "-c", f"{command} studies 2>&-"], cwd=tmp_path, check=False).returncode
    assert code == 4


def test_a_working_directory_that_is_gone_is_2(tmp_path):
    command = Path(sys.executable).with_name("basin")
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["bash", "-c", f"rmdir {gone}; {command} studies"], cwd=gone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "basin: the working directory must exist" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_in_the_home_of_nobody_is_4(basin, folder):
    done = basin("studies", "--store", "~nosuchuser/basin.db")
    assert done.code == 4
    assert "the store '~nosuchuser/basin.db' names no place" in done.err

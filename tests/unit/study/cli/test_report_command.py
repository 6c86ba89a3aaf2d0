from __future__ import annotations

import json

import pytest

from tests.unit.analysis.common import save_nothing


@pytest.fixture(autouse=True)
def _unpainted(monkeypatch):
    monkeypatch.setattr("analysis.figures.save", save_nothing)


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def out(basin, finished, folder):
    """Return the folder of a report, and what the command said."""
    done = basin("report", "small", "--out", "deep/out")
    assert done.code == 0
    return folder / "deep" / "out", done


def test_the_report_is_written(out):
    pictures = {f"figures/{name}.{kind}" for name in ("map", "curves") for kind in ("png", "svg", "pdf")}
    assert names(out[0]) == {"SHA256SUMS", "report.html", "summary.json", "trials.csv", "figures/map.html"} | pictures


def test_the_command_says_where_the_report_lies(out):
    folder, done = out
    pictures = [folder / "figures" / name for name in ("curves.png", "map.png")]
    assert done.out == f"report of small: {folder / 'report.html'}\n" + "".join(f"  {path}\n" for path in pictures)


def test_nothing_unfinished_is_left(out):
    assert not [path for path in out[0].iterdir() if path.name.startswith(".")]


def test_the_summary_is_printed_as_json(basin, finished, folder):
    done = basin("report", "small", "--out", "out", "--json")
    assert done.json == json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert done.json["trials"]["complete"] == 6


def test_another_statistic_can_be_asked_for(basin, finished):
    assert basin("report", "small", "--out", "out", "--statistic", "min", "--json").json["statistic"] == "min"


def test_an_unknown_statistic_is_refused_with_the_nearest(basin, finished, folder):
    done = basin("report", "small", "--out", "out", "--statistic", "mean_last")
    assert done.code == 2
    assert "did you mean 'mean_last5'?" in done.err
    assert not (folder / "out").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(basin, finished, folder):
    (folder / "out").write_text("mine", encoding="utf-8")
    done = basin("report", "small", "--out", "out")
    assert done.code == 2
    assert (folder / "out").read_text(encoding="utf-8") == "mine"


def test_a_folder_below_a_file_is_refused(basin, finished, folder):
    (folder / "file").write_text("mine", encoding="utf-8")
    done = basin("report", "small", "--out", "file/out")
    assert done.code == 2
    assert done.err.startswith("basin: --out 'file/out' cannot be ")


def test_a_folder_with_files_of_others_is_refused_and_named(basin, finished, folder):
    (folder / "out").mkdir()
    (folder / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    done = basin("report", "small", "--out", "out")
    assert (done.code, names(folder / "out")) == (2, {"notes.txt"})
    assert "'notes.txt'" in done.err
    assert "--force" in done.err


def test_forced_the_report_lies_beside_files_of_others(basin, finished, folder):
    (folder / "out").mkdir()
    (folder / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    assert basin("report", "small", "--out", "out", "--force").code == 0
    assert {"notes.txt", "report.html"} <= names(folder / "out")
    assert (folder / "out" / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_report_is_written_over_the_one_before(basin, finished, out):
    before = names(out[0])
    (out[0] / "figures" / "mine.png").write_bytes(b"mine")
    assert basin("report", "small", "--out", "deep/out").code == 2
    (out[0] / "figures" / "mine.png").unlink()
    assert basin("report", "small", "--out", "deep/out").code == 0
    assert names(out[0]) == before


def test_a_report_that_fails_leaves_no_part_of_itself(basin, finished, folder, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("analysis.report._page", full)
    done = basin("report", "small", "--out", "out")
    assert (done.code, names(folder / "out")) == (2, set())
    assert "No space left on device" in done.err


def test_the_mode_of_a_folder_that_is_there_stays(basin, finished, folder):
    (folder / "out").mkdir()
    (folder / "out").chmod(0o1777)
    assert basin("report", "small", "--out", "out").code == 0
    assert (folder / "out").stat().st_mode & 0o7777 == 0o1777


@pytest.mark.parametrize("force", [[], ["--force"]], ids=["", "forced"])
def test_what_a_summary_of_others_lists_is_not_deleted(basin, finished, folder, force):
    out = folder / "out"
    (out / "figures").mkdir(parents=True)
    (out / "figures" / "heatmap.png").write_bytes(b"mine")
    listed = ["figures/heatmap.png", "figures/../../basin.db", "/etc/passwd"]
    (out / "summary.json").write_text(json.dumps({"name": "small", "figures": listed}), encoding="utf-8")
    assert basin("report", "small", "--out", "out", *force).code == (0 if force else 2)
    assert (out / "figures" / "heatmap.png").read_bytes() == b"mine"
    assert (folder / "basin.db").exists()


@pytest.mark.parametrize("name", ["report.html", "trials.csv", "figures/map.png", "SHA256SUMS"])
def test_a_folder_in_the_place_of_a_file_is_refused_and_nothing_moves(basin, finished, folder, name):
    (folder / "out" / name).mkdir(parents=True)
    done = basin("report", "small", "--out", "out", "--force")
    assert (done.code, names(folder / "out")) == (2, set())
    assert f"must have a file or nothing in the place of {name}" in done.err


def test_a_file_in_the_place_of_the_figures_is_refused(basin, finished, folder):
    (folder / "out").mkdir()
    (folder / "out" / "figures").write_text("mine", encoding="utf-8")
    done = basin("report", "small", "--out", "out", "--force")
    assert (done.code, names(folder / "out")) == (2, {"figures"})
    assert "must have a folder or nothing in the place of figures" in done.err


@pytest.mark.parametrize("out", ["", "x" * 300])
def test_a_folder_that_cannot_be_is_refused(basin, finished, out):
    done = basin("report", "small", "--out", out)
    assert done.code == 2
    assert done.err.startswith("basin: --out ")


@pytest.mark.parametrize("clip", ["10", "1,2,3", "a,b", "10,1", "0,5", ",101", "5,5", "nan,5", ",1e-300", ""])
def test_colour_limits_that_are_none_are_refused(basin, finished, folder, clip):
    done = basin("report", "small", "--out", "out", f"--clip={clip}")
    assert done.code == 2
    assert done.err.startswith("basin: --clip must ")
    assert not (folder / "out").exists()


@pytest.mark.parametrize("clip", ["1,10", ",10", "1,", ",", "1e-6,1e-5"])
def test_colours_can_be_clipped(basin, finished, folder, clip):
    assert basin("report", "small", "--out", "out", f"--clip={clip}").code == 0
    assert (folder / "out" / "report.html").exists()


def test_published_values_that_have_no_place_are_told_with_the_reason(basin, finished):
    done = basin("report", "small", "--out", "out", "--overlay", "report-curves-cifar10")
    assert done.code == 0
    assert (
        "  overlay report-curves-cifar10: Nothing of it has a place: task.dataset cifar10, here digits; "
        "task.network resnet18 or resnet18-report, here mlp.\n" in done.out
    )
    assert "overlay" not in basin("report", "small", "--out", "out", "--json").json


def test_an_unknown_reference_is_refused_with_those_there_are(basin, finished, folder):
    done = basin("report", "small", "--out", "out", "--overlay", "somebody")
    assert (done.code, done.out) == (2, "")
    assert "no reference 'somebody'; known: adabound-cifar10, report-curves-cifar10," in done.err
    assert "; `basin compare --list` has all" in done.err
    assert not (folder / "out").exists()


def test_the_width_is_page_or_column(basin, finished, folder):
    done = basin("report", "small", "--out", "out", "--width", "2in")
    assert (done.code, done.out) == (2, "")
    assert "--width must be page or column, got '2in'" in done.err
    assert not (folder / "out").exists()


def test_figures_for_a_column_have_their_captions_on_the_page(basin, finished, folder):
    assert basin("report", "small", "--out", "out", "--width", "column").code == 0
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count("<figcaption>") == 2
    assert "basin report small --out reports/small --width column" in page
    assert basin("report", "small", "--out", "out").code == 0
    assert "<figcaption>" not in (folder / "out" / "report.html").read_text(encoding="utf-8")

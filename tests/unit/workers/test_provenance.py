from __future__ import annotations

import re

import pytest

import search_spaces
import workers
from workers import provenance
from workers.precision import use_float32


@pytest.fixture
def two_packages(tmp_path, monkeypatch):
    for name in ("search_spaces", "workers"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("x = 1\n")
    monkeypatch.setattr(provenance, "package_folder", lambda name: tmp_path / name)
    return tmp_path


def version():
    return provenance.code_version.__wrapped__()


def test_the_code_version_is_a_version_and_a_hash():
    assert re.fullmatch(r"[0-9][^+]*\+[0-9a-f]{16}", provenance.code_version())


def test_the_code_version_is_that_of_the_sources(two_packages):
    before = version()
    assert before == version()
    (two_packages / "workers" / "__init__.py").write_text("x = 2\n")
    assert version() != before


def test_a_renamed_source_is_another_code_version(two_packages):
    (two_packages / "workers" / "a.py").write_text("")
    before = version()
    (two_packages / "workers" / "a.py").rename(two_packages / "workers" / "b.py")
    assert version() != before


def test_files_that_are_no_sources_do_not_count(two_packages):
    before = version()
    (two_packages / "workers" / "notes.txt").write_text("x")
    assert version() == before


@pytest.mark.parametrize("package", [search_spaces, workers])
def test_the_folder_of_a_package_is_where_it_was_imported_from(package):
    assert [str(provenance.package_folder(package.__name__))] == list(package.__path__)


def test_a_missing_package_is_named():
    with pytest.raises(ImportError, match="no_such_package"):
        provenance.package_folder("no_such_package")


def test_libraries_name_python_and_torch():
    assert {"python", "torch", "numpy"} <= provenance.libraries().keys()


@pytest.mark.usefixtures("precision")
def test_a_gpu_is_named_with_the_numeric_mode_of_this_process(monkeypatch):
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: {"cuda:1": "NVIDIA H200"}[device])
    assert provenance.device_name("cuda:1") == "NVIDIA H200, float32 with TF32 in convolutions, recurrent layers"
    use_float32()
    assert provenance.device_name("cuda:1") == "NVIDIA H200, float32 without TF32"


@pytest.mark.parametrize(("compiler", "words"), [("g++ 12.2", r"g\+\+ 12\.2"), (None, "no C\\+\\+ compiler")])
def test_the_cpu_is_named_with_its_threads_and_what_compiles_for_it(monkeypatch, compiler, words):
    monkeypatch.setattr("workers.optimizers.fused.compiler.described", lambda: compiler)
    assert re.fullmatch(rf"cpu \S+, \d+ threads, {words}", provenance.device_name("cpu"))

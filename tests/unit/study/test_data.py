from __future__ import annotations

from http.client import InvalidURL
from types import SimpleNamespace

import pytest

from study.data import provide, provide_declared
from study.errors import DataError
from workers.data import DATASETS, DOWNLOADS


def raising(error):
    def raised(*_):
        raise error

    return raised


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied", "data_batch_1"), ValueError("cut short")])
def test_files_that_cannot_be_read_are_told_in_a_sentence(monkeypatch, tmp_path, error):
    monkeypatch.setitem(DATASETS, "cifar10", raising(error))
    with pytest.raises(DataError, match=r"the files of cifar10 in .* cannot be read or fetched: ") as caught:
        provide("cifar10", str(tmp_path), download=False)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("error", [ValueError("unknown url type: 'junk'"), InvalidURL("nonnumeric port"), OSError(5)])
def test_a_download_that_fails_is_told_in_a_sentence(monkeypatch, tmp_path, error):
    monkeypatch.setitem(DOWNLOADS, "cifar10", raising(error))
    with pytest.raises(DataError, match="cannot be read or fetched"):
        provide("cifar10", str(tmp_path), download=True, mirror="http://h:port/x")


@pytest.mark.parametrize("error", [SystemExit("no data"), KeyError("x")])
def test_whatever_a_data_set_of_a_plugin_raises_is_told_in_a_sentence(monkeypatch, error):
    arm = SimpleNamespace(dataset=SimpleNamespace(name="mine"))
    monkeypatch.setitem(DATASETS, "mine", raising(error))
    with pytest.raises(
        DataError, match=rf"data set mine cannot be loaded from no folder, .*: {type(error).__name__}"
    ):
        provide_declared(arm, None)

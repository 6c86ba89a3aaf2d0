from __future__ import annotations

import pytest

from search_spaces.errors import BasinError
from study import errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError, 2),
        (errors.StudyMismatchError, 2),
        (errors.StudyNotFoundError, 3),
        (errors.StoreError, 4),
        (errors.StoreUnreachableError, 4),
        (errors.StoreBrokenError, 4),
        (errors.SchemaError, 4),
        (errors.TicketsError, 1),
    ],
)
def test_an_error_has_its_exit_code(error, code):
    assert issubclass(error, BasinError)
    assert error("a text").exit_code == code


def test_every_error_is_public():
    defined = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
    }
    assert defined == set(errors.__all__)

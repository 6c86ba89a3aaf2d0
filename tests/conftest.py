"""The suite hears the signals that it sends, wherever it was started and whatever ran before."""

import signal

import pytest

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


def pytest_configure():
    """Undo what a caller has set: `nohup` and background shells ignore some."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def signals_left_as_found():
    """Fail the test that leaves another answer to a signal behind, and undo it."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    left = {number: handler for number, handler in before.items() if signal.getsignal(number) != handler}
    for number, handler in left.items():
        signal.signal(number, handler)
    assert not left


@pytest.fixture
def handlers(signals_left_as_found):
    """Put the answers to signals back after a command that was interrupted, which does not: its process ends."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield before
    for number, handler in before.items():
        signal.signal(number, handler)

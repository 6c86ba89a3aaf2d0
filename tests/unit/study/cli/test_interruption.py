from __future__ import annotations

import signal

import pytest

from study.cli.interruption import SIGNALS, interruptible


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_stops_in_good_order(number):
    stopped = []
    with interruptible() as interruption:
        interruption.stop = lambda: stopped.append(number)
        signal.raise_signal(number)
        assert interruption.happened
    assert stopped == [number]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_second_signal_ends_at_once(number):
    with interruptible() as interruption:
        interruption.stop = lambda: None
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_before_there_is_anything_to_stop_ends_at_once(number):
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(number)


def test_without_a_signal_nothing_happened():
    with interruptible() as interruption:
        assert not interruption.happened


def test_signals_taken_over_by_others_can_be_taken_back():
    with interruptible() as interruption:
        interruption.stop = lambda: None
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        interruption.arm()
        signal.raise_signal(signal.SIGTERM)
        assert interruption.happened


@pytest.mark.parametrize("number", SIGNALS)
def test_handlers_are_put_back(number):
    before = signal.getsignal(number)
    with pytest.raises(LookupError), interruptible():
        raise LookupError
    assert signal.getsignal(number) is before

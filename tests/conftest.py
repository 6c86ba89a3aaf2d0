"""The suite hears the signals that it sends, wherever it was started: `nohup` and background shells ignore some."""

import signal


def pytest_configure():
    """Undo what a caller has set, for children inherit it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

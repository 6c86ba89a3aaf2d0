"""Mirrors of data sets on loopback."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from functools import partial


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of a folder that says nothing."""

    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """Yield the address at which a folder is served for as long as it lasts."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

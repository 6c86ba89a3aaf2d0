"""A TCP proxy on loopback in front of a PostgreSQL server, to cut, refuse and swallow what passes."""

import contextlib
import socket
import threading


class Proxy:
    """Forwards connections to a server's Unix socket until told otherwise.

    Attributes
    ----------
    swallow
        When not None, the next client message that contains these bytes is forwarded, its answer is waited for and
        thrown away, and the connection is cut: the work was done, and nobody hears of it.
    swallowed
        How often that happened.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._open = True
        self._sockets: set[socket.socket] = set()
        self.swallow: bytes | None = None
        self.swallowed = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._open = False
        for one in list(self._sockets):
            self._close(one)

    def restore(self) -> None:
        """Let connections through again."""
        self._open = True

    def close(self) -> None:
        """End for good."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._open:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._sockets |= {client, server}
            threading.Thread(target=self._forward, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client, False), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, upwards: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if upwards and self.swallow is not None and self.swallow in data:
                    self.swallow = None
                    # From here on the answer goes nowhere: the client's side is closed before the server speaks.
                    self._close(source)
                    sink.sendall(data)
                    self.swallowed += 1
                    continue
                sink.sendall(data)
        if not (upwards and self.swallowed):
            self._close(sink)
        self._close(source)

    def _close(self, one: socket.socket) -> None:
        self._sockets.discard(one)
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

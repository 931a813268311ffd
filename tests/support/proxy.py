"""A TCP proxy in front of a server, to test what happens when a connection is lost."""

import socket
import threading
from contextlib import suppress

from tests.support.page_server import free_port


class Proxy:
    """
    Forwards a port of its own to the local port *target* from connect() to cut().

    It also cuts itself off when the server has stopped, so that clients are refused as they would be by the server.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self._sockets: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self._frozen = threading.Event()

    def connect(self) -> None:
        """Accept connections, and forward them."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        listener, self._listener = self._listener, None
        for connection in [listener, *self._sockets]:
            if connection is not None:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
        self._sockets = []

    def freeze(self) -> None:
        """Keep every connection open, and forward nothing more."""
        self._frozen.set()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._sockets.append(near)
                try:
                    far = socket.create_connection(("127.0.0.1", self.target))
                except ConnectionRefusedError:
                    self.cut()
                    return
                self._sockets.append(far)
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_forward, args=(source, sink, self._frozen), daemon=True).start()


def _forward(source: socket.socket, sink: socket.socket, frozen: threading.Event) -> None:
    with suppress(OSError):
        while (data := source.recv(65_536)) and not frozen.is_set():
            sink.sendall(data)
    if frozen.is_set():
        return
    for connection in (source, sink):
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

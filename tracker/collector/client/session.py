"""A requests session whose calls another thread can abort; a socket timeout never ends a response that drips."""

import socket
from contextlib import suppress
from typing import Any
from weakref import ref

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection


class _RecordingAdapter(HTTPAdapter):
    """An HTTPAdapter that records its *connections*, also while a response's headers are still awaited."""

    def __init__(self, connections: "list[ref[HTTPConnection]]") -> None:
        super().__init__()
        self._connections = connections

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        connection_class = type(pool).ConnectionCls

        def connection(*args: Any, **kwargs: Any) -> Any:
            created = connection_class(*args, **kwargs)
            # In one step, as another thread may read the list.
            self._connections[:] = [*(known for known in self._connections if known() is not None), ref(created)]
            return created

        pool.ConnectionCls = connection
        return pool


class AbortableSession(requests.Session):
    """
    A Session with requests that another thread can abort.

    Attributes:
        is_reusable: the last response was read to its end, so the connection can be used again.
        is_done: no call is under way.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_reusable = False
        self.is_done = True
        self.response: requests.Response | None = None
        self._connections: list[ref[HTTPConnection]] = []
        for scheme in ("http://", "https://"):
            self.mount(scheme, _RecordingAdapter(self._connections))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: for a target, requests would read the whole body, however long."""
        return None

    def disconnect(self) -> None:
        """Shut the connections down: a thread that waits for them continues at once, with an error."""
        for connection in self._connections.copy():
            sock = getattr(connection(), "sock", None)
            if isinstance(sock, socket.socket):
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not the TLS socket's, which is not thread-safe
        # A connection that will close hands its socket to the response.
        if self.response is not None and (shut := getattr(self.response.raw, "shutdown", None)) is not None:
            with suppress(OSError, ValueError, RuntimeError):
                shut()
        self.close()

"""Split from threads."""

import select
import signal
import socket


class StopSignal:
    """
    Whether SIGTERM or Ctrl-C has come, from when this is made on; for the main thread of a command.

    Not a threading.Event: a signal that comes while the main thread is entering ``Event.wait`` finds its
    lock taken, and ``set`` in the handler would wait for it for ever. And one that comes just before any
    wait begins is not handled by Python until that wait ends; so the system's own handler writes a byte.
    """

    def __init__(self) -> None:
        self._hears, self._tells = socket.socketpair()
        self._tells.setblocking(False)
        signal.set_wakeup_fd(self._tells.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: None)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for it, for *seconds* at most; whether it has come."""
        return bool(select.select([self._hears], [], [], seconds)[0])

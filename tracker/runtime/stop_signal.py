"""Waits for SIGTERM or Ctrl-C in the main thread of a command."""

import select
import signal
import socket


class StopSignal:
    """
    Remembers SIGTERM and Ctrl-C from its creation on; for the main thread of a command.

    Not a threading.Event: a signal that arrives while the main thread enters ``Event.wait`` finds the event's
    lock taken, and ``set`` in the handler would block indefinitely. A signal just before a wait is not handled
    by Python until that wait ends, so the interpreter's C handler writes a byte to a socket instead.
    """

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._sender.setblocking(False)
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: None)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a signal, at most *seconds*; return whether one has arrived."""
        return bool(select.select([self._receiver], [], [], seconds)[0])

"""Blocking work off the event loop, in a thread that cannot keep the process from ending; and how one is ended."""

import asyncio
import select
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """
    The result of ``function(*args, **kwargs)``, called in a daemon thread of its own.

    Not asyncio.to_thread: Python joins an executor's threads when it exits, so one hung request
    would hold up the exit, and with it the hand-over of the lease, until its time-out.
    If the caller is cancelled the call itself runs on and its outcome is dropped.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def call() -> None:
        result, error = None, None
        try:
            result = function(*args, **kwargs)
        except BaseException as raised:  # noqa: BLE001 - handed to whoever awaits
            error = raised
        with suppress(RuntimeError):  # the loop closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=call, name="tracker-call", daemon=True).start()
    return await future


class EndSignal:
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

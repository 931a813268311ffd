"""Runs blocking work off the event loop, in threads that do not delay the exit of the process."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """
    Return the result of ``function(*args, **kwargs)``, called in its own daemon thread.

    Not asyncio.to_thread: Python joins an executor's threads at exit, so a hung request would delay the exit, and
    the hand-over of the lease, until its time-out. If the caller is cancelled, the call runs on and its result or
    exception is dropped.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def resolve(result: T | None, error: BaseException | None) -> None:
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
        except BaseException as raised:  # noqa: BLE001 - raised in the awaiting task
            error = raised
        with suppress(RuntimeError):  # the loop has closed, so nothing awaits the result
            loop.call_soon_threadsafe(resolve, result, error)

    threading.Thread(target=call, name="tracker-call", daemon=True).start()
    return await future

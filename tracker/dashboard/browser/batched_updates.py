"""
Sends the updates of many widgets to the browser in one message.

Each message costs the kernel, the server and the browser about a millisecond, and between two of them the browser may
lay out and paint the page. A step of a zoom updates about fifty widgets.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, ClassVar, Protocol
from weakref import WeakSet

import comm
from ipykernel.comm.comm import BaseComm
from ipykernel.kernelbase import Kernel


class Sender(Protocol):
    """A widget that takes batches to the browser."""

    def send(self, content: dict[str, Any], buffers: list[Any] | None = None) -> None:
        """Send a message of its own, with binary *buffers*."""


class BatchedUpdates:
    """
    The batches of *sender*, messages ``{"kind": "updates", "updates": [[model id, data, number of buffers], …]}``.

    Each *data* is that of the ``comm_msg`` which it replaces. The browser's part is batched_updates.js. What other
    threads update meanwhile joins the batch, or the browser would get it too early: JupyterLab has messages of widgets
    handled in a thread of their own.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._collected: list[tuple[_Comm, dict[str, Any], list[Any]]] = []  # with the buffers of each
        self._updated: WeakSet[_Comm] = WeakSet()  # to which a batch has brought an update

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Send the updates that widgets make within the block in one message at its end."""
        with _lock:
            is_first = _Comm.batches is None
            if is_first:
                _Comm.batches = self
        try:
            yield
        finally:
            if is_first:
                with _lock:
                    _Comm.batches = None
                    self.flush()

    def collect(self, sender: "_Comm", data: dict[str, Any], buffers: list[Any]) -> None:
        """Put an update of *sender* into the batch."""
        self._collected.append((sender, data, buffers))

    def flush(self) -> None:
        """Send what has been collected."""
        collected, self._collected = self._collected, []
        if collected:
            self._updated.update(sender for sender, _, _ in collected)
            updates = [[sender.comm_id, data, len(buffers)] for sender, data, buffers in collected]
            self._sender.send(
                {"kind": "updates", "updates": updates}, [each for _, _, buffers in collected for each in buffers]
            )

    def repeat(self) -> None:
        """Send the whole state of each widget that batches have updated, as a new browser may have missed some."""
        with _lock:
            updated = list(self._updated)
        for each in updated:
            each.handle_msg({"content": {"data": {"method": "request_state"}}})


_lock = RLock()  # held while a message is sent or collected, so that they keep their order


class _Comm(BaseComm):
    """The kernel's comm, whose updates can be collected. No other message overtakes them."""

    batches: ClassVar[BatchedUpdates | None] = None  # that collect now; a task's would outlive the block

    def publish_msg(
        self,
        msg_type: str,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        buffers: list[Any] | None = None,
        **keys: Any,
    ) -> None:
        with _lock:
            batches = _Comm.batches
            if batches is not None:
                if msg_type == "comm_msg" and data and data.get("method") == "update":
                    batches.collect(self, data, list(buffers or []))
                    return
                batches.flush()
            super().publish_msg(msg_type, data, metadata, buffers, **keys)  # type: ignore[no-untyped-call]


def install() -> None:
    """Have the comms of all widgets that this kernel makes from now on be those whose updates can be collected."""
    if Kernel.initialized():  # else nobody is there to be sent anything
        comm.create_comm = _Comm

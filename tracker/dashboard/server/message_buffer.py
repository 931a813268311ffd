"""A kernel's messages for a browser that may come back, up to a limit."""

from collections.abc import Callable
from functools import partial
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Integer

_OVERHEAD = 2_048  # bytes that a message takes besides its parts

Message = tuple[str, list[bytes]]  # channel, parts


class MessageBuffer(list[Message]):
    """
    A list of messages that keeps *limit* bytes at most; *on_full* is called once, when one more does not fit.

    It is empty from then on, as a browser could not use messages of which some are missing.
    """

    def __init__(self, limit: int, on_full: Callable[[], object]) -> None:
        super().__init__()
        self._free, self._on_full = limit, on_full
        self._is_full = False

    def append(self, message: Message) -> None:
        """Keep *message* if there is room."""
        if self._is_full:
            return
        self._free -= sum(map(len, message[1])) + _OVERHEAD
        if self._free >= 0:
            super().append(message)
            return
        self._is_full = True
        self.clear()
        self._on_full()


class BufferingKernels(AsyncMappingKernelManager):
    """Jupyter's kernel manager, which keeps messages without a limit, with one."""

    max_buffered = Integer(
        6_000_000, config=True, help="Bytes kept for a browser that may come back; with more, its kernel is ended."
    )

    def start_buffering(self, kernel_id: str, session_key: str, channels: dict[str, Any]) -> None:
        """Keep a kernel's messages for a browser that may come back."""
        super().start_buffering(kernel_id, session_key, channels)  # type: ignore[no-untyped-call]
        # A page that misses messages would be wrong without showing it; one without a kernel starts anew.
        self._kernel_buffers[kernel_id]["buffer"] = MessageBuffer(self.max_buffered, partial(self._end_full, kernel_id))

    def _end_full(self, kernel_id: str) -> None:
        self.log.info("Kernel %s has sent more than is kept for a browser that is away", kernel_id)
        self.end_soon(kernel_id)

    def end_soon(self, kernel: str) -> None:
        """Start ending *kernel*."""
        raise NotImplementedError

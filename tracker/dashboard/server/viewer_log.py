"""Logs when a viewer opens the page and when one leaves; Jupyter takes several lines for that, which name kernels."""

import logging
from typing import Any

from tracker.dashboard.server.message_buffer import BufferingKernels

log = logging.getLogger(__name__)


class LoggedKernels(BufferingKernels):
    """A kernel manager that logs its viewers: kernels to which a browser has connected."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)  # type: ignore[no-untyped-call]
        self._viewed: set[str] = set()  # ids of kernels

    def notify_connect(self, kernel_id: str) -> None:
        """Take note of a connection to a kernel; the first one is a new viewer."""
        super().notify_connect(kernel_id)  # type: ignore[no-untyped-call]
        if kernel_id in self and kernel_id not in self._viewed:
            self._viewed.add(kernel_id)
            log.info("a viewer has opened the page; viewers now: %d", len(self._viewed))

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended, and return it."""
        if kernel_id in self._viewed:
            self._viewed.remove(kernel_id)
            log.info("a viewer has left; viewers now: %d", len(self._viewed))
        return super().remove_kernel(kernel_id)

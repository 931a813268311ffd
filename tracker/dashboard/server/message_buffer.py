"""A kernel's messages for a browser that may come back, up to a limit."""

from collections.abc import Callable

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

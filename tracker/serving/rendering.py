"""The answer that is the page: while it is on its way it keeps its kernel, and it ends when that is gone."""

from collections.abc import AsyncIterator
from typing import Any

from voila.tornado.handler import TornadoVoilaHandler

_ANEW = "<script>btStartAnew(), setInterval(btStartAnew, 5_000)</script>\n"


class Page(TornadoVoilaHandler):  # type: ignore[misc]  # Voila has no types
    """Voila's, whose answer would go on for ever, a heartbeat each ten seconds, when a kernel ends before it begins."""

    kernel: str | None = None  # that was started for this answer; none was if one waited
    _left = False

    @property
    def is_awaited(self) -> bool:
        """Whether a browser waits for the rest of it: no other word of it may have come yet."""
        return not (self._left or self._finished)

    def get_argument(self, name: str, *default: Any, **more: Any) -> Any:
        """A word of the address; ``theme`` is the page's, and to Voila would mean that no kernel that waits will do."""
        if name in ("theme", "template"):
            return None
        return super().get_argument(name, *default, **more)

    def on_connection_close(self) -> None:
        """Who asked is gone."""
        self._left = True
        super().on_connection_close()

    async def get_generator(self, path: str | None = None) -> AsyncIterator[str]:
        """The page's HTML, in pieces; the last one makes it start anew if its kernel is gone."""
        kernels: Any = self.kernel_manager
        async for piece in super().get_generator(path):
            if self._left:
                return
            yield piece
            if self.kernel is not None and self.kernel not in kernels:
                yield _ANEW
                return

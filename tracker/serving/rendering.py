"""The answer that is the page: while it is on its way it keeps its kernel, and it ends when that is gone."""

from collections.abc import AsyncIterator
from typing import Any

from tornado.web import HTTPError
from voila.tornado.handler import TornadoVoilaHandler

_ANEW = "<script>btStartAnew(), setInterval(btStartAnew, 5_000)</script>\n"


class Page(TornadoVoilaHandler):  # type: ignore[misc]  # Voila has no types
    """Voila's, whose answer would go on for ever, a heartbeat each ten seconds, when a kernel ends before it begins."""

    kernel: str | None = None  # that was started for this answer; none was if one waited
    _left = False

    async def prepare(self) -> None:
        """
        See who asks.

        Raises:
            HTTPError: 403, a foreign page has the viewer's browser ask, for an image, say; each would cost a kernel.
        """
        await super().prepare()
        asked = self.request.headers
        framed = asked.get("Sec-Fetch-Dest") in ("iframe", "frame", "embed", "object")
        # A frame is shown only where the server's own settings name who may frame it.
        welcome = asked.get("Sec-Fetch-Mode") == "navigate" and not (framed and "headers" not in self.settings)
        if asked.get("Sec-Fetch-Site") in ("cross-site", "same-site") and not welcome:
            raise HTTPError(403, "the page can be opened, but not be part of a foreign one")

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

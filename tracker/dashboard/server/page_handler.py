"""The answer that is the page: while it is on its way it keeps its kernel, and it ends when that is gone."""

import re
from collections.abc import AsyncIterator
from typing import Any

from tornado.web import HTTPError
from voila.tornado.handler import TornadoVoilaHandler

from tracker.dashboard.browser import bundle

_QUERY = re.compile(r"\?\S*")
_KERNEL_GONE = f"<script>\n{bundle('kernel_gone')}</script>\n"


def without_query(summary: str) -> str:
    """*summary* of a request, for the log, without what may be a token."""
    return _QUERY.sub("", summary)


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
        if self._finished:
            return  # to the login
        asked = self.request.headers
        if "prefetch" in (asked.get("Sec-Purpose") or asked.get("Purpose") or ""):
            raise HTTPError(403, "nobody looks yet")
        framed = asked.get("Sec-Fetch-Dest") in ("iframe", "frame", "embed", "object")
        # A frame is shown only where the server's own settings name who may frame it.
        framing = "frame-ancestors" in self.settings.get("headers", {}).get("Content-Security-Policy", "")
        welcome = asked.get("Sec-Fetch-Mode") == "navigate" and (framing or not framed)
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

    def _request_summary(self) -> str:
        return without_query(super()._request_summary())

    def on_connection_close(self) -> None:
        """Who asked is gone: so is what was started for him."""
        self._left = True
        super().on_connection_close()
        kernels: Any = self.kernel_manager
        if self.kernel is not None:
            kernels.end_soon(self.kernel)

    async def get_generator(self, path: str | None = None) -> AsyncIterator[str]:
        """The page's HTML, in pieces; the last one reloads it if its kernel is gone."""
        kernels: Any = self.kernel_manager
        async for piece in super().get_generator(path):
            if self._left:
                return
            yield piece
            if self.kernel is not None and self.kernel not in kernels:
                yield _KERNEL_GONE
                return

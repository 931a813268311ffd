"""Serves the page; shuts its kernel down if the viewer leaves while it loads."""

import re
from collections.abc import AsyncIterator
from typing import Any

from tornado.web import HTTPError
from voila.tornado.handler import TornadoVoilaHandler

from tracker.dashboard.browser import bundle

_QUERY = re.compile(r"\?\S*")
_KERNEL_GONE_SCRIPT = f"<script>\n{bundle('kernel_gone')}</script>\n"


def without_query(summary: str) -> str:
    """Return the log *summary* of a request without its query, which may contain a token."""
    return _QUERY.sub("", summary)


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]  # Voila has no types
    """Voila's handler, which would send heartbeats endlessly if the kernel ended before the page began."""

    kernel: str | None = None  # started for this answer; None: the page took a preheated one
    _left = False

    async def prepare(self) -> None:
        """
        Refuse requests that do not come from a viewer, as each one would start a kernel.

        Raises:
            HTTPError: 403, a prefetch, or a foreign page that embeds this one, for example as an image.
        """
        await super().prepare()
        if self._finished:
            return  # redirected to the login
        headers = self.request.headers
        if "prefetch" in (headers.get("Sec-Purpose") or headers.get("Purpose") or ""):
            raise HTTPError(403, "the page cannot be prefetched")
        framed = headers.get("Sec-Fetch-Dest") in ("iframe", "frame", "embed", "object")
        # A frame is allowed only if the server's settings name the sites that may frame the page.
        may_be_framed = "frame-ancestors" in self.settings.get("headers", {}).get("Content-Security-Policy", "")
        is_navigation = headers.get("Sec-Fetch-Mode") == "navigate" and (may_be_framed or not framed)
        if headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and not is_navigation:
            raise HTTPError(403, "the page cannot be embedded in another site")

    @property
    def is_loading(self) -> bool:
        """Whether the answer is not complete and its viewer still connected."""
        return not (self._left or self._finished)

    def get_argument(self, name: str, *default: Any, **more: Any) -> Any:
        """Return an argument of the address, but none that Voila would take for its own and start another kernel."""
        if name in ("theme", "template"):
            return None
        return super().get_argument(name, *default, **more)

    def _request_summary(self) -> str:
        return without_query(super()._request_summary())

    def on_connection_close(self) -> None:
        """End the kernel that was started for this answer."""
        self._left = True
        super().on_connection_close()
        kernels: Any = self.kernel_manager
        if self.kernel is not None:
            kernels.end_soon(self.kernel)

    async def get_generator(self, path: str | None = None) -> AsyncIterator[str]:
        """Yield the page's HTML in pieces; the last one reloads the page if its kernel is gone."""
        kernels: Any = self.kernel_manager
        async for piece in super().get_generator(path):
            if self._left:
                return
            yield piece
            if self.kernel is not None and self.kernel not in kernels:
                yield _KERNEL_GONE_SCRIPT
                return

"""Serves the page; shuts its kernel down if the viewer leaves while it loads."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from jupyter_server import CallContext
from tornado.web import Finish, HTTPError
from voila.tornado.handler import TornadoVoilaHandler

from tracker.dashboard.browser import bundle
from tracker.render.format import plain_text

_QUERY = re.compile(r"\?\S*")
_SHORT_WAIT = 0.2  # s for a kernel until the snapshot is shown
_SIGN_OF_LIFE = 10.0  # s; proxies give a server up that sends nothing for a minute
_KERNEL_GONE_SCRIPT = f"<script>\n{bundle('kernel_gone')}</script>\n"


def without_query(summary: str) -> str:
    """Return the log *summary* of a request without its query, which may contain a token."""
    return _QUERY.sub("", summary)


class _KernelsOfPage:
    """The kernel manager as Voila's handler sees it; reports the task in which Voila renders the page."""

    def __init__(self, kernels: Any, on_rendering: "Callable[[asyncio.Task[Any] | None], None]") -> None:
        self._kernels, self._on_rendering = kernels, on_rendering

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernels, name)

    def __contains__(self, kernel: str) -> bool:
        return kernel in self._kernels

    async def get_kernel(self, kernel: str) -> Any:
        """Return the kernel; Voila awaits it in that task, to which it keeps no reference."""
        self._on_rendering(asyncio.current_task())
        return self._kernels.get_kernel(kernel)


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]  # Voila has no types
    """Voila's handler, which would send heartbeats endlessly if the kernel ended before the page began."""

    kernel: str | None = None  # started for this answer, or about to be; None: the page took a preheated one
    _left = False
    _waits_for_settings = False

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
        framed = headers.get("Sec-Fetch-Dest", "document") != "document"  # browsers get new kinds of frames
        # A frame is allowed only if the server's settings name the sites that may frame the page.
        may_be_framed = "frame-ancestors" in self.settings.get("headers", {}).get("Content-Security-Policy", "")
        is_navigation = headers.get("Sec-Fetch-Mode") == "navigate" and (may_be_framed or not framed)
        if headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and not is_navigation:
            raise HTTPError(403, "the page cannot be embedded in another site")

    @property
    def kernel_manager(self) -> Any:
        """The server's kernel manager."""
        return _KernelsOfPage(super().kernel_manager, self._watch_rendering)

    def _watch_rendering(self, rendering: "asyncio.Task[Any] | None") -> None:
        if rendering is not None:
            rendering.add_done_callback(self._after_rendering)

    def _after_rendering(self, rendering: "asyncio.Task[Any]") -> None:
        """Take note of a failure, or asyncio would log half a page about each viewer who leaves early."""
        error = None if rendering.cancelled() else rendering.exception()
        if error is not None and self.is_loading:
            self.log.error("the page cannot be rendered: %s", error, exc_info=error)

    @property
    def is_loading(self) -> bool:
        """Whether the answer is not complete and its viewer still connected."""
        return not (self._left or self._finished)

    @property
    def is_abandoned(self) -> bool:
        """Whether the viewer has left, so that the kernel started for this page is ended while it runs the notebook."""
        return self._left and self.kernel is not None

    def get_argument(self, name: str, *default: Any, **more: Any) -> Any:
        """Return an argument of the address, but none that Voila would take for its own and start another kernel."""
        if name in ("theme", "template"):
            return None
        return super().get_argument(name, *default, **more)

    def _request_summary(self) -> str:
        return without_query(super()._request_summary())

    def _log(self) -> None:
        if not self._waits_for_settings:  # a page that asks every few seconds; what is wrong is logged once
            super()._log()

    def on_connection_close(self) -> None:
        """End the kernel that was started for this answer."""
        self._left = True
        super().on_connection_close()
        kernels = self.kernel_manager
        if self.kernel is not None:
            kernels.end_soon(self.kernel)

    def on_finish(self) -> None:
        """Let the next kernel start, as this page's has run the notebook."""
        super().on_finish()
        kernels = self.kernel_manager
        if self.kernel is not None and not self._left:  # else it is ended first
            kernels.has_started(self.kernel)

    async def get_generator(self, path: str | None = None) -> AsyncIterator[str]:
        """Yield the page's HTML in pieces; the last one reloads the page if its kernel is gone."""
        kernels = self.kernel_manager
        kernels.check_room()  # before the first piece, with which the answer is no refusal any more
        if problem := await kernels.settings_problem(self.notebook_path):
            self._waits_for_settings = True
            self.set_status(503)
            self.set_header("Cache-Control", "no-store")
            yield self._template("wrong_settings.html", problem=plain_text.sentence(plain_text.hide_folders(problem)))
            return
        pieces = super().get_generator(path)
        begun = asyncio.ensure_future(anext(pieces, None))
        try:
            # Voila sends nothing before it has a kernel, for which others may be waiting too.
            if not (await asyncio.wait({begun}, timeout=_SHORT_WAIT))[0]:
                yield self._template("waiting.html")
            while not (await asyncio.wait({begun}, timeout=_SIGN_OF_LIFE))[0]:
                yield "<!-- waiting -->\n"
            yield await begun or ""
        except Finish:
            raise  # the viewer has left
        except Exception as error:
            if not self._headers_written:
                raise
            # What is sent cannot become a page that names the error; it is loaded again.
            if not isinstance(error, HTTPError):
                self.log.error("no kernel for a page: %s", error, exc_info=error)
            yield _KERNEL_GONE_SCRIPT
            return
        finally:
            begun.cancel()
        async for piece in pieces:
            if self._left:
                return
            yield piece
            if self.kernel is not None and self.kernel not in kernels:
                yield _KERNEL_GONE_SCRIPT
                return

    def _template(self, name: str, **values: str) -> str:
        template = self.settings["voila_jinja2_env"].get_template(name)
        return str(template.render(base_url=self.base_url, **values))


class AbandonedPageFilter(logging.Filter):
    """
    Drops the errors that Voila logs while it renders a page whose viewer has left.

    That its kernel has ended is meant, and each such error contains the notebook's source.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Look at the request in whose context *record* is logged: Voila's task of rendering keeps it."""
        page = CallContext.get(CallContext.JUPYTER_HANDLER)
        return record.levelno < logging.ERROR or not (isinstance(page, PageHandler) and page.is_abandoned)

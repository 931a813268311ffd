"""Sets Voila's server up: its handlers, compression, limits and allowed host names."""

import os
import re
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.web import RedirectHandler

from tracker.dashboard.server.compression import CachedGzip
from tracker.dashboard.server.handlers import CapacityHandler, NotFound, SnapshotFile, SnapshotHandler, TemplateFiles
from tracker.dashboard.server.http_limits import HttpLimits
from tracker.dashboard.server.http_server import BoundedHttpServer
from tracker.dashboard.server.lenient_handlers import lenient
from tracker.dashboard.server.message_check import MAX_MESSAGE_SIZE
from tracker.dashboard.server.page_handler import PageHandler
from tracker.dashboard.server.response_headers import SecurityHeaders
from tracker.dashboard.server.server_log import set_up_log
from tracker.dashboard.server.websocket_handler import websocket_handlers
from tracker.runtime.loopback import is_loopback
from tracker.runtime.viewer_edits import confirm_edits
from tracker.runtime.viewer_requests import OWN_PAGE

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

# Not in voila.json: setting one of Tornado's settings on the command line would drop the others.
TORNADO_SETTINGS = {
    "websocket_max_message_size": MAX_MESSAGE_SIZE,
    # ms; detects browsers that crashed or lost their network.
    "ws_ping_interval": 10_000,
    "ws_ping_timeout": 30_000,
}
_OPEN_FILES = 8_192


def set_up_server(voila: Any) -> None:
    """Set up the server of *voila*, the application, before it listens."""
    # The setting ``compress_response`` has no effect in Voila.
    voila.app.add_transform(partial(CachedGzip, {}, url_path_join(voila.server_url, "voila/")))
    voila.app.add_transform(partial(SecurityHeaders, voila.app.settings))
    # Voila makes its server of Tornado's class with no limits of its own.
    limits = HttpLimits(parent=voila)
    HTTPServer.configure(BoundedHttpServer, limits=limits)
    add_handlers = voila.app.add_handlers
    voila.app.add_handlers = lambda host, rules: add_handlers(host, lenient(rules))  # Voila adds all of its own later
    voila.app.add_handlers(".*$", [(url_path_join(voila.server_url, r"voila/templates/(.*)"), TemplateFiles)])
    # Jupyter's own templates load files that this server does not have: an error page was one more error.
    voila.app.settings["jinja2_env"] = voila.app.settings["voila_jinja2_env"]
    voila.app.add_handlers(".*$", websocket_handlers(voila))
    immutable = {"static_immutable_cache": [url_path_join(voila.server_url, "voila/labextensions/")]}
    for name, value in (TORNADO_SETTINGS | immutable).items():
        voila.app.settings.setdefault(name, value)
    _restrict_host(voila)
    _raise_file_limit()
    _raise_socket_limit(voila.kernel_manager)
    set_up_log(voila, limits)


def tracker_handlers(voila: Any) -> list[Any]:
    """Return the handlers of the page, its snapshot and the capacity check."""
    paths = ("tracker/snapshot", "tracker/room", r"voila/query/.*")
    snapshot, room, query = (url_path_join(voila.server_url, path) for path in paths)
    return [
        (snapshot, SnapshotHandler, {"file": SnapshotFile(Path(voila.root_dir))}),
        (room, CapacityHandler),
        # Voila's own handler reveals a viewer's address with its token; the page does not need it.
        (query, NotFound),
        *_page_handlers(voila),
        *_redirections(voila),
    ]


class _LoopbackNames:
    """The loopback host names, for Jupyter's check of the Host header."""

    def __contains__(self, host: str) -> bool:
        return is_loopback(host)


def _raise_file_limit() -> None:
    """Raise the limit of open files: a viewer needs about ten, so that forty can exceed the usual 1024."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < target:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))


def _raise_socket_limit(kernels: Any) -> None:
    """Raise ZeroMQ's limit of 1,023 sockets, of which each websocket takes four; to be called before it has any."""
    kernels.context.max_sockets = _OPEN_FILES


def _restrict_host(voila: Any) -> None:
    """
    Without authentication, accept loopback host names only.

    Otherwise a foreign page could read stored prices and start kernels by DNS rebinding.
    """
    is_own_page = (
        is_loopback(voila.ip)
        and not voila.identity_provider.auth_enabled
        and "allow_remote_access" not in voila.tornado_settings
    )
    os.environ[OWN_PAGE] = "yes" if is_own_page else "no"  # for the kernels, which may then offer more to their viewer
    confirm_edits(is_closed=is_own_page or voila.identity_provider.auth_enabled)
    if is_own_page:
        voila.app.settings |= {"allow_remote_access": False, "local_hostnames": _LoopbackNames()}


def _page_handlers(voila: Any) -> list[Any]:
    """Return the page's handler in place of Voila's own, with its arguments; none if a folder is served."""
    if not voila.notebook_path:
        return []
    arguments = {
        "notebook_path": os.path.relpath(voila.notebook_path, voila.root_dir),
        "template_paths": voila.template_paths,
        "config": voila.config,
        "voila_configuration": voila.voila_configuration,
    }
    return [(url_path_join(voila.server_url, "/"), PageHandler, arguments)]


def _redirections(voila: Any) -> list[Any]:
    """Return a handler that leads from the page's path without its last slash to the page; none if that is no path."""
    path = voila.server_url.rstrip("/")
    return [(re.escape(path), RedirectHandler, {"url": voila.base_url, "permanent": False})] if path else []

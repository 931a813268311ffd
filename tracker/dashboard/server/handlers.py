"""Adds handlers to Voila's server: the page, its snapshot and the capacity check; compresses all answers."""

import os
import threading
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_server.auth.identity import PasswordIdentityProvider
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.web import RequestHandler, authenticated
from traitlets import default

from tracker.core.errors import TrackerError
from tracker.dashboard.server.compression import CachedGzip
from tracker.dashboard.server.page_handler import PageHandler, without_query
from tracker.dashboard.server.settings_file import SettingsFile
from tracker.dashboard.server.websocket import MAX_MESSAGE_SIZE
from tracker.render.format.theme import css
from tracker.runtime.loopback import is_loopback
from tracker.runtime.settings import read_settings
from tracker.runtime.state_folder import SNAPSHOT_FILE, state_folder
from tracker.runtime.threads import in_thread

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
    "static_immutable_cache": ["/voila/labextensions/"],
}
_OPEN_FILES = 8_192


class TrackerIdentityProvider(PasswordIdentityProvider):
    """Jupyter's password login; the only part of Voila's configuration that can add handlers."""

    @default("allow_password_change")
    def _forbid_password_change(self) -> bool:
        return False

    def get_handlers(self) -> list[Any]:
        """Return the handlers of login, logout, the page and its snapshot, and configure the server."""
        voila: Any = self.parent
        # The setting ``compress_response`` has no effect in Voila.
        voila.app.add_transform(partial(CachedGzip, {}, url_path_join(voila.server_url, "voila/")))
        for name, value in TORNADO_SETTINGS.items():
            voila.app.settings.setdefault(name, value)
        _restrict_host(voila)
        _raise_file_limit()
        paths = ("tracker/snapshot", "tracker/room", r"voila/query/.*")
        snapshot, room, query = (url_path_join(voila.server_url, path) for path in paths)
        # Voila's own handler of the latter reveals a viewer's address with its token; the page does not need it.
        tracker_handlers = [
            (snapshot, SnapshotHandler, {"file": SnapshotFile(Path(voila.root_dir))}),
            (room, CapacityHandler),
            (query, NotFound),
        ]
        # Jupyter registers them at the root; the page may have another base URL.
        login = [(url_path_join(voila.base_url, path), *rest) for path, *rest in super().get_handlers()]
        return [*login, *tracker_handlers, *_page_handlers(voila)]


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


def _restrict_host(voila: Any) -> None:
    """
    Without authentication, accept loopback host names only.

    Otherwise a foreign page could read stored prices and start kernels by DNS rebinding.
    """
    if (
        is_loopback(voila.ip)
        and not voila.identity_provider.auth_enabled
        and "allow_remote_access" not in voila.tornado_settings
    ):
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


class NotFound(RequestHandler):
    """Answers every request with 404."""

    def prepare(self) -> None:
        """Answer before the request is processed any further."""
        self.set_status(404)
        self.finish()


class StatusOnlyHandler(JupyterHandler):
    """Answers the page's scripts, which read the status only."""

    def _request_summary(self) -> str:
        return without_query(super()._request_summary())

    def write_error(self, status_code: int, **more: Any) -> None:
        """Send the status alone: Jupyter's error page loads files that this server does not have."""
        self.finish()


class CapacityHandler(StatusOnlyHandler):
    """``GET /tracker/room``: 204 if another viewer can get a live page, else 503."""

    @authenticated
    async def get(self) -> None:
        """Answer without starting a kernel."""
        self.set_header("Cache-Control", "no-store")
        self.set_status(204 if getattr(self.kernel_manager, "has_room", True) else 503)


class SnapshotFile:
    """
    Reads the newest snapshot of the page, which a kernel running in *folder* wrote with the same settings.

    Blocking; safe from several threads. Settings are read once for each change of tracker.toml; while the file is
    invalid, the snapshot of the settings before is used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._settings = SettingsFile(folder)
        self._lock = threading.Lock()
        self._settings_version: tuple[float | None] | None = None
        self._file: Path | None = None

    def read(self) -> tuple[str, float] | None:
        """Return its HTML and when it was written (epoch seconds); None if there is none."""
        try:
            file = self._find()
            if file is None:
                return None
            with file.open(encoding="utf-8") as opened:  # the time of the open file, not of its replacement
                return opened.read(), os.fstat(opened.fileno()).st_mtime
        except (OSError, UnicodeDecodeError):
            return None

    def _find(self) -> Path | None:
        with self._lock:
            version = (self._settings.modified_at(),)
            if version != self._settings_version:
                self._settings_version = version
                with suppress(TrackerError):
                    settings = read_settings(self._folder)
                    self._file = state_folder(settings) / SNAPSHOT_FILE
            return self._file


class SnapshotHandler(StatusOnlyHandler):
    """``GET /tracker/snapshot``: the newest snapshot of the page; its age is Date minus Last-Modified."""

    def initialize(self, file: SnapshotFile) -> None:
        """Take *file*, which all requests share."""
        self._file = file

    @authenticated
    async def get(self) -> None:
        """Answer with HTML, or with 204 if there is no snapshot."""
        # In a thread: a slow disk must not block the server's loop.
        snapshot = await in_thread(self._file.read)
        if snapshot is None:
            self.set_status(204)
            return
        html, written = snapshot
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Last-Modified", datetime.fromtimestamp(written, UTC))
        self.finish(f"<style>{css()}</style>{html}")

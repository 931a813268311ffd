"""What the page's server answers beside Voila's own: a picture of the page, whether there is room; all compressed."""

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
from tracker.dashboard.server.compression import Compressed
from tracker.dashboard.server.page_handler import Page, without_query
from tracker.dashboard.server.settings_file import SettingsFile
from tracker.dashboard.server.websocket import LARGEST
from tracker.render.format.theme import css
from tracker.runtime.loopback import is_loopback
from tracker.runtime.settings import read_settings
from tracker.runtime.state_folder import SNAPSHOT_FILE, state_folder
from tracker.runtime.threads import in_thread

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

# Not in voila.json: who sets one of Tornado's settings on the command line would lose the others.
SERVER = {
    "websocket_max_message_size": LARGEST,
    # ms; a browser that crashed or lost its network is found out so.
    "ws_ping_interval": 10_000,
    "ws_ping_timeout": 30_000,
    "static_immutable_cache": ["/voila/labextensions/"],
}
_FILES = 8_192


class Provider(PasswordIdentityProvider):
    """Jupyter's own. Voila asks it for handlers, and nothing else of the tracker's."""

    @default("allow_password_change")
    def _nothing_is_written(self) -> bool:
        return False

    def get_handlers(self) -> list[Any]:
        """Those of login and logout, and the picture's."""
        voila: Any = self.parent
        # A setting for it has no effect.
        voila.app.add_transform(partial(Compressed, {}, url_path_join(voila.server_url, "voila/")))
        for name, value in SERVER.items():
            voila.app.settings.setdefault(name, value)
        _restrict_host(voila)
        _open_enough_files()
        paths = ("tracker/snapshot", "tracker/room", r"voila/query/.*")
        snapshot, room, query = (url_path_join(voila.server_url, path) for path in paths)
        # Voila's own answer to the latter tells a viewer's address, token and all, to who names his kernel. The page
        # has no use for it.
        ours = [
            (snapshot, Snapshot, {"picture": PictureFile(Path(voila.root_dir))}),
            (room, CapacityHandler),
            (query, NotFound),
        ]
        # Jupyter's own are at the root, and where the page is not there, nobody would find them.
        login = [(url_path_join(voila.base_url, path), *rest) for path, *rest in super().get_handlers()]
        return [*login, *ours, *_page_of(voila)]


class _LoopbackNames:
    """The names of this machine, for Jupyter's check of the Host header."""

    def __contains__(self, host: str) -> bool:
        return is_loopback(host)


def _open_enough_files() -> None:
    """Each viewer takes some ten; where the limit is the usual 1024, forty of them could want more."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _restrict_host(voila: Any) -> None:
    """
    Where this machine alone may look, and nobody is asked who he is, answer to this machine's own names only.

    Else a foreign page whose name is made to lead here could read what is stored, and start kernels.
    """
    if (
        is_loopback(voila.ip)
        and not voila.identity_provider.auth_enabled
        and "allow_remote_access" not in voila.tornado_settings
    ):
        voila.app.settings |= {"allow_remote_access": False, "local_hostnames": _LoopbackNames()}


def _page_of(voila: Any) -> list[Any]:
    """The page in the place of Voila's own, with what Voila gives that; none where a folder is served."""
    if not voila.notebook_path:
        return []
    given = {
        "notebook_path": os.path.relpath(voila.notebook_path, voila.root_dir),
        "template_paths": voila.template_paths,
        "config": voila.config,
        "voila_configuration": voila.voila_configuration,
    }
    return [(url_path_join(voila.server_url, "/"), Page, given)]


class NotFound(RequestHandler):
    """404, whatever is asked."""

    def prepare(self) -> None:
        """Answer before anything else is looked at."""
        self.set_status(404)
        self.finish()


class StatusOnlyHandler(JupyterHandler):
    """Answers a page's scripts, which look at the status."""

    def _request_summary(self) -> str:
        return without_query(super()._request_summary())

    def write_error(self, status_code: int, **more: Any) -> None:
        """The status alone: Jupyter's own page for it asks for files that are not served here."""
        self.finish()


class CapacityHandler(StatusOnlyHandler):
    """``GET /tracker/room``: 204 if who comes now may have a live page, 503 if not."""

    @authenticated
    async def get(self) -> None:
        """Answer without starting anything."""
        self.set_header("Cache-Control", "no-store")
        self.set_status(204 if getattr(self.kernel_manager, "has_room", True) else 503)


class PictureFile:
    """
    The newest picture of the page, written by a kernel that runs in *place* and finds the same settings.

    Blocking; safe from several threads. Settings are read once for each change of tracker.toml; while
    that is wrong, the picture of the settings before is the newest.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._settings = SettingsFile(place)
        self._lock = threading.Lock()
        self._read_at: tuple[float | None] | None = None
        self._file: Path | None = None

    def read(self) -> tuple[str, float] | None:
        """Read its HTML, and when it was written in epoch seconds; None as long as there is none."""
        try:
            file = self._find()
            if file is None:
                return None
            with file.open(encoding="utf-8") as opened:  # the time of this one, not of the next that replaces it
                return opened.read(), os.fstat(opened.fileno()).st_mtime
        except (OSError, UnicodeDecodeError):
            return None

    def _find(self) -> Path | None:
        with self._lock:
            changed = (self._settings.changed(),)
            if changed != self._read_at:
                self._read_at = changed
                with suppress(TrackerError):
                    settings = read_settings(self._place)
                    self._file = state_folder(settings) / SNAPSHOT_FILE
            return self._file


class Snapshot(StatusOnlyHandler):
    """``GET /tracker/snapshot``: the newest picture of the page; its age is between Last-Modified and Date."""

    def initialize(self, picture: PictureFile) -> None:
        """*picture* is shared by all requests."""
        self._picture = picture

    @authenticated
    async def get(self) -> None:
        """Answer with HTML, or with nothing (204) as long as there is none."""
        # Not on the server's loop, which a slow disk would hold up for every viewer.
        picture = await in_thread(self._picture.read)
        if picture is None:
            self.set_status(204)
            return
        html, written = picture
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Last-Modified", datetime.fromtimestamp(written, UTC))
        self.finish(f"<style>{css()}</style>{html}")

"""Handlers added to Voila's server: the page's snapshot, the capacity check, and an answer to what does not exist."""

import os
import re
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError, RequestHandler, authenticated
from voila.static_file_handler import TemplateStaticFileHandler

from tracker.core.errors import TrackerError
from tracker.dashboard.server.page_handler import without_query
from tracker.dashboard.server.settings_check import SettingsCheck
from tracker.render.format.theme import css
from tracker.runtime.settings import read_settings
from tracker.runtime.state_folder import SNAPSHOT_FILE, state_folder
from tracker.runtime.threads import in_thread

_TEMPLATE_FILE = re.compile(r"[^/]+/static/.+")


class NotFound(RequestHandler):
    """Answers every request with 404."""

    def prepare(self) -> None:
        """Answer before the request is processed any further."""
        self.set_status(404)
        self.finish()


class TemplateFiles(TemplateStaticFileHandler):  # type: ignore[misc]  # Voila has no types
    """Voila's handler for ``<template>/static/<file>``, which fails for any other path."""

    def parse_url_path(self, path: str) -> str:
        """
        Return the path of a file.

        Raises:
            HTTPError: 404, it is not in the static files of a template.
        """
        if not _TEMPLATE_FILE.fullmatch(path):
            raise HTTPError(404)
        parsed: str = super().parse_url_path(path)
        if not self.roots:
            raise HTTPError(404)  # there is no such template
        return parsed


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
        self._settings = SettingsCheck(folder)
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
        needs_login = self.identity_provider.auth_enabled  # then no proxy may keep it for others
        self.set_header("Cache-Control", "private, no-cache" if needs_login else "no-cache")
        self.set_header("Last-Modified", datetime.fromtimestamp(written, UTC))
        self.finish(f"<style>{css()}</style>{html}")

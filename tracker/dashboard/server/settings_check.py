"""Checks tracker.toml for the page's server: when it changed, and whether a kernel could start with it."""

import logging
import threading
from contextlib import suppress
from pathlib import Path

from tracker.alerts.service.settings_changes import check_settings
from tracker.core.errors import ConfigError
from tracker.runtime.base_folder import find_base
from tracker.runtime.settings import foreign_variables, read_settings

log = logging.getLogger(__name__)


class SettingsCheck:
    """
    What a kernel started in *folder* would find in the settings.

    Reads from disk: call it in a thread. Safe from several threads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._version = self.modified_at()
        self._validated: tuple[float | None, str] | None = None  # when the file was changed, what is wrong

    @property
    def foreign_variables(self) -> list[str]:
        """``TRACKER_…`` variables of other programs; the server's log warns of them, so no kernel needs to."""
        with suppress(ConfigError):
            return foreign_variables()
        return []

    def modified_at(self) -> float | None:
        """Return when the file was last changed (epoch seconds); None if there is none."""
        with suppress(ConfigError, OSError):
            file = find_base(self._folder)[1]
            return file.stat().st_mtime if file is not None else None
        return None

    def has_changed(self) -> bool:
        """Return whether the file was changed since the last call, or since this object was made."""
        with self._lock:
            before, self._version = self._version, self.modified_at()
            return self._version != before

    def is_valid(self) -> bool:
        """Return whether a kernel that starts now could use them; if not, log the reason once for each change."""
        return not self.problem()

    def problem(self) -> str:
        """Return why a kernel that starts now could not use them, "" if it could; log it once for each change."""
        with self._lock:
            modified_at = self.modified_at()
            if self._validated is None or self._validated[0] != modified_at:
                problem = ""
                try:
                    check_settings(read_settings(self._folder))
                except ConfigError as error:
                    log.error("%s", error)
                    problem = str(error)
                self._validated = modified_at, problem
            return self._validated[1]

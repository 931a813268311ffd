"""tracker.toml as the page's server sees it: when it was changed, and whether a kernel could collect with it."""

import logging
from contextlib import suppress
from pathlib import Path

from tracker.collector.factory import check_cadences
from tracker.core.errors import ConfigError
from tracker.runtime.settings import find_base, foreign_variables, read_settings

log = logging.getLogger(__name__)


class SettingsFile:
    """The one that a kernel started in *place* reads."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._checked: tuple[float | None, bool] | None = None

    @property
    def foreign_variables(self) -> list[str]:
        """``TRACKER_…`` variables of other programs; of these the server's log warns, and no kernel needs to."""
        with suppress(ConfigError):
            return foreign_variables()
        return []

    def changed(self) -> float | None:
        """When it was changed last, epoch seconds; None without one."""
        with suppress(ConfigError, OSError):
            file = find_base(self._place)[1]
            return file.stat().st_mtime if file is not None else None
        return None

    def is_right(self) -> bool:
        """Whether a kernel that is started now could collect; if not, that is told, once for each change."""
        changed = self.changed()
        if self._checked is None or self._checked[0] != changed:
            right = True
            try:
                check_cadences(read_settings(self._place))
            except ConfigError as error:
                log.error("%s", error)
                right = False
            self._checked = changed, right
        return self._checked[1]

"""
The contract that is fulfilled by whatever keeps the settings.

``tracker/runtime/settings_file.py`` fulfils it with a file that people edit; a cluster's configuration service can,
too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tracker.core.errors import ConfigError

ABSENT = ""  # version of settings that nobody has written yet


class SettingsConflict(ConfigError):
    """Somebody else has written since the settings were read; nothing of one's own was."""


@dataclass(frozen=True, slots=True)
class SettingsText:
    """
    Settings as they were at one time.

    Attributes:
        text: TOML, with the line ends that it is kept with; empty if nobody has written any.
        version: differs if the content does, and is equal if the content is.
    """

    text: str
    version: str


class SettingsDocument(Protocol):
    """
    Settings that several processes and people read and change. Blocking; safe from several threads.

    Attributes:
        place: where they are kept, for people, without any password.
    """

    @property
    def place(self) -> str: ...

    def read(self) -> SettingsText:
        """Return the present settings. ConfigError: they cannot be read, or are no text."""

    def write(self, text: str, expected: str) -> SettingsText:
        """
        Replace the settings; a reader finds the old ones or the new ones, never a part.

        When this returns, a power cut no longer loses *text*. Whether it is valid is not checked here.

        Args:
            text: the new ones as a whole.
            expected: the version that *text* was made of.

        Raises:
            SettingsConflict: the present version is another one; nothing was written.
            StoreError: they cannot be written; nothing was.
        """

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """
        Call *callback* in another thread after changes: at least once after each, and perhaps without one.

        It gets no content and must return at once. The returned function ends the watch.
        """

"""Folders named by the settings: of the stored prices, and of this machine's own state."""

from pathlib import Path

from tracker.core.errors import ConfigError
from tracker.runtime.files import typed_path
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import store_folder

SNAPSHOT_FILE = ".snapshot.html"  # in the state folder: the page as one HTML fragment


def data_folder(settings: Settings) -> Path:
    """Return the folder of the stored prices, or ``data/`` beside tracker.toml; it need not exist yet."""
    return store_folder(settings.store, base=settings.base) or settings.base / "data"


def state_folder(settings: Settings) -> Path:
    """
    Return the folder of this machine's own state, by default data_folder(); it need not exist yet.

    Raises:
        ConfigError: the setting is not a valid folder name.
    """
    return data_folder(settings) if settings.state is None else named_folder("state", settings.state, settings.base)


def named_folder(setting: str, text: str, base: Path) -> Path:
    """Return the folder *text* of *setting*, relative to *base*. Raises ConfigError if it cannot be a folder."""
    if not text or "\0" in text:
        raise ConfigError(f"{setting} {text!r}: expected a folder, e.g. data")
    return base / typed_path(text, f"{setting} {text!r}", "data or /srv/btc")

"""Folders that the settings name: where prices lie, and where this machine keeps its own notes."""

from pathlib import Path

from tracker.core.errors import ConfigError
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import store_folder

SNAPSHOT_FILE = ".snapshot.html"  # in the state folder: the page as one HTML fragment


def data_folder(settings: Settings) -> Path:
    """The folder in which the store keeps its prices, else ``data/`` beside the settings; it need not exist yet."""
    return store_folder(settings.store, base=settings.base) or settings.base / "data"


def state_folder(settings: Settings) -> Path:
    """
    The folder of this machine's own notes, by default data_folder(); it need not exist yet.

    Raises:
        ConfigError: the settings name something that cannot be a folder.
    """
    return data_folder(settings) if settings.state is None else named_folder("state", settings.state, settings.base)


def named_folder(setting: str, text: str, base: Path) -> Path:
    """The folder *text* of the setting *setting*, seen from *base* if relative. ConfigError: it cannot be one."""
    try:
        if not text or "\0" in text:
            raise ConfigError(f"{setting} {text!r}: expected a folder, e.g. data")
        return base / Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(f"{setting} {text!r}: no such user's folder, expected e.g. data or /srv/btc") from None

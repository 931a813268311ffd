"""Opens the store that a URL or the settings name, e.g. ``csv:data``."""

from collections.abc import Iterable
from pathlib import Path
from typing import cast

from tracker.core.adapters import load, names
from tracker.core.contracts import Store, StoreModule
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.runtime.files import typed_path
from tracker.runtime.settings import Settings


def open_store(url: str, *, base: Path, known: Iterable[Market] = (), granularity: str = "hour") -> Store:
    """
    Open the store at *url*.

    Args:
        url: ``scheme:place``, e.g. ``csv:data``; the scheme is the name of a module or package in ``tracker.stores``.
        base: the folder that a relative path starts from.
        known: the configured markets; they decide only for rows whose market the store itself does not state.
        granularity: how much time one file holds, ``hour`` or ``minute``, for stores that keep files.

    Raises:
        ConfigError: the scheme is unknown, or the place is not valid for it.
    """
    module, place = _store_module(url)
    return module.open_store(place, base=base, known=tuple(known), granularity=granularity)


def open_configured_store(settings: Settings) -> Store:
    """Open the store of *settings*. Raises ConfigError as open_store() does."""
    return open_store(
        settings.store, base=settings.base, known=settings.market_list(), granularity=settings.granularity
    )


def store_folder(url: str, *, base: Path) -> Path | None:
    """Return the local folder that holds the ticks of the store at *url*; None if it has no such folder."""
    module, place = _store_module(url)
    return module.local_folder(place, base=base)


def absolute_store_url(url: str, *, base: Path) -> str:
    """
    Return *url* with the path of a local folder made absolute, so that it names the same store from any base.

    Raises:
        ConfigError: as open_store() does.
    """
    if store_folder(url, base=base) is None:
        return url
    scheme, _, place = url.partition(":")
    path = typed_path(place, f"store {url}", f"{scheme}:data or {scheme}:/srv/btc")
    return f"{scheme}:{(base / path).absolute()}"


def _store_module(url: str) -> tuple[StoreModule, str]:
    """Return the module of the store at *url*, and the place that the URL names."""
    scheme, colon, place = url.partition(":")
    if not (colon and place and scheme in names("stores")):
        # Not the whole URL: it may hold a key.
        raise ConfigError(f"store {scheme!r}: expected scheme:place, e.g. csv:data")
    if "\0" in place:
        raise ConfigError(f"store {scheme!r}: its place contains a NUL character, expected e.g. csv:data")
    return cast(StoreModule, load("stores", scheme)), place

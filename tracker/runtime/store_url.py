"""Opens the store that a URL names: ``csv:data``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tracker.core.contracts import Store, load, names
from tracker.core.errors import ConfigError
from tracker.core.market import Market


def open_store(url: str, *, base: Path, known: Iterable[Market] = (), granularity: str = "hour") -> Store:
    """
    A store from its URL, e.g. ``csv:data``.

    The scheme is the name of the store's module or package: ``csv`` is ``tracker.stores.csv``.
    *base* is the folder that a relative path belongs to,
    *known* the configured markets (a slug alone does not tell base from quote), *granularity* how
    much time one file is to hold, for stores that keep files: ``hour`` or ``minute``.
    """
    module, rest = _store_module(url)
    store: Store = module.open_store(rest, base=base, known=tuple(known), granularity=granularity)
    return store


def store_folder(url: str, *, base: Path) -> Path | None:
    """The folder on this machine in which the store at *url* keeps its ticks; None if it keeps them elsewhere."""
    module, rest = _store_module(url)
    folder: Path | None = module.local_folder(rest, base=base) if hasattr(module, "local_folder") else None
    return folder


def _store_module(url: str) -> tuple[Any, str]:
    """The module of the store at *url*, and the place that the URL names."""
    scheme, colon, rest = url.partition(":")
    if not (colon and rest and scheme in names("stores")):
        # Not the whole URL: it may hold a key.
        raise ConfigError(f"store {scheme!r}: expected scheme:place, e.g. csv:data")
    if "\0" in rest:
        raise ConfigError(f"store {scheme!r}: its place has a NUL in it, expected e.g. csv:data")
    return load("stores", scheme), rest

"""Adds a store other than CSV files to those that a URL can name."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.memory_store import MemoryStore
from tracker.core import adapters
from tracker.runtime import store_url
from tracker.runtime.files import typed_path


def add_store(
    monkeypatch: pytest.MonkeyPatch, name: str, folder: Callable[[Path], Path | None] = lambda path: None
) -> MemoryStore:
    """
    Add a store in memory under the scheme *name*, and return it.

    Its ``place`` is the absolute path that its URL names if it has a local folder, else the place of the URL.

    Args:
        monkeypatch: removes it after the test.
        name: of its module.
        folder: returns the local folder of the path that the URL names.
    """
    store = MemoryStore()

    def open_store(place: str, *, base: Path, known: object, granularity: object) -> MemoryStore:
        store.place = place if local_folder(place, base=base) is None else str(base / place)
        return store

    def local_folder(place: str, *, base: Path) -> Path | None:
        return folder(base / typed_path(place, f"store {name}:{place}", f"{name}:data"))

    module = SimpleNamespace(open_store=open_store, local_folder=local_folder)
    monkeypatch.setitem(sys.modules, f"tracker.stores.{name}", module)
    for user in (adapters, store_url):
        monkeypatch.setattr(user, "names", lambda kind, known=user.names: known(kind) + [name] * (kind == "stores"))
    return store

"""Finds exchanges, stores and coordinations by the name of their module or package, without further registration."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import cast

from tracker.core.errors import ConfigError
from tracker.core.exchange_contract import Exchange


def names(kind: str) -> list[str]:
    """Return the names of all adapters of *kind* (``exchanges``, ``stores``, ``coordination``), sorted."""
    folder = Path(__file__).parents[1] / kind
    modules = [path.stem for path in folder.glob("*.py")]
    packages = [path.parent.name for path in folder.glob("*/__init__.py")]
    return sorted(name for name in (*modules, *packages) if not name.startswith("_"))


def load(kind: str, name: str) -> ModuleType:
    """
    Return the module or package ``tracker.<kind>.<name>``.

    If an optional library is missing, the adapter itself reports what to install.

    Raises:
        ConfigError: no such adapter; the message lists the existing ones.
    """
    available = names(kind)
    if name not in available:
        raise ConfigError(f"{kind}: no {name!r}; there are {', '.join(available)}")
    return importlib.import_module(f"tracker.{kind}.{name}")


def load_exchange(name: str) -> Exchange:
    """Return the adapter of the exchange *name*; see ``load``."""
    return cast(Exchange, load("exchanges", name))

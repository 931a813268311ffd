"""Leases and documents of processes that share a store, one module per kind of coordination."""

from pathlib import Path
from typing import Any

from tracker.core.adapters import load, names
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import ConfigError


def open_coordination(url: str, *, base: Path, label: str) -> Coordination:
    """
    Open the coordination at *url*.

    Args:
        url: ``scheme:place``, e.g. ``file:data``; the scheme is the name of a module in ``tracker.coordination``.
        base: the folder that a relative path starts from.
        label: describes this process for people, e.g. ``dashboard``.

    Raises:
        ConfigError: the scheme is unknown, or the place is not valid for it.
    """
    scheme, colon, place = url.partition(":")
    if not (colon and place and "\0" not in place and scheme in names("coordination")):
        # Not the whole URL: it may hold a password.
        raise ConfigError(f"coordination {scheme!r}: expected scheme:place, e.g. file:data")
    module: Any = load("coordination", scheme)
    coordination: Coordination = module.open_coordination(place, base=base, label=label)
    return coordination

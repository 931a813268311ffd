"""
How processes that share a store agree: one file per kind, which fulfils ``tracker.core.contracts.Coordination``.
"""

from pathlib import Path
from typing import Any

from tracker.core.adapters import load, names
from tracker.core.contracts import Coordination
from tracker.core.errors import ConfigError


def open_coordination(url: str, *, base: Path, label: str) -> Coordination:
    """
    A coordination from its URL, e.g. ``file:data``; the scheme is the name of its file.

    Args:
        base: the folder that a relative path belongs to.
        label: names this process for people, e.g. ``dashboard``.

    Raises:
        ConfigError: no file is named so, or the place cannot be one.
    """
    scheme, colon, rest = url.partition(":")
    if not (colon and rest and "\0" not in rest and scheme in names("coordination")):
        # Not the whole URL: it may hold a password.
        raise ConfigError(f"coordination {scheme!r}: expected scheme:place, e.g. file:data")
    module: Any = load("coordination", scheme)
    coordination: Coordination = module.open_coordination(rest, base=base, label=label)
    return coordination

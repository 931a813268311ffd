"""
The reader of the status file as 0.1.0.dev0 had it (format 1, without a number), unchanged but for its names.

A release that still runs may find a file that a later one wrote: it must see no status, and not fail.
"""

import json
from dataclasses import dataclass, field

from tracker.core.errors import ConfigError
from tracker.core.market import Market


@dataclass(frozen=True, slots=True)
class MarketStatus1:
    interval: int
    state: str = "waiting"
    since: int | None = None
    cause: str = ""
    next_try: int | None = None
    tries: int = 0
    via: str = ""
    held: int = 0
    doubt: str = ""
    doubted: str = ""
    page: int = 0
    pages: int = 0
    filled: str = ""


@dataclass(frozen=True, slots=True)
class Status1:
    collector: str = ""
    mode: str = "live"
    store_problem: str = ""
    note: str = ""
    markets: dict[Market, MarketStatus1] = field(default_factory=dict)


def read_as_first_format(text: str) -> Status1 | None:
    """What published() of that release finds in a file of *text*."""
    try:
        plain = json.loads(text)
        markets = {Market.parse(name): MarketStatus1(**fields) for name, fields in plain.pop("markets").items()}
        return Status1(**plain, markets=markets)
    except (OSError, ValueError, TypeError, AttributeError, LookupError, ConfigError):
        return None

"""
Reads what an exchange states about trading: the time of the last trade, and the state of a pair.

Nothing here raises: a fact that cannot be read is unknown, and costs no price.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from tracker.core.parsing import END_OF_TIME, GENESIS, printable, to_number

_MAX_WORD = 40  # characters


def epoch_time(value: Any) -> int | None:
    """Return epoch ms of *value* in epoch seconds, a number or text; None if it is no time since GENESIS."""
    try:
        seconds = to_number(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return round(seconds * 1000) if GENESIS / 1000 < seconds < END_OF_TIME else None


def iso_time(value: Any) -> int | None:
    """Return epoch ms of *value*, ISO 8601 text, UTC unless it states a zone; None if it is no time since GENESIS."""
    try:
        time = datetime.fromisoformat(value)
        return epoch_time(time.replace(tzinfo=time.tzinfo or UTC).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


def state_word(value: Any, trading: Collection[str]) -> str:
    """Return the state *value* of a pair as one printable word; empty if it is one of *trading*, or unknown."""
    return "" if not isinstance(value, str) or value in trading else printable(value, _MAX_WORD)

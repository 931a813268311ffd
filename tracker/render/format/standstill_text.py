"""The text for a market that stopped trading, or whose price stands still while others move."""

from datetime import UTC, tzinfo

from tracker.core.market_status import Stop
from tracker.render.format import time_text


def standstill_text(since: int, stop: Stop | None, now: float, zone: tzinfo = UTC) -> str:
    """
    Return ``not traded since 20 Nov 08:15 (cancel_only)``, or ``has not moved since 15:04`` without *stop*.

    Args:
        since: epoch ms.
        stop: what the exchange itself states; None: the rows show it.
        now: epoch ms.
        zone: of the times in the text.
    """
    moment = time_text.moment(since, now, zone)
    if stop is None:
        return f"has not moved since {moment}"
    return f"not traded since {moment}{f' ({stop.words})' if stop.words else ''}"

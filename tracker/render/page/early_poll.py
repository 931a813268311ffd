"""Which exchanges a viewer may have asked before their time."""

from tracker.render.format import plain_text
from tracker.render.page import condition
from tracker.render.page.state import PageState

TRY_NOW, TRY_ALL_NOW = "Try now", "Try all now"


def poll_labels(page: PageState) -> list[str]:
    """
    Return the texts of the buttons that have an effect now: ``Try now`` and ``Use coinbase``.

    Empty unless viewers may request a poll, a process collects, and an exchange gives it no answer. A stand-in is named
    if it is the first one configured for a market without an answer, and is not known to be silent itself. Where
    several exchanges are silent, the buttons name what they are for: ``Try all now``, ``Use coinbase for kraken``.
    """
    requests, status = page.data.requests, page.data.status
    unreachable = condition.unreachable_markets(page)
    if requests is None or status is None or not status.collector or not unreachable:
        return []
    silent = {market.exchange for market in unreachable}
    first = {market: requests.stand_ins[market][0] for market in unreachable if market in requests.stand_ins}
    usable = {market: name for market, name in first.items() if name not in silent}
    if not usable:
        return [TRY_NOW if len(silent) == 1 else TRY_ALL_NOW]
    use = f"Use {' or '.join(sorted(set(usable.values())))}"
    if len(silent) == 1:
        return [TRY_NOW, use]
    return [TRY_ALL_NOW, f"{use} for {plain_text.join_words(sorted({market.exchange for market in usable}))}"]

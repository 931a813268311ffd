"""Which exchanges a viewer may have asked before their time."""

from tracker.render.page import condition
from tracker.render.page.state import PageState

TRY_NOW = "Try now"


def poll_labels(page: PageState) -> list[str]:
    """
    Return the texts of the buttons that have an effect now: ``Try now`` and ``Use coinbase``.

    Empty unless viewers may request a poll, a process collects, and an exchange gives it no answer. A stand-in is named
    if it is the first one configured for a market without an answer.
    """
    requests, status = page.data.requests, page.data.status
    unreachable = condition.unreachable_markets(page)
    if requests is None or status is None or not status.collector or not unreachable:
        return []
    names = sorted({requests.stand_ins[market][0] for market in unreachable if market in requests.stand_ins})
    return [TRY_NOW, *([f"Use {' or '.join(names)}"] if names else [])]

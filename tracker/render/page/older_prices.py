"""Prices before the first stored one: whether they can still be expected, and whether a viewer may request them."""

from tracker.core.bar_window import AnyWindow
from tracker.core.durations import DAY, HOUR
from tracker.core.market import Market
from tracker.core.market_status import MarketStatus
from tracker.render.format import status_text, time_text
from tracker.render.page.page_data import ViewerRequests
from tracker.render.page.state import PageState

WORTH_FETCHING = 0.12  # share of the span; a shorter missing start is not explained on the chart either
ASK_AGAIN = DAY  # ms after which prices that no exchange had may be requested again


def older_prices_text(page: PageState, market: Market) -> str:
    """Return whether prices before the first one can still be expected, or where there are some; empty if neither."""
    return _expected_text(page, market) or _recorded_text(page, market)


def _recorded_text(page: PageState, market: Market) -> str:
    """Return since when prices are recorded, if that is later than what is shown, or that there are earlier ones."""
    (start, end), (first, _) = page.visible_range, page.data.extents.get(market, (None, 0))
    if first is None or start < first < end:
        return ""
    if first <= start:
        return "Nothing recorded here; there are earlier prices."
    zone = page.choices.zone
    return f"Nothing recorded before {time_text.date(first, zone)}, {time_text.hour_minute(first, zone)}."


def _expected_text(page: PageState, market: Market) -> str:
    status = _collected(page, market)
    if status is None:
        return ""
    if status.pages:
        return f"Older prices are being fetched: {status_text.progress_text(status)}."
    if page.data.requests is not None and page.data.requests.since is not None:
        return "Older prices are requested."
    if status.backfill is None:
        return "Older prices are still to be fetched."
    if status.backfill.failure:
        return "Older prices could not be fetched yet."
    return _in_vain_text(page)


def requestable_since(page: PageState, market: Market, window: AnyWindow) -> int | None:
    """
    Return the epoch ms from which a viewer may request prices before the first one of *window*.

    None where that would find nothing: the page may not request prices, the collector fetches them by itself, no
    exchange had them within ASK_AGAIN, or they are older than what is kept.
    """
    requests, status = page.data.requests, _collected(page, market)
    if requests is None or status is None or page.choices.view is not None:
        return None
    if status.state == "unreachable" or status.pages or status.backfill is None or requests.since is not None:
        return None
    since = max(window.start, page.data.now - requests.reach)
    gap = next(iter(window.gaps), None)
    if gap is None or gap[0] > window.start or gap[1] - since < WORTH_FETCHING * window.span:
        return None
    if status.backfill.none_before is not None and gap[1] <= status.backfill.none_before:
        return None
    is_kept_complete = since >= page.data.now - requests.span
    return None if is_kept_complete or _was_fetched(requests, since, page.data.now) else since


def _in_vain_text(page: PageState) -> str:
    """Return when exchanges were asked for all that is shown; empty unless that was lately."""
    requests, now = page.data.requests, page.data.now
    if requests is None or requests.done is None or not _was_fetched(requests, page.visible_range[0], now):
        return ""
    return f"No exchange has older prices, asked at {time_text.moment(requests.done[1], now, page.choices.zone)}."


def _was_fetched(requests: ViewerRequests, since: int, now: int) -> bool:
    """Return whether a request for prices from *since* on, or from before, was fulfilled lately."""
    return requests.done is not None and requests.done[0] <= since and now - requests.done[1] < ASK_AGAIN


def fetch_label(page: PageState) -> str:
    """Return the text of the button that requests the span: ``Fetch 7 days``."""
    reach = page.span if page.data.requests is None else page.data.requests.reach
    span = min(page.span, reach)
    for unit, name in ((DAY, "days"), (HOUR, "hours")):
        if span % unit == 0 and span > unit:
            return f"Fetch {span // unit} {name}"
    return f"Fetch {time_text.exact_duration(span / 1000)}"


def _collected(page: PageState, market: Market) -> MarketStatus | None:
    """Return the status of a market whose older prices a collector may add; None for any other, and in a replay."""
    status = page.data.status
    if status is None or not status.collector or status.is_replay or status.mode == "replay":
        return None
    of_market = status.markets.get(market)
    return None if of_market is None or of_market.state == "refused" else of_market

"""Prices before the first stored one: whether they can still be expected, and whether a viewer may request them."""

from tracker.core.bar_window import AnyWindow
from tracker.core.durations import DAY, HOUR, duration_text
from tracker.core.market import Market
from tracker.core.market_status import MarketStatus
from tracker.render.axes.chart_frame import IN_DAYS_FROM
from tracker.render.format import status_text, time_text
from tracker.render.page.page_data import ViewerRequests
from tracker.render.page.state import ALL, PageState

WORTH_FETCHING = 0.12  # share of the span; a shorter missing start is not explained on the chart either
REQUESTABLE = 30 * DAY  # ms back from now that a click may request: minutes of work, where years would be hours
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
    if end - start > IN_DAYS_FROM:
        return f"Nothing recorded before {time_text.date(first)}."  # UTC, as the days of the charts
    zone = page.choices.zone
    return f"Nothing recorded before {time_text.date(first, zone)}, {time_text.hour_minute(first, zone)}."


def _expected_text(page: PageState, market: Market) -> str:
    status = _collected(page, market)
    if status is None:
        return ""
    if not _is_within_backfill(page, market, status):
        return _in_vain_text(page)
    if status.pages:
        return f"Older prices are being fetched: {status_text.progress_text(status)}."
    if page.data.requests is not None and page.data.requests.since is not None:
        return "Older prices are requested."
    if status.backfill is None:
        return "Older prices are still to be fetched."
    if status.backfill.failure:
        return "Older prices could not be fetched yet."
    return _in_vain_text(page)


def _is_within_backfill(page: PageState, market: Market, status: MarketStatus) -> bool:
    """Return whether backfill reaches back to what is missing at the start of what is shown."""
    requests, (start, end) = page.data.requests, page.visible_range
    first, _ = page.data.extents.get(market, (end, end))
    missing_until = first if start < first < end else end
    if requests is None:  # nobody says how far
        return status.pages > 0 or missing_until > page.data.now - DAY
    kept = page.data.now - requests.span
    return missing_until > (kept if requests.since is None else min(kept, requests.since))


def missing_since(page: PageState, market: Market, window: AnyWindow) -> int | None:
    """
    Return the epoch ms from which prices before the first one of *window* can be fetched, see ``is_requestable``.

    None where that would find nothing: the page may not request prices, the collector fetches them by itself, no
    exchange had them within ASK_AGAIN, or they are older than what is kept.
    """
    requests, status = page.data.requests, _collected(page, market)
    if requests is None or status is None or page.choices.view is not None:
        return None
    if status.state == "unreachable" or status.pages or status.backfill is None or requests.since is not None:
        return None
    since = max(window.start, _kept_since(page, requests))
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


def _kept_since(page: PageState, requests: ViewerRequests) -> int:
    return 0 if requests.retention is None else page.data.now - requests.retention


def is_requestable(page: PageState, since: int) -> bool:
    """Return whether a click may request prices from *since* on; else they are fetched by ``fetch_command``."""
    return since >= page.data.now - REQUESTABLE


def fetch_label(page: PageState, since: int) -> str:
    """Return the text of the button that requests prices from *since* on: ``Fetch 7 days``."""
    span = page.data.now - since
    for unit, name in ((DAY, "days"), (HOUR, "hours")):
        if span > 2 * DAY or (span % unit == 0 and span > unit):
            return f"Fetch {-(-span // unit)} {name}"
    return f"Fetch {time_text.exact_duration(span / 1000)}"


def fetch_command(page: PageState, since: int) -> str:
    """Return what to type for prices from *since* on: ``tracker backfill --since 1y``; of All and a date, a date."""
    requests, now = page.data.requests, page.data.now
    midnight = since // DAY * DAY
    if now - since == page.span and page.choices.span != ALL:
        start = time_text.exact_duration(page.choices.span).replace(" ", "")
    elif requests is not None and requests.retention is not None and midnight < now - requests.retention:
        start = duration_text(requests.retention)  # the command refuses what is not kept
    else:
        start = f"{time_text.to_datetime(midnight):%Y-%m-%d}"
    return f"tracker backfill --since {start}"


def _collected(page: PageState, market: Market) -> MarketStatus | None:
    """Return the status of a market whose older prices a collector may add; None for any other, and in a replay."""
    status = page.data.status
    if status is None or not status.collector or status.is_replay or status.mode == "replay":
        return None
    of_market = status.markets.get(market)
    return None if of_market is None or of_market.state == "refused" else of_market

"""Tries a channel: sends a test, and ends what that opened."""

from collections.abc import Iterable
from dataclasses import replace

from dateutil.tz import tzlocal

from tracker.alerts.channels.channel_contract import Channels
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.messages.chart_picture import chart_picture
from tracker.alerts.messages.messages import make_test_message
from tracker.alerts.readings.exchange_prices import RealPrices
from tracker.core.contracts import Store
from tracker.core.durations import HOUR
from tracker.core.errors import StoreError
from tracker.core.market import Market


def send_test(channels: Channels, name: str, now: int, store: Store, markets: Iterable[Market]) -> Outcome:
    """
    Send a test to the channel *name* and return what the other side answered. Blocks.

    Where the channel takes pictures, it has that of the first market with prices, as an alert has one. Where a message
    opens an incident, as in PagerDuty, a second one resolves it; the words say if that did not arrive.

    Args:
        channels: that have it.
        name: of the channel.
        now: epoch ms.
        store: has the prices.
        markets: those of the settings.
    """
    picture = _picture(store, markets, now) if channels.takes_pictures(name) else None
    message = make_test_message(name, now, picture=picture)
    outcome = channels.send(name, message)
    if not (outcome.arrived or outcome.may_have_arrived) or not channels.takes_single_firings(name):
        return outcome
    end = channels.send(name, replace(message, resolves=True))
    if not end.arrived:
        words = f"an incident that it opened has to be resolved by hand, as {end.words}"
    else:
        words = "its end arrived too" if outcome.arrived else "an incident that it may have opened is resolved"
    return replace(outcome, words=f"{outcome.words}; {words}")


def _picture(store: Store, markets: Iterable[Market], now: int) -> bytes | None:
    """Return a picture of the last hour, or of the last one with prices; None without any."""
    for market in markets:
        try:
            times = store.extent(market, end=now + 1)
        except StoreError:  # it is the channel that is tried
            continue
        if times is not None:
            end = now if times[1] > now - HOUR else times[1]
            picture = chart_picture(RealPrices(store), {market: None}, end, tzlocal())
            if picture is not None:
                return picture
    return None

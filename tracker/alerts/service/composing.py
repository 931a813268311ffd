"""Makes messages for channels: the words of deliveries, and the picture of their markets where a channel takes one."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from dateutil.tz import tzlocal

from tracker.alerts.channels.channel_contract import Compose
from tracker.alerts.database.delivery import Delivery
from tracker.alerts.messages.chart_picture import chart_picture
from tracker.alerts.messages.message import Message
from tracker.alerts.messages.messages import by_importance, make_message
from tracker.alerts.readings.exchange_prices import RealPrices
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event
from tracker.core.durations import HOUR
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.history.bar_reader import PriceSource, read_bar_window
from tracker.runtime.clock import Clock


def composer(rules: Iterable[Rule], source: PriceSource, clock: Clock, zone: tzinfo | None = None) -> Compose:
    """
    Return what makes messages about *rules*; safe from several threads.

    A picture goes with it that ends now, also where deliveries were held back.

    Args:
        rules: as they are now.
        source: of the prices in pictures.
        clock: of the machine.
        zone: of the times of rules that have none; None: the machine's.
    """
    by_name = {rule.name: rule for rule in rules}
    prices = RealPrices(source)  # as the rules see them

    def compose(deliveries: Sequence[Delivery], has_picture: bool) -> Message:
        now, own_zone = clock.now(), zone or tzlocal()
        picture = None
        if has_picture:
            shown: dict[Market, Rule | None] = {}
            for each in by_importance(deliveries, by_name):
                shown.setdefault(each.event.market, by_name.get(each.event.rule))
            picture = chart_picture(prices, shown, now, own_zone)
        coverage = _hour_coverage(prices, deliveries[0].event) if len(deliveries) == 1 else None
        return make_message(deliveries, by_name, now, own_zone, picture, coverage)

    return compose


def _hour_coverage(prices: PriceSource, event: Event) -> float | None:
    """Return how much of the hour up to *event* has prices, 0 to 1; None if that cannot be read."""
    try:
        return read_bar_window(prices, event.market, HOUR, event.at).coverage
    except StoreError:
        return None

"""Makes messages for channels: the words of deliveries, and the picture of their market where a channel takes one."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from dateutil.tz import tzlocal

from tracker.alerts.channel_contract import Compose
from tracker.alerts.chart_picture import chart_picture
from tracker.alerts.delivery import Delivery
from tracker.alerts.message import Message
from tracker.alerts.messages import make_message
from tracker.alerts.real_prices import RealPrices
from tracker.alerts.rule import Rule
from tracker.history.bar_reader import PriceSource
from tracker.runtime.clock import Clock


def composer(rules: Iterable[Rule], source: PriceSource, clock: Clock, zone: tzinfo | None = None) -> Compose:
    """
    Return what makes messages about *rules*; safe from several threads.

    A picture goes with deliveries of one market. It ends now, also where they were held back.

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
        if has_picture and len({delivery.event.market for delivery in deliveries}) == 1:
            event = deliveries[0].event
            picture = chart_picture(prices, event.market, now, by_name.get(event.rule), own_zone)
        return make_message(deliveries, by_name, now, own_zone, picture)

    return compose

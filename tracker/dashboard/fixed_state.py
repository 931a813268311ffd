"""A state of fixed prices, for parts of the page in notebooks and for pictures."""

from collections.abc import Mapping, Sequence

from tracker.core.durations import DAY, SECOND
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.market_status import Status
from tracker.core.price_frame import PriceFrame, ticks_of_frame
from tracker.core.ranking import COVERAGE_FLOOR
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.dashboard.view_state import ViewState
from tracker.history.row_status import status_of_rows
from tracker.render.page.page_data import PageData
from tracker.render.page.state import SPANS


def still(
    rows: Mapping[Market | str, Ticks | PriceFrame],
    now: int | None = None,
    span: int | None = None,
    floor: float = COVERAGE_FLOOR,
) -> ViewState:
    """
    Return a state of fixed *rows* without a collector; currencies and span can still be chosen.

    Args:
        rows: the ticks of each market, or a frame of ``tracker.prices``; markets as such or by name.
        now: epoch milliseconds, the end of the span; without it, the time of the newest row.
        span: milliseconds; without it, the shortest that the page offers and that holds all rows, or its longest.
        floor: minimum coverage of a ranked market, 0 to 1.

    Raises:
        ConfigError: *rows* name no markets, a market's name is malformed, a frame has another form than those of
            ``tracker.prices``, or *span* is below a second.
    """
    if not isinstance(rows, Mapping):
        raise ConfigError(f"still: a {type(rows).__name__}; expected rows by market, e.g. {{'kraken:BTC/EUR': frame}}")
    if span is not None and span < SECOND:
        raise ConfigError(f"still: span {span} ms, expected 1000 or more")
    markets = {key if isinstance(key, Market) else Market.parse(key): value for key, value in rows.items()}
    ticks = {
        market: value if isinstance(value, Ticks) else ticks_of_frame(value, str(market))
        for market, value in markets.items()
    }
    filled = [of_market for of_market in ticks.values() if len(of_market)]
    end = now if now is not None else max((int(of_market.time.max()) for of_market in filled), default=0)
    length = span if span is not None else _span_of(filled, end)

    def read(market: Market, span: int, end: int) -> Window:
        return Window.of(ticks[market], span, end)

    status = status_of_rows(Status(), {market: read(market, length, end) for market in ticks})
    first = min((int(of_market.time.min()) for of_market in filled), default=None)
    data = PageData(markets=tuple(ticks), now=end, read=read, floor=floor, status=status, first_stored=first)
    return ViewState(data, chosen=data.markets, span=length // 1000)


def _span_of(ticks: Sequence[Ticks], now: int) -> int:
    """Return the shortest of the page's spans, in ms, that holds all *ticks* up to *now*; a day without any."""
    if not ticks:
        return DAY
    # A span excludes its start, and a row at its beginning reaches over that: "7d" of prices fits into 7 d.
    reach = now - min(int(of_market.time.min()) for of_market in ticks) + 1
    return 1000 * next((span for span in SPANS if 1000 * span >= reach), -(-reach // DAY) * DAY // 1000)

"""The toolbar's words: a market's name and page, the spans, the ways to draw."""

from tracker.core.market import Market
from tracker.render.format import currencies, time_text
from tracker.render.page import condition
from tracker.render.page.state import SPANS, PageState

# A dot's shape tells the state without its colour: full, ring, half, cross, faint ring.
DOTS = {
    "live": "dot-live",
    "stale": "dot-stale",
    "backfilling": "dot-backfilling",
    "unreachable": "dot-down",
    "refused": "dot-down",
    "waiting": "dot-off",
    "unknown": "dot-off",
}

MODES = [("Prices", "linear"), ("Log", "log"), ("Compare", "compare")]


def name_of(page: PageState, market: Market) -> str:
    """Return the label of a market's checkbox; it names the exchange if two markets have the same currency."""
    is_ambiguous = currencies.is_ambiguous(market, page.data.markets)
    return f"{market.quote} {market.exchange}" if is_ambiguous else market.quote


def dot_of(page: PageState, market: Market) -> str:
    """Return the style class of a market's dot."""
    state = condition.of_market(page, market)
    return "dot-invented" if condition.mode_label(page) and state in ("live", "backfilling") else DOTS[state]


def span_options(span: int) -> list[tuple[str, int]]:
    return [(time_text.exact_duration(seconds), seconds) for seconds in sorted({*SPANS, span})]

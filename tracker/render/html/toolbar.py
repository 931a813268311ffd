"""The toolbar's words: what it says of the choice, a market's dot, the spans, the ways to draw."""

from tracker.core.market import Market
from tracker.render.format import colours, time_text
from tracker.render.page import condition
from tracker.render.page.state import ALL, SPANS, PageState

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


_LONG = 4  # characters of a name that fits into one column of a phone


def hint_of(page: PageState) -> str:
    """Return that colours repeat; empty if they do not. Without a choice, charts and table say so."""
    return colours.REPEATED if page.repeats_colours else ""


def is_long(name: str) -> bool:
    """Return whether the *name* of a market needs two columns of a phone."""
    return len(name) > _LONG


def dot_of(page: PageState, market: Market) -> str:
    """Return the style class of a market's dot."""
    state = condition.of_market(page, market)
    return "dot-invented" if condition.mode_label(page) and state in ("live", "backfilling") else DOTS[state]


def span_options(span: int) -> list[tuple[str, int]]:
    """Return name and seconds of each span that is offered, *span* among them; that of the whole record is the last."""
    lengths = sorted({*SPANS, span} - {ALL})
    return [*((time_text.exact_duration(seconds), seconds) for seconds in lengths), ("All", ALL)]

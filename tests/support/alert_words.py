"""Rules, events and deliveries to be put in words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.support.rule_expressions import expressions
from tests.support.rule_rows import MARKET, price_rule
from tracker.alerts.database.delivery import Delivery
from tracker.alerts.rules.expression import Measure, measures_of
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rule import Rule
from tracker.alerts.rules.vocabulary import Unit
from tracker.alerts.states.events import Event, EventKind, Number
from tracker.core.market import Market

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR = 60_000, 3_600_000
EXPRESSIONS = expressions()
AT = int(datetime(2026, 11, 9, 13, 10, tzinfo=UTC).timestamp() * 1000)  # 14:10 in Berlin
GBP, USD, ETH = (Market("kraken", *pair) for pair in (("BTC", "GBP"), ("BTC", "USD"), ("ETH", "BTC")))
COINBASE = Market("coinbase", "BTC", "GBP")


def number(text: str, value: float, coverage: float | None = None) -> Number:
    """Return what the measure that *text* names read."""
    word = parse(text)
    [measure] = measures_of(word)
    return Number(measure, value, coverage)


def event(kind: EventKind = EventKind.FIRED, *numbers: Number, **options) -> Event:
    """Return what happened to the rule "drops" in GBP at AT, after three minutes; ends are of a firing at AT."""
    at = AT if kind.begins_firing else AT + 15 * MINUTE
    defaults = {
        "rule": "drops",
        "market": GBP,
        "at": at,
        "since": AT - 3 * MINUTE,
        "fired_at": AT,
        "channels": ("ops",),
    }
    return Event(kind=kind, numbers=numbers, **defaults | options)


def delivery(of: Event, **options) -> Delivery:
    """Return *of* on its way to a channel for the first time."""
    defaults = {"event_id": 1, "place": 0, "channel": "ops", "attempt": 1, "repeated": False, "held_until": None}
    return Delivery(event=of, **defaults | options)


def rule(when: str = "price < 15300", **options) -> Rule:
    """Return the rule "drops" in GBP."""
    return price_rule(when, **{"name": "drops", "markets": (GBP,)} | options)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Return rules of any expression, in one market or several."""
    markets = draw(st.lists(st.sampled_from([MARKET, GBP, USD, ETH, COINBASE]), min_size=1, unique=True))
    expression = draw(EXPRESSIONS)
    name = draw(st.text(min_size=1, max_size=20).filter(str.isprintable))
    hold = draw(st.sampled_from([0, 500, 3 * MINUTE, 3_661_000]))
    return Rule(
        name=name,
        markets=tuple(markets),
        expression=expression,
        rearm=expression,
        hold=hold,
        once=draw(st.booleans()),
        channels=draw(st.sampled_from([(), ("ops",)])),
    )


def values(measure: Measure) -> st.SearchStrategy[float]:
    """Return what *measure* may read, also nothing."""
    if measure.word.unit is Unit.RANK:
        return st.integers(1, 300).map(float) | st.just(float("nan"))
    if measure.word.unit is Unit.DURATION:
        return st.integers(0, 10**12).map(float) | st.just(float("inf"))
    least = measure.word.lowest
    return st.floats(least, 1e9) | st.floats(least, 1) | st.just(float("nan"))


@st.composite
def deliveries(draw: st.DrawFn, of: Rule) -> Delivery:
    """Return deliveries of any event of the rule *of*."""
    since = AT - draw(st.sampled_from([0, 7, 3 * MINUTE, 30 * HOUR]))
    numbers = tuple(
        Number(measure, draw(values(measure)), draw(st.none() | st.floats(0, 1)))
        for measure in draw(st.sampled_from([(), measures_of(of.expression)]))
    )
    happened = event(
        draw(st.sampled_from(list(EventKind))),
        *numbers,
        rule=of.name,
        market=draw(st.sampled_from(of.markets)),
        since=since,
    )
    return delivery(happened, repeated=draw(st.booleans()), held_until=draw(st.sampled_from([None, AT + HOUR])))

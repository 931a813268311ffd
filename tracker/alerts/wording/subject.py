"""What the words of a rule are about: its markets, as parts of a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.alerts.wording.style import Style
from tracker.alerts.wording.written import WRITTEN
from tracker.core.market import Market
from tracker.render.format import currencies

_MOST_NAMED = 5  # markets in a sentence; more are counted


@dataclass(frozen=True, slots=True)
class Subject:
    """
    The markets of a rule or of an event.

    Attributes:
        one: ``one bitcoin``; empty if the markets price several things.
        quote: the currency of all prices; empty if they have several.
        thing: ``bitcoin in EUR or USD on kraken``.
        priced: *thing* where a price beside it has its currency: ``bitcoin on kraken``.
        place: what follows a price: `` on kraken``, `` in EUR or USD``; may be empty.
        base: ``bitcoin``, the first if there are several.
    """

    one: str
    quote: str
    thing: str
    priced: str
    place: str
    base: str


def subject_of(markets: Iterable[Market], style: Style = WRITTEN, *, among: Iterable[Market] = ()) -> Subject:
    """
    Return *markets* as parts of a sentence.

    Args:
        markets: those of a rule or event; a rule may be left without any.
        style: how they are named.
        among: all markets from which they have to be told; the exchange is named only where it is needed. By default
            each is named with its exchange.
    """
    markets, among = tuple(markets), tuple(among)
    if not markets:
        return Subject("", "", "no market", "no market", "", style.base(currencies.BASE))
    bases = tuple(dict.fromkeys(market.base for market in markets))
    quotes = tuple(dict.fromkeys(market.quote for market in markets))
    is_named = not among or any(currencies.needs_exchange(market, {*among, *markets}) for market in markets)
    exchanges = tuple(dict.fromkeys(market.exchange for market in markets)) if is_named else ()
    thing = _things(markets, style, is_named)
    one_of_each = len(bases) == len(quotes) == 1
    if len(bases) > 1:
        place = ""
    elif len(quotes) == 1:
        place = f" on {or_join(exchanges)}" if exchanges else ""
    else:
        place = thing.removeprefix(style.base(bases[0]))
    return Subject(
        one=style.one(bases[0]) if len(bases) == 1 else "",
        quote=quotes[0] if len(quotes) == 1 else "",
        thing=thing,
        priced=style.base(bases[0]) + place if one_of_each else thing,
        place=place,
        base=style.base(bases[0]),
    )


def or_join(words: Iterable[str]) -> str:
    """Return ``EUR``, ``EUR or GBP``, ``EUR, GBP or USD``."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _things(markets: tuple[Market, ...], style: Style, has_exchange: bool) -> str:
    """Return ``bitcoin in EUR or USD on kraken or the euro in USD on coinbase``; of many, how many they are."""
    bases = dict.fromkeys(market.base for market in markets)
    if len(markets) > _MOST_NAMED:
        what = style.base(next(iter(bases))) if len(bases) == 1 else "what is priced"
        return f"{what} in any of {len(markets)} markets"
    groups: dict[tuple[str, str], list[str]] = {}
    for market in markets:
        groups.setdefault((market.base, market.exchange if has_exchange else ""), []).append(market.quote)
    return or_join(
        f"{style.base(base)} in {or_join(map(style.currency, quotes))}{f' on {exchange}' if exchange else ''}"
        for (base, exchange), quotes in groups.items()
    )

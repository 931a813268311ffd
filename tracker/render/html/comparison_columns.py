"""The table's two columns that compare currencies: shared and own variance, and implied exchange rates."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.cross_market import (
    MIN_MARKETS,
    MIN_RETURNS,
    cross_rates,
    return_step,
    shared_variance,
    sufficient_span,
)
from tracker.core.durations import MINUTE, SECOND
from tracker.core.market import Market
from tracker.core.ranking import RankedMarket
from tracker.render.format import numbers, time_text
from tracker.render.format.templating import Fragment
from tracker.render.page.state import SPANS

SHARE_HEADING, RATE_HEADING = "Shared / its own", "Implied FX rate"
_SHARE_TIP = "How much of a currency’s variance it shares with the others, and how much is its own."
_DAMPED_TIP = "Its own movement dampened the shared one, so the shared part exceeds 100 %."
_SHARE = Fragment(
    '<td class="col-variance" data-label="{}"{}>'
    '<span class="bt-variance-bar {}" aria-hidden="true"><i style="width:{}%"></i>'
    '<b style="width:{}%"></b></span><span class="bt-variance-parts">{}</span></td>'
)
_TIP = Fragment(' title="{}"')
_SHARE_MISSING = Fragment('<td class="col-variance is-missing" data-label="{}"><span class="bt-dim">{}</span></td>')
_UNIT = Fragment(' <span class="bt-unit">{}</span>')
_RATE = Fragment('<td class="col-rate" data-label="{}">{}{}</td>')


class Comparison(NamedTuple):
    """Shares and rates of one moment, by market."""

    shares: Mapping[Market, float]
    rates: Mapping[Market, float]
    reference: Market | None  # its quote is the currency of the rates
    minutes: int  # length of each return
    sufficient_span: int | None = None  # seconds; see ``cross_market.sufficient_span``


def compare(windows: Mapping[Market, AnyWindow], rows: Sequence[RankedMarket]) -> Comparison:
    """
    Compare the chosen markets' *windows*, those of the ranking's *rows*.

    The mean return is that of the ranked ones, whose coverage suffices. A price that stands still gives no rate.
    """
    still = {row.market for row in rows if row.unmoved_since is not None}
    moving = {market: window for market, window in windows.items() if market not in still}
    reference = next((market for market in moving if market.quote == "USD"), next(iter(moving), None))
    if reference is None:
        return Comparison({}, {}, None, 0)
    ranked = {row.market: windows[row.market] for row in rows if row.rank and row.market.base == reference.base}
    longer = sufficient_span(ranked, [span * SECOND for span in SPANS])
    return Comparison(
        shared_variance(ranked),
        cross_rates(moving, reference),
        reference,
        return_step(ranked) // MINUTE,
        None if longer is None else longer // SECOND,
    )


class Heading(NamedTuple):
    """A column's sort key, style class, heading, the line below it and its tooltip."""

    name: str
    style: str
    text: str
    below: str
    tip: str = ""


def headings(reference: Market | None) -> list[Heading]:
    """Return the headings of the two columns."""
    unit = f"in {reference.quote}" if reference else ""
    return [
        Heading("share", "col-variance", SHARE_HEADING, "of the variance, shared + own", _SHARE_TIP),
        Heading("rate", "col-rate", RATE_HEADING, unit),
    ]


def share_cell(market: Market, comparison: Comparison, colour_class: str) -> Markup:
    """Return the cell with ``97 + 3 %`` and a bar, or with what is needed to compute it."""
    share = comparison.shares.get(market, math.nan)
    if not math.isfinite(share):
        return _SHARE_MISSING.format(SHARE_HEADING, _requirement(market, comparison))
    whole = round(100 * share)
    rest = 100 - whole
    sign = numbers.MINUS if rest < 0 else "+"
    width = min(100, max(0, whole))
    text = f"{whole} {sign} {abs(rest)}{numbers.PERCENT}"
    tip = _TIP.format(_DAMPED_TIP) if rest < 0 else ""
    return _SHARE.format(SHARE_HEADING, tip, colour_class, width, 100 - width, text)


def _requirement(market: Market, comparison: Comparison) -> str:
    """Return what is needed for a share: more currencies, a longer span, or more returns."""
    if comparison.reference is not None and market.base != comparison.reference.base:
        return f"not a price of {comparison.reference.base}"
    if len(comparison.shares) < MIN_MARKETS:
        return f"needs {MIN_MARKETS} currencies"
    if comparison.sufficient_span is not None:  # short, as it is the same in all rows; the help says why
        return f"needs a span of {time_text.exact_duration(comparison.sufficient_span)}"
    return f"needs {MIN_RETURNS} returns of {comparison.minutes} min"


def rate_cell(market: Market, comparison: Comparison) -> Markup:
    """Return the cell with the price of one unit of the market's currency in the reference's; ``–`` if unknown."""
    rate = comparison.rates.get(market, math.nan)
    if market == comparison.reference and any(map(math.isfinite, comparison.rates.values())):
        return _RATE.format(RATE_HEADING, Markup('<span class="bt-dim">1</span>'), "")
    unit = _UNIT.format(comparison.reference.quote) if comparison.reference and math.isfinite(rate) else ""
    return _RATE.format(RATE_HEADING, numbers.significant(rate, 5), unit)


def help_html(comparison: Comparison) -> Markup:
    """Return a sentence on each column for the page; empty with fewer than two currencies."""
    quotes = _pair(comparison)
    if quotes is None:
        return Markup("")
    return Markup(
        "<b>{share}</b>: how much of a currency’s variance it shares with the mean of all ranked currencies, and "
        "how much is its own, from at least {least} returns over {minutes} min. 102 − 2 % means that its own movement "
        "dampened the shared one. {rate}"
    ).format(share=SHARE_HEADING, least=MIN_RETURNS, minutes=comparison.minutes, rate=_rate_help(quotes))


def method_html(comparison: Comparison) -> Markup:
    """Return how both columns are computed, for a report; empty with fewer than two currencies."""
    quotes = _pair(comparison)
    if quotes is None:
        return Markup("")
    return Markup(
        "<b>{share}</b>: with r a currency’s log returns over {minutes} min and m the mean of those of all ranked "
        "currencies, the shared part of its variance is Cov(r, m) / Var(r); the rest is its own. A negative rest "
        "means that its own movement dampened the shared one. {rate}"
    ).format(share=SHARE_HEADING, minutes=comparison.minutes, rate=_rate_help(quotes))


def _pair(comparison: Comparison) -> tuple[str, str] | None:
    """Return the reference's currency and another one, as an example."""
    if comparison.reference is None:
        return None
    reference = comparison.reference.quote
    # Another base has no rate: BTC/EUR and SHIB/BTC have nothing in common.
    same_base = (market for market in comparison.rates if market.base == comparison.reference.base)
    other = next((market.quote for market in same_base if market.quote != reference), None)
    return None if other is None else (reference, other)


def _rate_help(quotes: tuple[str, str]) -> Markup:
    reference, other = quotes
    return Markup(
        "<b>{heading}</b>: BTC/{reference} divided by BTC/{other} is {other}/{reference}, at the last time that "
        "both had a price."
    ).format(heading=RATE_HEADING, reference=reference, other=other)

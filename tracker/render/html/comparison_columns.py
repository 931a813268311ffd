"""The table's two columns that need all currencies at once: how much of a movement is bitcoin's, and implied rates."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from tracker.core.cross_market import MIN_MARKETS, MIN_RETURNS, cross_rates, return_step, shared_variance
from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.format import numbers


class Comparison(NamedTuple):
    """Shares and rates of one moment, by market."""

    shares: Mapping[Market, float]
    rates: Mapping[Market, float]
    reference: Market | None  # in whose currency the rates are
    minutes: int  # that each return spans


def compare(windows: Mapping[Market, Window], ranked: Sequence[Market]) -> Comparison:
    """*windows* of the chosen markets; only *ranked* ones, which have prices most of the time, make up the crowd."""
    reference = next((market for market in windows if market.quote == "USD"), next(iter(windows), None))
    if reference is None:
        return Comparison({}, {}, None, 0)
    crowd = {market: windows[market] for market in ranked if market.base == reference.base}
    minutes = return_step(crowd) // 60_000
    return Comparison(shared_variance(crowd), cross_rates(windows, reference), reference, minutes)


def headings(found: Comparison) -> list[tuple[str, str, str, str]]:
    """The two columns' names, style classes, headings and the lines below them."""
    unit = f"{escape(found.reference.quote)} for one, by bitcoin" if found.reference else ""
    return [
        ("share", "col-variance", "Bitcoin + currency", "share of the variance"),
        ("rate", "col-rate", "Implied rate", unit),
    ]


def share_cell(market: Market, found: Comparison, colour: str) -> str:
    """``97 + 3 %``, with a bar in the market's *colour* (a style class); or what it needs."""
    share = found.shares.get(market, math.nan)
    if not math.isfinite(share):
        few = len(found.shares) < MIN_MARKETS
        why = f"needs {MIN_MARKETS} currencies" if few else f"needs {MIN_RETURNS} returns of {found.minutes} min"
        return f'<td class="col-variance" data-label="Bitcoin + currency"><span class="bt-dim">{why}</span></td>'
    whole = round(100 * share)
    rest = 100 - whole
    sign = numbers.MINUS if rest < 0 else "+"
    width = min(100, max(0, whole))
    return (
        '<td class="col-variance" data-label="Bitcoin + currency">'
        f'<span class="bt-variance-bar {colour}" aria-hidden="true"><i style="width:{width}%"></i>'
        f'<b style="width:{100 - width}%"></b></span>'
        f'<span class="bt-variance-parts">{whole} {sign} {abs(rest)}{numbers.PERCENT}</span></td>'
    )


def rate_cell(market: Market, found: Comparison) -> str:
    """What one unit of the market's currency costs in the reference's."""
    if market == found.reference:
        return '<td class="col-rate" data-label="Implied rate"><span class="bt-dim">1</span></td>'
    unit = f' <span class="bt-unit">{escape(found.reference.quote)}</span>' if found.reference else ""
    rate = numbers.significant(found.rates.get(market, math.nan), 5)
    return f'<td class="col-rate" data-label="Implied rate">{rate}{unit}</td>'


def help_text(found: Comparison) -> str:
    """How both are computed, in a sentence each."""
    if found.reference is None:
        return ""
    one = escape(found.reference.quote)
    other = escape(next((market.quote for market in found.rates if market.quote != found.reference.quote), "EUR"))
    return (
        f"<b>Bitcoin + currency</b>: with r a currency's log returns over {found.minutes} min and m the mean of those "
        "of all ranked ones, which is bitcoin itself, Cov(r, m) / Var(r) is bitcoin's share of its variance; the rest "
        "is the currency's own, and a minus means that it damped. "
        f"<b>Implied rate</b>: BTC/{one} divided by BTC/{other} is {other}/{one}, when both last had a price."
    )

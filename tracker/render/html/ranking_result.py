"""The result of the ranking in a sentence."""

from tracker.core.ranking import RankedMarket
from tracker.render.format import currencies, numbers
from tracker.render.html.ranking_columns import percent, short
from tracker.render.page.state import PageState


def result(rows: list[RankedMarket], page: PageState, span: str) -> str:
    """Return which currencies were calmest and most volatile; empty if there is only one."""
    rank_by = page.choices.rank_by
    ranked = [row for row in rows if row.rank is not None]
    if not rows:
        return ""
    moving = [row for row in rows if row.unmoved_since is None]
    if not ranked:
        if not moving:
            return "No currency is ranked: none is traded or moves."
        if any(row.coverage >= page.data.floor for row in moving):
            return f"No currency is ranked: too few prices for the {short(rank_by).lower()}."
        yet = " yet" if page.choices.replay is None else ""  # a replay waits for no further prices
        period = "that time" if page.is_past else f"the last {span}{yet}"
        return f"No currency has prices for {numbers.percent(100 * page.data.floor, 0)} of {period}."
    if len(ranked) == 1:
        return ""
    is_relative = rank_by == "relative_standard_deviation"
    pattern = "price strayed {} from its mean" if is_relative else f"{short(rank_by).lower()} {{}}"
    which = "with enough prices" if len(moving) == len(rows) else "that are ranked"
    among = f", of the {len(ranked)} of {len(rows)} {which}," if len(ranked) < len(rows) else ""
    texts = [percent(row.values[rank_by], rank_by) for row in ranked]
    least, most = texts[0], texts[-1]
    if least == most:  # whatever their ranks: the table shows no difference either
        number = "both" if len(ranked) == 2 else f"all {len(ranked)}"
        return f"Over {span}{among} {number} were equally calm ({pattern.format(least)})."
    calmest, volatile = (
        [row for row, text in zip(ranked, texts, strict=True) if text == extreme] for extreme in (least, most)
    )
    were = "was" if len(calmest) == 1 else "were"
    return (
        f"Over {span}{among} {_names(calmest, page)} {were} calmest ({pattern.format(least)}), "
        f"{_names(volatile, page)} the most volatile ({most})."
    )


def _names(rows: list[RankedMarket], page: PageState) -> str:
    """Return ``the euro``, ``the euro and the pound sterling`` or ``the euro and 2 more``."""
    first, *others = rows
    if not others:
        return _name(first, page)
    return f"{_name(first, page)} and {_name(others[0], page) if len(others) == 1 else f'{len(others)} more'}"


def _name(row: RankedMarket, page: PageState) -> str:
    """Return ``the euro``, ``the euro on kraken`` if two exchanges have it, or a pair that bitcoin does not price."""
    market = row.market
    name = currencies.name_in_sentence(market.quote)
    if market.base != currencies.BASE:
        name = f"{market.base}/{market.quote}"
    return f"{name} on {market.exchange}" if currencies.needs_exchange(market, page.data.markets) else name

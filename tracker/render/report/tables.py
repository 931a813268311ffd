"""The tables of a report: ranking, gaps, and origins of the prices."""

from collections.abc import Mapping

from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.long_intervals import long_intervals
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ranking import DEFAULT_RANKING, RankedMarket
from tracker.core.stand_ins import stand_ins
from tracker.core.ticks import Origin
from tracker.render.format import currencies, numbers, plain_text, time_text
from tracker.render.format.long_interval_text import long_intervals_text
from tracker.render.format.outage_text import reasons_for
from tracker.render.format.standstill_text import standstill_text
from tracker.render.html import comparison_columns
from tracker.render.html.chart_label import change_html
from tracker.render.html.comparison_columns import Comparison
from tracker.render.report.data import Period, ReportData
from tracker.render.report.html import RowHeading, counted, moment, table

MAX_GAPS = 300  # listed one by one
_MAX_TIMES = 12  # of one stand-in, listed one by one
_ORIGINS = (
    (Origin.LIVE, "Live"),
    (Origin.BACKFILL, "Backfilled"),
    (Origin.IMPORT, "Imported"),
    (Origin.REPLAY, "Replayed"),
    (Origin.SIMULATED, "Simulated"),
)
_ALWAYS_SHOWN = (Origin.LIVE, Origin.BACKFILL)  # columns shown even if empty

_WITH_DIM = Markup('{} <span class="bt-dim">{}</span>')
_DIM_DASH = Markup('<span class="bt-dim">{}</span>').format(numbers.NO_VALUE)


def currency_label(market: Market, data: ReportData) -> str:
    """Return the currency or pair, followed by the exchange if several have it."""
    text, _, exchange = currencies.label(market, data.windows).partition(" ")
    return f"{text} ({exchange})" if exchange else text


def ranking_table(rows: list[RankedMarket], comparison: Comparison, data: ReportData, span: str) -> Markup:
    """Return the ranking as a table, calmest first."""
    rate = f"in {comparison.reference.quote}" if comparison.reference else ""
    heads = [("#", ""), ("Currency", ""), ("Last price", ""), ("Change", f"over {span}"), ("Std deviation", "")]
    heads += [
        ("Relative std", "of the mean"),
        ("Volatility", "% a year"),
        (comparison_columns.SHARE_HEADING, "of the variance"),
    ]
    heads += [(comparison_columns.RATE_HEADING, rate), ("Coverage", "of the time; prices")]
    return table(heads, [_ranked_row(row, comparison, data) for row in rows], "is-ranking")


def _ranked_row(row: RankedMarket, comparison: Comparison, data: ReportData) -> list[str | RowHeading]:
    market, values = row.market, row.values
    colour = f"bt-{data.colours[market]}"
    currency = Markup('<i class="report-dot {}"></i><b>{}</b> <span class="bt-dim">{}</span>').format(
        colour, currency_label(market, data), currencies.name(market.quote)
    )
    return [
        RowHeading("col-rank", str(row.rank or numbers.NO_VALUE)),
        RowHeading("col-name", currency),
        numbers.price(values["last_price"]),
        change_html(100 * values["change"]),
        _WITH_DIM.format(numbers.significant(values["standard_deviation"]), market.quote),
        Markup("<b>{}</b>").format(numbers.fine_percent(100 * values[DEFAULT_RANKING])),
        numbers.percent(100 * values["realised_volatility"], 0),
        # Only ranked markets are compared: the others have too few prices, or stand still.
        comparison_columns.share_cell(market, comparison, colour) if row.rank else _DIM_DASH,
        comparison_columns.rate_cell(market, comparison),
        _WITH_DIM.format(numbers.share(row.coverage, 1), f"{row.count:,}"),
    ]


def ranking_sentence(rows: list[RankedMarket], data: ReportData) -> str:
    """Summarise the ranking in a sentence."""
    ranked = [row for row in rows if row.rank is not None]
    floor = numbers.percent(100 * data.floor, 0)
    measure = MEASURES[DEFAULT_RANKING].label.lower()
    unranked = [row for row in rows if row.rank is None and row.unmoved_since is None]
    sparse = [
        f"{currency_label(row.market, data)} ({numbers.share(row.coverage, 1)})"
        for row in unranked
        if row.coverage < data.floor
    ]
    # Enough of the time, but fewer than two prices: a daily close, say.
    single = [currency_label(row.market, data) for row in unranked if row.coverage >= data.floor]
    still = "; ".join(filter(None, (_standstill(row, data) for row in rows)))
    standing = f" Not ranked: {still}." if still else ""
    if not ranked:
        cause = f"too few prices for the {measure}" if single else f"none has prices for {floor} of the time"
        return f"No currency is ranked: {cause}.{standing}" if unranked else f"No currency is ranked.{standing}"
    text = f"Rank 1 is the calmest, by {measure}.{standing}"
    if sparse:
        text += f" Not ranked, with prices for less than {floor} of the time: {plain_text.join_words(sparse)}."
    if single:
        text += f" Not ranked, with too few prices: {plain_text.join_words(single)}."
    rare = long_intervals({row.market: data.windows[row.market] for row in ranked})
    rare_text = long_intervals_text({currency_label(market, data): of_market for market, of_market in rare.items()})
    return f"{text} {rare_text}".rstrip()


def _standstill(row: RankedMarket, data: ReportData) -> str:
    """Return ``CAD has not moved since 15:04``; empty if it is traded and moves."""
    if row.unmoved_since is None:
        return ""
    text = standstill_text(row.unmoved_since, row.stop, data.period.end - 1)  # a midnight is of the day it ends
    return f"{currency_label(row.market, data)} {text}"


def gaps_table(data: ReportData) -> tuple[str, Markup]:
    """Return a sentence about all gaps, and HTML of their table."""
    shared: dict[tuple[int, int], list[Market]] = {}
    for market, window in data.windows.items():
        for gap in window.gaps:
            shared.setdefault(gap, []).append(market)
    if not shared:
        return "None: each price was valid until the next one.", Markup("")
    listed = sorted(shared)
    longest = max(end - start for start, end in listed)
    text = "1 gap."
    if len(listed) > 1:
        text = f"{counted(len(listed), 'gap')}, the longest {time_text.rough_duration(longest)}."
    if len(listed) > MAX_GAPS:
        listed = sorted(sorted(listed, key=lambda gap: gap[0] - gap[1])[:MAX_GAPS])
        text += f" These are the longest {MAX_GAPS}."
    heads = [("From", "UTC"), ("To", "UTC"), ("Length", ""), ("Without prices", "")]
    period = data.period
    rows = [
        [
            moment(gap[0], period),
            moment(gap[1], period, ends=True),
            time_text.rough_duration(gap[1] - gap[0]),
            _markets_without_prices(gap, shared, data),
        ]
        for gap in listed
    ]
    return text, table(heads, rows, "is-gaps")


def _markets_without_prices(
    gap: tuple[int, int], shared: Mapping[tuple[int, int], list[Market]], data: ReportData
) -> Markup:
    """Return which markets have no prices then and, if it was recorded, why."""
    markets = shared[gap]
    names = plain_text.join_words([currency_label(market, data) for market in markets])
    whose = "all" if len(markets) == len(data.windows) > 1 else names
    reasons = dict.fromkeys(reasons_for(data.outages, market, *gap) for market in markets)
    why = "; ".join(filter(None, reasons))
    reason = Markup('<small class="report-reason">{}</small>').format(why) if why else ""
    return Markup("{}{}").format(whose, reason)


def origins_table(data: ReportData) -> Markup:
    """Return how many prices of each market were polled, fetched later, imported or invented."""
    counts = {market: window.origin_counts for market, window in data.windows.items()}
    origins = {origin for of_market in counts.values() for origin in of_market}
    shown = [(origin, head) for origin, head in _ORIGINS if origin in origins or origin in _ALWAYS_SHOWN]
    heads = [
        ("Market", ""),
        ("Prices", ""),
        ("Coverage", "of the time"),
        *((head, "") for _, head in shown),
    ]
    heads += [("Other exchange", "stood in")]
    rows: list[list[str | RowHeading]] = []
    for market, window in data.windows.items():
        of_origins = [counts[market].get(origin, 0) for origin, _ in shown]
        foreign = sum(count for exchange, count in window.exchange_counts.items() if exchange)
        cells = [_count_and_share(number, window.count) for number in (*of_origins, foreign)]
        head = RowHeading("col-name", Markup("<b>{}</b>").format(market))
        rows.append([head, f"{window.count:,}", numbers.share(window.coverage, 1), *cells])
    return table(heads, rows, "is-origins")


def _count_and_share(number: int, whole: int) -> Markup:
    if not number:
        return Markup('<span class="bt-dim report-zero">{}</span>').format(numbers.NO_VALUE)
    return _WITH_DIM.format(f"{number:,}", numbers.share(number, whole))


def stand_in_sentences(windows: Mapping[Market, AnyWindow], period: Period) -> list[str]:
    """Return when another exchange's prices were used, a sentence for each market and exchange."""
    sentences: list[str] = []
    for market, window in windows.items():
        for exchange, (prices, times) in stand_ins(window).items():
            listed = [f"{moment(start, period)}–{moment(end, period, ends=True)}" for start, end in times[:_MAX_TIMES]]
            more = f" and {len(times) - _MAX_TIMES:,} times more" if len(times) > _MAX_TIMES else ""
            sentences.append(
                Markup("<b>{}</b>: {} stood in {}{}, with {}.").format(
                    market, exchange, ", ".join(listed), more, counted(prices, "price")
                )
            )
    return sentences

"""The tables of a report: the ranking, the gaps, and where each price came from."""

from collections.abc import Mapping
from html import escape

import numpy as np
from numpy.typing import NDArray

from tracker.collector.outage_log import reasons_for
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ranking import DEFAULT_RANKING, Row
from tracker.core.ticks import Origin
from tracker.core.window import Window
from tracker.render.format import currencies, numbers, plain_text, time_text
from tracker.render.html import comparison_columns
from tracker.render.html.chart_label import change_html
from tracker.render.html.comparison_columns import Comparison
from tracker.render.report.data import Period, ReportData
from tracker.render.report.html import counted, moment, share, table
from tracker.render.svg.price_chart import colour_token

MAX_GAPS = 300  # that are listed one by one
_MAX_TIMES = 12  # of a stand-in that are listed one by one
_ORIGINS = (
    (Origin.LIVE, "Live"),
    (Origin.BACKFILL, "Backfilled"),
    (Origin.IMPORT, "Imported"),
    (Origin.REPLAY, "Replayed"),
    (Origin.SIMULATED, "Simulated"),
)
_ALWAYS_SHOWN = (Origin.LIVE, Origin.BACKFILL)  # told even where there are none


def currency_label(market: Market, subject: ReportData) -> str:
    """The currency in short, with its exchange where two have the same."""
    twice = sum(market.quote == other.quote for other in subject.windows) > 1
    return f"{market.quote} ({market.exchange})" if twice else market.quote


def ranking_table(rows: list[Row], found: Comparison, subject: ReportData, span: str) -> str:
    """The ranking as a table, calmest first."""
    rate = f"{found.reference.quote} for one" if found.reference else ""
    heads = [("#", ""), ("Currency", ""), ("Last price", ""), ("Change", f"over {span}"), ("Std deviation", "")]
    heads += [("Relative std", "of the mean"), ("Volatility", "% a year"), ("Bitcoin + currency", "of the variance")]
    heads += [("Implied rate", rate), ("Coverage", "of the time; prices")]
    return table(heads, [_ranked_row(row, found, subject) for row in rows], "is-ranking")


def _ranked_row(row: Row, found: Comparison, subject: ReportData) -> list[str]:
    market, values = row.market, row.values
    colour = f"bt-{colour_token(market, subject.order)}"
    quote = escape(market.quote)
    currency = f'<i class="report-dot {colour}"></i><b>{escape(currency_label(market, subject))}</b> '
    currency += f'<span class="bt-dim">{escape(currencies.name(market.quote))}</span>'
    return [
        f'<td class="col-rank">{row.rank or numbers.NO_VALUE}</td>',
        f'<td class="col-name">{currency}</td>',
        numbers.price(values["last_price"]),
        change_html(100 * values["change"]),
        f'{numbers.significant(values["standard_deviation"])} <span class="bt-dim">{quote}</span>',
        f"<b>{numbers.percent(100 * values[DEFAULT_RANKING])}</b>",
        numbers.percent(100 * values["realised_volatility"], 0),
        # Only those that are ranked are compared: the others lack too much of the time.
        comparison_columns.share_cell(market, found, colour) if row.rank else '<span class="bt-dim">–</span>',
        comparison_columns.rate_cell(market, found),
        f'{share(row.coverage, 1)} <span class="bt-dim">{row.count:,}</span>',
    ]


def ranking_sentence(rows: list[Row], subject: ReportData) -> str:
    """What the ranking says, in a sentence."""
    good = [row for row in rows if row.rank is not None]
    floor = numbers.percent(100 * subject.floor, 0)
    if not good:
        return f"No currency is ranked: none has prices for {floor} of the time."
    left = [
        f"{escape(currency_label(row.market, subject))} ({share(row.coverage, 1)})" for row in rows if row.rank is None
    ]
    text = f"Rank 1 is the calmest, by {MEASURES[DEFAULT_RANKING].label.lower()}."
    return text + (
        f" Not ranked, with prices for less than {floor} of the time: {plain_text.join_words(left)}." if left else ""
    )


def gaps_table(subject: ReportData) -> tuple[str, str]:
    """What the gaps come to, in a sentence, and the table of them."""
    shared: dict[tuple[int, int], list[Market]] = {}
    for market, window in subject.windows.items():
        for gap in window.gaps:
            shared.setdefault(gap, []).append(market)
    if not shared:
        return "None: each price stood until the next came.", ""
    listed = sorted(shared)
    longest = max(end - start for start, end in listed)
    told = (
        f"{counted(len(listed), 'gap')}, the longest {time_text.rough_duration(longest)}."
        if len(listed) > 1
        else "1 gap."
    )
    if len(listed) > MAX_GAPS:
        listed = sorted(sorted(listed, key=lambda gap: gap[0] - gap[1])[:MAX_GAPS])
        told += f" These are the longest {MAX_GAPS}."
    heads = [("From", "UTC"), ("To", "UTC"), ("Length", ""), ("Without prices", "")]
    time = subject.time
    rows = [
        [
            moment(gap[0], time),
            moment(gap[1], time, ends=True),
            time_text.rough_duration(gap[1] - gap[0]),
            _markets_without_prices(gap, shared, subject),
        ]
        for gap in listed
    ]
    return told, table(heads, rows, "is-gaps")


def _markets_without_prices(
    gap: tuple[int, int], shared: Mapping[tuple[int, int], list[Market]], subject: ReportData
) -> str:
    """Whose prices lack and, if it was written down, why."""
    markets = shared[gap]
    names = plain_text.join_words([currency_label(market, subject) for market in markets])
    whose = "all" if len(markets) == len(subject.windows) > 1 else escape(names)
    reasons = dict.fromkeys(reasons_for(subject.outages, market, *gap) for market in markets)
    why = "; ".join(filter(None, reasons))
    return whose + (f'<small class="report-reason">{escape(why)}</small>' if why else "")


def origins_table(subject: ReportData) -> str:
    """How many prices of each market were polled, fetched later, imported or invented."""
    there = {int(code) for window in subject.windows.values() for code in np.unique(window.ticks.origin)}
    shown = [(origin, head) for origin, head in _ORIGINS if origin in there or origin in _ALWAYS_SHOWN]
    heads = [("Market", ""), ("Prices", ""), ("Coverage", "of the time"), *((head, "") for _, head in shown)]
    heads += [("Other exchange", "stood in")]
    rows = []
    for market, window in subject.windows.items():
        counts = [int((window.ticks.origin == origin).sum()) for origin, _ in shown]
        foreign = int(np.count_nonzero(window.ticks.exchange))
        cells = [_count_and_share(number, window.count) for number in (*counts, foreign)]
        head = f'<td class="col-name"><b>{escape(str(market))}</b></td>'
        rows.append([head, f"{window.count:,}", share(window.coverage, 1), *cells])
    return table(heads, rows, "is-origins")


def _count_and_share(number: int, whole: int) -> str:
    if not number:
        return f'<span class="bt-dim report-zero">{numbers.NO_VALUE}</span>'
    return f'{number:,} <span class="bt-dim">{share(number, whole)}</span>'


def stand_in_sentences(windows: Mapping[Market, Window], time: Period) -> list[str]:
    """When another exchange's prices were used, a sentence of HTML for each market and exchange."""
    found = []
    for market, window in windows.items():
        for exchange, rows in window.ticks.stand_ins().items():
            times = _periods(window, rows)
            prices = int(rows.sum())
            listed = [f"{moment(start, time)}–{moment(end, time, ends=True)}" for start, end in times[:_MAX_TIMES]]
            more = f" and {len(times) - _MAX_TIMES:,} times more" if len(times) > _MAX_TIMES else ""
            found.append(
                f"<b>{escape(str(market))}</b>: {escape(exchange)} stood in {', '.join(listed)}{more}, "
                f"with {counted(prices, 'price')}."
            )
    return found


def _periods(window: Window, rows: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The times, (from, to] in ms, over which all prices are those of *rows*."""
    ticks = window.ticks
    marks = np.concatenate(([False], rows, [False])).astype(np.int8)
    first, last = np.flatnonzero(np.diff(marks) == 1), np.flatnonzero(np.diff(marks) == -1) - 1
    begins = np.maximum(ticks.time[first] - ticks.interval[first], window.start)
    return list(zip(begins.tolist(), ticks.time[last].tolist(), strict=True))

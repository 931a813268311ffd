"""The sections of a report, in order: head, charts, ranking, gaps, sources, method."""

from collections.abc import Sequence
from importlib import metadata
from typing import Any

from markupsafe import Markup

from tracker.core.durations import HOUR
from tracker.core.market import Market
from tracker.core.ranking import ranking
from tracker.core.standstill import stops_of
from tracker.core.ticks import Origin
from tracker.render.format import currencies, numbers, plain_text, time_text
from tracker.render.format.attribution import attributions
from tracker.render.format.templating import join, render
from tracker.render.html.card import card
from tracker.render.html.chart_heading import LEGEND
from tracker.render.html.comparison_columns import compare, method_html
from tracker.render.report import tables
from tracker.render.report.calendar_tables import days_table, months_table
from tracker.render.report.data import ReportData, read_report_data
from tracker.render.report.html import Section, counted, date_in_words, panel
from tracker.render.report.method import definitions
from tracker.render.svg.price_chart import bucket_count, price_chart_svg
from tracker.runtime.clock import WallClock
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

WIDE, NARROW = 880, 340  # px; pictures for a page and for a phone
_ORIGIN_NOTICES = {
    Origin.SIMULATED: ("Simulated", "Invented prices: nothing here is a market."),
    Origin.REPLAY: ("Replayed", "Prices from a recording that was played as if it were live."),
}

_LIST = Markup('<ul class="report-list">{}</ul>')
_FIGURE = Markup('<figure><div class="report-wide">{}</div><div class="report-narrow">{}</div></figure>')


class Report:
    """
    The stored prices of one day as sections, which a notebook shows and ``tracker report`` writes.

    ``Report.of(day)`` reads the prices; each section is made when called.

    Attributes:
        made_at: epoch ms.
    """

    def __init__(self, data: ReportData, made_at: int, options: Sequence[str] = ()) -> None:
        """*options* are those of the command that makes the same report, e.g. ``--span 7d``."""
        self.data = data
        self.made_at = made_at
        self._options = options
        self.rows = ranking(
            data.windows,
            floor=data.floor,
            unmoved=data.unmoved,
            stops=stops_of(data.outages, data.windows),
        )
        self.compared = compare(data.windows, self.rows)

    @classmethod
    def of(
        cls, day: str = "today", markets: Sequence[str] | str = (), span: str | None = None
    ) -> "Report | EmptyReport":
        """
        Read the prices of a day from the store of tracker.toml.

        Args:
            day: ``2018-04-05``, ``today`` or ``yesterday``; UTC.
            markets: e.g. ``["kraken:BTC/EUR"]``; default: all markets with prices.
            span: e.g. ``7d``, up to the end of the day; default: the day.

        Raises:
            ConfigError: there are no such prices; the message names days with prices.
            StoreError: the store cannot be read.
        """
        typed = [markets] if isinstance(markets, str) else list(markets)
        settings = read_settings()
        store = open_configured_store(settings)
        if str(day) == "today" and not typed and not store.markets():
            return EmptyReport()
        options = [*(f"--market {name}" for name in typed), *([f"--span {span}"] if span else [])]
        return cls(read_report_data(settings, store, str(day), typed, span), WallClock().now(), options)

    def head(self) -> Section:
        """Return title, period and contents, and notices if prices are invented or the day is not over."""
        data, period = self.data, self.data.period
        windows = data.windows.values()
        day = f"{time_text.to_datetime(period.end - 1):%A}, {date_in_words(period.end - 1)}"
        first = date_in_words(period.start)
        subject = currencies.heading(data.windows, "One bitcoin")
        last = date_in_words(period.end - 1)
        title = f"{subject} on {day}" if first == last else f"{subject} from {first} to {last}"
        prices = counted(sum(window.count for window in windows), "price")
        count = "1 currency" if len(data.windows) == 1 else f"{len(data.windows)} currencies"
        about = f"{time_text.time_range(period.start, period.end)} UTC · {count} · {prices}"
        return Section(
            render("report/head.html", title=title, about=about, notices=join(self._notices())), has_style=True
        )

    def _notices(self) -> list[Markup]:
        data, notices = self.data, []
        counts = {market: window.origin_counts for market, window in data.windows.items()}
        total = sum(window.count for window in data.windows.values())
        for origin, (title, text) in _ORIGIN_NOTICES.items():
            rows = {market: of_market[origin] for market, of_market in counts.items() if origin in of_market}
            if count := sum(rows.values()):
                which = plain_text.join_words([tables.currency_label(market, data) for market in rows])
                part = (
                    "" if count == total else f" They are {numbers.share(count, total)} of all prices here, in {which}."
                )
                notices.append(card(f"is-{origin.name.lower()}", title, text + part))
        if not data.period.over:
            ends = f"{time_text.hour_minute_second(data.period.end)} UTC"
            text = f"This report ends at {ends}, when it was made; later prices are missing."
            notices.append(card("is-open", "The day is not over", text))
        return notices

    def charts(self) -> Section:
        """Return a wide and a narrow picture of each market; the style sheet shows the one that fits."""
        data, period = self.data, self.data.period
        parts = []
        for market, window in data.windows.items():
            shown: dict[Market, Any] = {market: window}
            wide, narrow = (
                price_chart_svg(shown, width=width, colours=data.colours, legend=False) for width in (WIDE, NARROW)
            )
            parts.append(_FIGURE.format(Markup(wide), Markup(narrow)))  # nosec B704 # charts escape their texts
        times = time_text.time_range(period.start, period.end)
        text = Markup("{} UTC, each on its own scale. {}").format(times, LEGEND)
        return panel("Price of one bitcoin", text, join(parts), "is-charts")

    def ranking(self) -> Section:
        """Return the ranking table, calmest currency first."""
        data = self.data
        body = tables.ranking_table(self.rows, self.compared, data, self._span())
        return panel("How calm was each currency?", tables.ranking_sentence(self.rows, data), body)

    def calendar(self) -> Section:
        """Return the best and worst days, and change and volatility by month; empty for a period of a few days."""
        calendar, floor = self.data.calendar, self.data.floor
        names = {market: tables.currency_label(market, self.data) for market in self.data.windows}
        share = numbers.percent(100 * floor, 0)
        tables_of = (
            (
                "Best and worst days",
                f"Days are UTC’s. Those with prices for less than {share} of the time do not count.",
                days_table(calendar, names, floor),
            ),
            (
                "Month by month",
                "Change from the first price to the last, and volatility in % a year. Months are UTC’s.",
                months_table(calendar, names, floor),
            ),
        )
        return Section(join([panel(title, text, body).html for title, text, body in tables_of if body]))

    def gaps(self) -> Section:
        """Return the gaps: when there were no prices, and of which currencies."""
        text, body = tables.gaps_table(self.data)
        return panel("Gaps", text, body)

    def sources(self) -> Section:
        """Return where the prices came from: exchanges, and how each row was obtained."""
        data = self.data
        lines = tables.stand_in_sentences(data.windows, data.period)
        if not lines:
            lines = ["Every price came from the market's own exchange."]
        if data.missing:
            lines.append(f"No prices in this period: {', '.join(map(str, data.missing))}.")
        if data.malformed_lines:
            lines.append(f"{counted(data.malformed_lines, 'malformed line')} skipped in the stored files.")
        lines += self._attributions()
        items = join([Markup("<li>{}</li>").format(line) for line in lines])
        return panel("Sources", "", tables.origins_table(data) + _LIST.format(items))

    def method(self) -> Section:
        """Return how each number is computed, and when and by which version the report was made."""
        widths = (bucket_count(WIDE), bucket_count(NARROW))
        terms = definitions(self.data, method_html(self.compared), widths)
        made = f"{time_text.to_datetime(self.made_at):%Y-%m-%d %H:%M:%S} UTC"
        version = metadata.version("btc-price-tracker")
        body = render("report/method.html", terms=terms, made=made, version=version, command=self._command())
        return panel("How each number is computed", "", body)

    def _command(self) -> str:
        """Return the command that makes this report again."""
        return " ".join(["tracker report", f"--day {self.data.period.day}", *self._options])

    def _span(self) -> str:
        period = self.data.period
        length = period.end - period.start
        return time_text.exact_duration(length / 1000) if length % HOUR == 0 else time_text.rough_duration(length)

    def _attributions(self) -> list[str]:
        """Return the lines that exchanges require beside their prices."""
        windows = self.data.windows
        if all(window.origin_counts.keys() == {Origin.SIMULATED} for window in windows.values()):
            return []
        exchanges = {name or market.exchange for market, window in windows.items() for name in window.exchange_counts}
        return attributions(exchanges | {market.exchange for market in windows})


class EmptyReport:
    """Today's report while nothing is stored, so that a notebook runs from top to bottom."""

    def head(self) -> Section:
        """Return what to type."""
        text = Markup("Type <code>tracker collect</code>, or open the page; a report needs prices.")
        notice = card("is-waiting", "No prices yet", text)
        return Section(Markup('<div class="bt-report">{}</div>').format(notice), has_style=True)

    def charts(self) -> Section:
        """Return an empty section, as the other methods do."""
        return Section(Markup(""))

    ranking = calendar = gaps = sources = method = charts

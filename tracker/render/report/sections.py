"""The report itself: a section for each question that a reader has, in the order in which they come."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from importlib import metadata

from tracker.core.adapters import load, names
from tracker.core.ranking import ranking
from tracker.core.ticks import Origin
from tracker.core.window import Window
from tracker.render.format import plain_text, time_text
from tracker.render.html.cards import card
from tracker.render.html.chart_heading import LEGEND
from tracker.render.html.comparison_columns import compare, help_text
from tracker.render.report import tables
from tracker.render.report.data import ReportData, read_report_data
from tracker.render.report.document import style
from tracker.render.report.html import Section, counted, date_in_words, panel, share
from tracker.render.report.method import definitions
from tracker.render.svg.price_chart import bucket_count, price_chart_svg
from tracker.runtime.clock import WallClock
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

WIDE, NARROW = 880, 340  # px, the pictures for a page and for a phone
_ORIGIN_NOTICES = {
    Origin.SIMULATED: ("Simulated", "Invented prices: nothing here is a market."),
    Origin.REPLAY: ("Replayed", "Prices from a recording that was played as if it were live."),
}


class Report:
    """
    What is stored of one day, as sections that a notebook shows and ``tracker report`` writes.

    ``Report.of(day)`` reads it; each section is made when asked for.
    """

    def __init__(self, subject: ReportData, made: int, options: Sequence[str] = ()) -> None:
        self.subject = subject
        self._options = options  # of the command, in words
        self.made = made  # epoch ms
        self.rows = ranking(subject.windows, floor=subject.floor)
        self.compared = compare(subject.windows, [row.market for row in self.rows if row.rank is not None])

    @classmethod
    def of(
        cls, day: str = "today", markets: Sequence[str] | str = (), span: str | None = None
    ) -> "Report | EmptyReport":
        """
        Read the stored prices of *day* (``2018-04-05``, ``today`` or ``yesterday``; UTC), as tracker.toml says.

        Args:
            markets: e.g. ``["kraken:BTC/EUR"]``; without any, all that have prices then.
            span: e.g. ``7d``, up to the end of the day; without it, the day.

        Raises:
            ConfigError: there are no such prices; the message says of which days there are.
            StoreError: they cannot be read.
        """
        typed = [markets] if isinstance(markets, str) else list(markets)
        if str(day) == "today" and not typed and not open_configured_store(read_settings()).markets():
            return EmptyReport()
        options = [*(f"--market {name}" for name in typed), *([f"--span {span}"] if span else [])]
        return cls(read_report_data(read_settings(), str(day), typed, span), WallClock().now(), options)

    def head(self) -> Section:
        """Title, time, what is in it; and at once if any of it is invented, or the day is not over."""
        subject, time = self.subject, self.subject.time
        windows = subject.windows.values()
        day = f"{time_text.to_datetime(time.end - 1):%A}, {date_in_words(time.end - 1)}"
        first = date_in_words(time.start)
        title = f"One bitcoin on {day}" if time.whole else f"One bitcoin from {first} to {date_in_words(time.end - 1)}"
        prices = counted(sum(window.count for window in windows), "price")
        currencies = "1 currency" if len(subject.windows) == 1 else f"{len(subject.windows)} currencies"
        about = f"{time_text.time_range(time.start, time.end)} UTC · {currencies} · {prices}"
        return Section(
            f'<style>{style()}</style><div class="bt-report"><header class="report-head"><p>BTC price tracker</p>'
            f'<h1>{escape(title)}</h1><p class="report-about">{about}</p></header>{"".join(self._notices())}</div>'
        )

    def _notices(self) -> list[str]:
        subject, found = self.subject, []
        every = sum(window.count for window in subject.windows.values())
        for origin, (title, text) in _ORIGIN_NOTICES.items():
            rows = {market: _count_rows(window, origin) for market, window in subject.windows.items()}
            if count := sum(rows.values()):
                which = escape(
                    plain_text.join_words([tables.currency_label(market, subject) for market in rows if rows[market]])
                )
                part = "" if count == every else f" They are {share(count, every)} of all prices here, in {which}."
                found.append(card(f"is-{origin.name.lower()}", title, text + part))
        if not subject.time.over:
            ends = f"{time_text.hour_minute_second(subject.time.end)} UTC"
            text = f"This report ends at {ends}, when it was made; what came later is not in it."
            found.append(card("is-open", "The day is not over", text))
        return found

    def charts(self) -> Section:
        """A picture for each market, wide and narrow; the style shows the one that fits."""
        subject, time = self.subject, self.subject.time
        order = subject.order
        parts = []
        for market, window in subject.windows.items():
            shown = {market: window}
            wide, narrow = (price_chart_svg(shown, width=width, order=order, legend=False) for width in (WIDE, NARROW))
            parts.append(
                f'<figure><div class="report-wide">{wide}</div><div class="report-narrow">{narrow}</div></figure>'
            )
        text = f"{time_text.time_range(time.start, time.end)} UTC, each on its own scale. {LEGEND}"
        return panel("What one bitcoin cost", text, "".join(parts), "is-charts")

    def ranking(self) -> Section:
        """How calm each currency was, in numbers and in order."""
        subject = self.subject
        body = tables.ranking_table(self.rows, self.compared, subject, self._span())
        return panel("How calm was each currency?", tables.ranking_sentence(self.rows, subject), body)

    def gaps(self) -> Section:
        """When there were no prices, and of what."""
        told, body = tables.gaps_table(self.subject)
        return panel("Gaps", told, body)

    def sources(self) -> Section:
        """Where the prices came from: exchanges, and how each row came to be stored."""
        subject = self.subject
        found = tables.stand_in_sentences(subject.windows, subject.time)
        if not found:
            found = ["Every price came from the market's own exchange."]
        if subject.missing:
            found.append(f"No prices then: {escape(', '.join(map(str, subject.missing)))}.")
        if subject.skipped:
            found.append(f"{subject.skipped} skipped in the stored files.")
        found += [escape(line) for line in self._owed()]
        listed = "".join(f"<li>{each}</li>" for each in found)
        return panel("Sources", "", tables.origins_table(subject) + f'<ul class="report-list">{listed}</ul>')

    def method(self) -> Section:
        """How each number is computed; when and by what this was made."""
        widths = (bucket_count(WIDE), bucket_count(NARROW))
        terms = definitions(self.subject, help_text(self.compared), widths)
        told = "".join(f"<dt>{escape(term)}</dt><dd>{text}</dd>" for term, text in terms)
        made = f"{datetime.fromtimestamp(self.made / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
        version = metadata.version("btc-price-tracker")
        foot = f"Made {made} by btc-price-tracker {escape(version)}: <code>{escape(self._command())}</code>"
        return panel("How each number is computed", "", f'<dl>{told}</dl><p class="report-made">{foot}</p>')

    def _command(self) -> str:
        """What to type to get the same report again, as far as the same prices are stored."""
        return " ".join(["tracker report", f"--day {self.subject.time.day}", *self._options])

    def _span(self) -> str:
        time = self.subject.time
        length = time.end - time.start
        return time_text.exact_duration(length / 1000) if length % 3_600_000 == 0 else time_text.rough_duration(length)

    def _owed(self) -> list[str]:
        """The lines that exchanges ask to be shown beside their prices."""
        if all(_count_rows(window, Origin.SIMULATED) == window.count for window in self.subject.windows.values()):
            return []
        given = {market.exchange for market in self.subject.windows}
        for window in self.subject.windows.values():
            given |= window.ticks.stand_ins().keys()
        lines = [load("exchanges", exchange).ATTRIBUTION for exchange in sorted(given & set(names("exchanges")))]
        return [line for line in lines if line]


def _count_rows(window: Window, origin: Origin) -> int:
    return int((window.ticks.origin == origin).sum())


class EmptyReport:
    """In place of today's report where no price was ever stored: a notebook run from top to bottom says so."""

    def head(self) -> Section:
        """What to type."""
        text = "Type <code>tracker collect</code>, or open the page; a report needs prices."
        return Section(
            f'<style>{style()}</style><div class="bt-report">{card("is-waiting", "No prices yet", text)}</div>'
        )

    def charts(self) -> Section:
        """Empty, as are the others."""
        return Section("")

    ranking = gaps = sources = method = charts

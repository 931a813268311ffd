"""A whole page and what its browser would send, for tests without a browser."""

from tests.support.page_states import EUR, Page
from tracker.dashboard import (
    CurrencyPicker,
    Downloads,
    FirstStart,
    Footer,
    Header,
    ModePicker,
    PriceCharts,
    Problems,
    RankingTable,
    ReplayBar,
    SpanPicker,
    page,
)
from tracker.dashboard.browser.page import BrowserLink

PARTS = (
    *(Header, CurrencyPicker, SpanPicker, ModePicker, ReplayBar),
    *(Problems, FirstStart, PriceCharts, RankingTable, Footer, Downloads),
)


class OpenPage:
    """A whole page, to which no browser has connected yet."""

    def __init__(self, **traits: object) -> None:
        self.page = Page(**{"watched": False, **traits})
        self.state = self.page.state
        self.parts = [kind(self.state) for kind in PARTS]
        self.link = next(child for child in page(*self.parts).children if isinstance(child, BrowserLink))

    def part(self, kind):
        return next(each for each in self.parts if isinstance(each, kind))

    def receive(self, kind: str = "hello", **content: object) -> None:
        message = {"kind": kind, "zone": "Europe/Berlin", "visible": True, "query": "", **content}
        self.link._handle_custom_msg(message, [])

    def pass_time(self, seconds: int) -> None:
        """Let *seconds* pass, with a price every ten seconds."""
        for _ in range(seconds // 10):
            self.page.arrive(EUR, 18_000.0 + self.state.data.revision)

"""States with made-up prices, for testing the page's parts without a browser, a store or an exchange."""

from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from tracker.core.market import Market
from tracker.core.market_status import BackfillResult, Failure, MarketStatus, Status
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.dashboard.view_state import Actions, ViewState
from tracker.render.page.state import PageData

EUR, GBP, JPY = (Market("kraken", "BTC", quote) for quote in ("EUR", "GBP", "JPY"))
NOW = 1_668_006_600_000  # 9 Nov 2022 15:10:00 UTC
STEP = 10_000
WORDS = "api.kraken.com answers 503 (Service Unavailable)"


def prices(last: float, count: int = 360, until: int = NOW, origin: int = Origin.LIVE, swing: float = 0.01) -> Ticks:
    """A wave that ends at *last*, *count* ticks ten seconds apart up to *until*."""
    time = until - STEP * np.arange(count)[::-1]
    wave = 1 + swing * np.sin(np.arange(count) / 20)
    return Ticks.of(time, last * wave / wave[-1], STEP, origin)


class Page:
    """
    A state over the rows in ``rows``; ``arrive`` is what a collector's new row does to it.

    *traits*: also fields of its data and its actions.
    """

    def __init__(self, rows: Mapping[Market, Ticks] | None = None, **traits: object) -> None:
        if rows is None:
            rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, swing=0.002), JPY: prices(2_531_000.0, swing=0.02)}
        self.rows = dict(rows)
        markets = tuple(self.rows)
        given = {"markets": markets, "now": NOW, "status": status(markets), "read": self.read, **traits}
        data, actions = (
            {field.name: given.pop(field.name) for field in fields(kind) if field.name in given}
            for kind in (PageData, Actions)
        )
        given = {"chosen": markets, "span": 3_600, "actions": Actions(**actions), **given}
        self.state = ViewState(PageData(**data), **given)

    def read(self, market: Market, span: int, end: int) -> Window:
        return Window.of(self.rows[market], span, end)

    def arrive(self, market: Market, price: float) -> None:
        self.rows[market] = Ticks.concat([self.rows[market], Ticks.of([self.state.data.now + STEP], [price], STEP)])
        with self.state.hold_trait_notifications():
            data = self.state.data
            self.state.update(now=data.now + STEP, revision=data.revision + 1)


def status(markets: tuple[Market, ...] = (EUR, GBP, JPY), **all_alike: object) -> Status:
    """Everything live, collected by a page; *all_alike* are fields of each market's status."""
    each = MarketStatus(**{"interval": STEP, "state": "live", "since": NOW, "backfill": BackfillResult(), **all_alike})
    return Status("dashboard (pid 4711)", markets=dict.fromkeys(markets, each))


def unreachable(markets: tuple[Market, ...] = (EUR, GBP, JPY), words: str = WORDS, **changes: object) -> Status:
    """The exchange answers 503 since 15:04; six tries, the next one in eight seconds."""
    failure = Failure("unreachable", "kraken", words)
    fields = {"state": "unreachable", "since": NOW - 360_000, "failure": failure, "next_try": NOW + 8_000, "tries": 6}
    return status(markets, **{**fields, **changes})

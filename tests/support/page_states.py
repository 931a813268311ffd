"""Page states with generated prices, for testing panels without a browser, a store or an exchange."""

import re
from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from tracker.core.market import Market
from tracker.core.market_status import BackfillResult, Failure, MarketStatus, Status
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.dashboard.view_state import Actions, ViewState
from tracker.render.page.page_data import PageData

EUR, GBP, JPY = (Market("kraken", "BTC", quote) for quote in ("EUR", "GBP", "JPY"))
NOW = 1_668_006_600_000  # 9 Nov 2022 15:10:00 UTC
STEP = 10_000
WORDS = "api.kraken.com answers 503 (Service Unavailable)"


def prices(last: float, count: int = 360, until: int = NOW, origin: int = Origin.LIVE, swing: float = 0.01) -> Ticks:
    """Return a wave of *count* ticks, ten seconds apart, that ends with price *last* at *until* (epoch ms)."""
    time = until - STEP * np.arange(count)[::-1]
    wave = 1 + swing * np.sin(np.arange(count) / 20)
    return Ticks.of(time, last * wave / wave[-1], STEP, origin)


class Page:
    """
    A ViewState over ``rows``; ``arrive`` adds a row as a collector does.

    *values* are traits of the state, fields of its PageData or of its Actions.
    """

    def __init__(self, rows: Mapping[Market, Ticks] | None = None, **values: object) -> None:
        if rows is None:
            rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, swing=0.002), JPY: prices(2_531_000.0, swing=0.02)}
        self.rows = dict(rows)
        markets = tuple(self.rows)
        values = {"markets": markets, "now": NOW, "status": status(markets), "read": self.read, **values}
        data, actions = (
            {field.name: values.pop(field.name) for field in fields(kind) if field.name in values}
            for kind in (PageData, Actions)
        )
        traits = {"chosen": markets, "span": 3_600, "actions": Actions(**actions), **values}
        self.state = ViewState(PageData(**data), **traits)

    def read(self, market: Market, span: int, end: int) -> Window:
        return Window.of(self.rows[market], span, end)

    def arrive(self, market: Market, price: float) -> None:
        self.rows[market] = Ticks.concat([self.rows[market], Ticks.of([self.state.data.now + STEP], [price], STEP)])
        with self.state.hold_trait_notifications():
            data = self.state.data
            self.state.update(now=data.now + STEP, revision=data.revision + 1)


def status(markets: tuple[Market, ...] = (EUR, GBP, JPY), **fields_of_all: object) -> Status:
    """Return a status in which every market is live; *fields_of_all* change each market's status."""
    market_status = MarketStatus(
        **{"interval": STEP, "state": "live", "since": NOW, "backfill": BackfillResult(), **fields_of_all}
    )
    return Status("dashboard (pid 4711)", markets=dict.fromkeys(markets, market_status))


def unreachable(markets: tuple[Market, ...] = (EUR, GBP, JPY), words: str = WORDS, **changes: object) -> Status:
    """Return a status in which the exchange answers 503 since 15:04, after six tries, the next in eight seconds."""
    failure = Failure("unreachable", "kraken", words)
    fields = {"state": "unreachable", "since": NOW - 360_000, "failure": failure, "next_try": NOW + 8_000, "tries": 6}
    return status(markets, **{**fields, **changes})


def visible_text(html: str) -> str:
    """Return the text of *html* in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())

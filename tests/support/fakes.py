"""
Virtual time, and an exchange on a scripted network, for tests of asyncio code.

Time jumps to the next timer, so no test that uses it waits or depends on the machine's speed.
"""

import asyncio
import selectors
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from tracker.collector.client.response import Response
from tracker.core.market import Market
from tracker.core.quotes import Candle, CandlePage, Quote

EUR, USD = Market("fake", "BTC", "EUR"), Market("fake", "BTC", "USD")
HOUR = 3_600_000  # ms


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for a timer, moves the loop's time on to it, once no worker thread is busy."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> Any:
        while any(thread.name == "tracker-call" for thread in threading.enumerate()):
            if ready := super().select(0.0005):
                return ready
        if ready := super().select(0):
            return ready
        if timeout is None:
            raise RuntimeError("nothing left to wait for: the test would hang")
        self.loop.virtual += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose ``time()`` is virtual."""

    def __init__(self) -> None:
        selector = _JumpingSelector()
        selector.loop = self
        self.virtual = 0.0
        super().__init__(selector)

    def time(self) -> float:
        return self.virtual


class FakeClock:
    """A clock that shows the VirtualLoop's time since *start* (epoch s); ``shift`` changes its wall clock only."""

    speed = 1.0

    def __init__(self, start: float = 0.0) -> None:
        self.start = start
        self.shift = 0.0

    def now(self) -> int:
        return round((self.start + self.shift + self.monotonic()) * 1000)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def run(work: Coroutine[Any, Any, Any], until: float | None = None) -> Any:
    """Return the result of *work*, or cancel it after *until* virtual seconds; its errors are raised."""

    async def bounded() -> Any:
        if until is None:
            return await work
        task = asyncio.ensure_future(work)
        await asyncio.wait([task], timeout=until)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait([task])
        return None if task.cancelled() else task.result()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(bounded())


class FakeExchange:
    """An exchange adapter whose bodies are {pair: price} and [[close time, price], ...]."""

    BASE_URL = "http://fake"
    LIMITS = ((1_000_000, 1.0),)
    MAX_BATCH = 50
    ATTRIBUTION = None

    def __init__(self) -> None:
        self.listed: set[Market] | None = None

    def ticker_path(self, markets: Sequence[Market]) -> str:
        return "/ticker?" + ",".join(market.slug for market in markets)

    def last_prices(self, body: Any, markets: Sequence[Market]) -> dict[Market, Quote]:
        return {market: Quote(body[market.slug]) for market in markets if market.slug in body}

    def history_requests(self, market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
        return [(f"/history/{market.slug}", 60.0)]

    def history(self, body: Any, market: Market, seconds: float, now: int) -> CandlePage:
        return CandlePage(Candle(round(time * 1000), *values) for time, *values in body)

    def pairs_path(self) -> str:
        return "/pairs"

    def pairs(self, body: Any) -> dict[Market, str]:
        return dict.fromkeys({EUR, USD} if self.listed is None else self.listed, "")


class FakeNetwork:
    """An HttpGet whose answers a test scripts: ``respond(path, now in s)`` returns a body or an error to raise."""

    def __init__(self, clock: FakeClock, respond: Callable[[str, float], Any], takes: float = 0.0) -> None:
        self.clock = clock
        self.respond = respond
        self.takes = takes
        self.asked: list[tuple[float, str]] = []

    async def __call__(self, url: str, headers: Mapping[str, str]) -> Response:
        path = url.removeprefix(FakeExchange.BASE_URL)
        self.asked.append((self.clock.now() / 1000, path))
        if self.takes:
            await self.clock.sleep(self.takes)
        body = self.respond(path, self.clock.now() / 1000)
        if isinstance(body, Exception):
            raise body
        return body if isinstance(body, Response) else Response(body)

    def paths(self, start: str) -> list[float]:
        """Return when paths that begin with *start* were requested, in s."""
        return [at for at, path in self.asked if path.startswith(start)]

"""
A world for asyncio code that is quick and exact: time that jumps to the next timer, an exchange
in memory, a store in memory. No test that uses it waits or depends on the machine's speed.
"""

import asyncio
import re
import selectors
import threading
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from tracker.collector.client.response import Response
from tracker.core.contracts import LARGEST_DOCUMENT, Problem
from tracker.core.errors import LeaseError, StoreError
from tracker.core.market import Market
from tracker.core.quotes import Candle, Quote
from tracker.core.ticks import Origin, Ticks

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
    """The running VirtualLoop's time, from *start* (epoch s) on; ``shift`` sets the wall clock apart from it."""

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
    """The result of *work*; or with *until*, cancel it after so many virtual seconds (its errors still raise)."""

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
    """An adapter, by the contract: bodies are {pair: price} and [[close time, price], ...]."""

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

    def history(self, body: Any, market: Market, seconds: float, now: int) -> list[Candle]:
        return [Candle(round(time * 1000), price) for time, price in body]

    def pairs_path(self) -> str:
        return "/pairs"

    def pairs(self, body: Any) -> dict[Market, str]:
        return dict.fromkeys({EUR, USD} if self.listed is None else self.listed, "")


class FakeNetwork:
    """A Fetch whose answers a test scripts: ``respond(path, now in s)`` gives a body, raises, or takes a while."""

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
        """When paths that begin with *start* were asked for, in s."""
        return [at for at, path in self.asked if path.startswith(start)]


class MemoryStore:
    """The store contract in memory, with a disk that can be broken; its buckets are hours."""

    visible_after = 0.0
    can_purge = True
    place = "memory"

    def __init__(self) -> None:
        self.rows: list[tuple[Market, Ticks]] = []  # in order of arrival; only ever grows, so a cursor is a length
        self.broken = ""
        self._writing = threading.RLock()

    def append(self, batch: Mapping[Market, Ticks]) -> None:
        if self.broken:
            raise StoreError(self.broken)
        with self._writing:
            self.rows.extend(batch.items())

    def append_chosen(self, market: Market, start: int, end: int, choose: Callable[[Ticks], Ticks]) -> Ticks:
        with self._writing:
            chosen = choose(self.read(market, start, end))
            if len(chosen):
                self.append({market: chosen})
        return chosen

    def read(self, market: Market, start: int, end: int) -> Ticks:
        ticks = self._of(market)
        return ticks[(ticks.time >= start) & (ticks.time < end)]

    def extent(self, market: Market, start: int | None = None, end: int | None = None) -> tuple[int, int] | None:
        times = self._of(market).time
        inside = times[(times >= (-(2**62) if start is None else start)) & (times < (2**62 if end is None else end))]
        return (int(inside[0]), int(inside[-1])) if len(inside) else None

    def poll(self, cursor: Any) -> tuple[Mapping[Market, Ticks], Any]:
        fresh: dict[Market, Ticks] = {}
        rows = list(self.rows)
        for market, ticks in rows[len(rows) if cursor is None else cursor :]:
            fresh[market] = Ticks.concat([fresh.get(market, Ticks.none()), ticks])
        return {market: ticks for market, ticks in fresh.items() if len(ticks)}, len(rows)

    def markets(self) -> list[Market]:
        return sorted({market for market, ticks in list(self.rows) if len(ticks)})

    def problems(self) -> tuple[Problem, ...]:
        return ()

    def purge(self, market: Market, before: int, *, dry_run: bool = False) -> int:
        limit, removed = before // HOUR * HOUR, 0
        with self._writing:
            for place, (of, ticks) in enumerate(self.rows):
                old = ticks.time < limit
                if of == market and old.any():
                    removed += int(old.sum())
                    if not dry_run:
                        self.rows[place] = (of, ticks[~old])
        return removed

    def close(self) -> None:
        pass

    def _of(self, market: Market) -> Ticks:
        return Ticks.concat([ticks for of, ticks in list(self.rows) if of == market]).in_order()

    def live(self, market: Market) -> list[tuple[float, float]]:
        """(time in s, price) of what was polled, in the order it was written."""
        return [
            (int(ticks.time[row]) / 1000, float(ticks.price[row]))
            for of, ticks in self.rows
            for row in range(len(ticks))
            if of == market and ticks.origin[row] != Origin.BACKFILL
        ]


class MemoryCoordination:
    """The coordination contract in memory; those that are given the same *shared* dict are processes of one cluster."""

    def __init__(
        self, label: str = "", shared: dict[str, Any] | None = None, now: Callable[[], int] = lambda: 0
    ) -> None:
        self.label = label or "process"
        self.now = now
        self.shared: dict[str, Any] = {} if shared is None else shared
        self._holders: dict[str, MemoryCoordination] = self.shared.setdefault("holders", {})
        self._tokens: dict[str, int] = self.shared.setdefault("tokens", {})
        self._lock: threading.Lock = self.shared.setdefault("lock", threading.Lock())
        self._documents: dict[str, tuple[bytes, Any]] = self.shared.setdefault("documents", {})  # and who owns it
        self._watches: list[tuple[Any, str, Callable[[], None]]] = self.shared.setdefault("watches", [])
        self._id: str = self.shared.setdefault("id", uuid.uuid4().hex)

    def try_acquire(self, name: str) -> bool:
        with self._lock:
            if name not in self._holders:
                self._holders[name] = self
                self._tokens[name] = max(self._tokens.get(name, 0) + 1, self.now())
            return self._holders[name] is self

    def held(self, name: str) -> bool:
        return self._holders.get(name) is self

    def token(self, name: str) -> int:
        if not self.held(name):
            raise LeaseError(f"the lease {name} is not held")
        return self._tokens[name]

    def release(self, name: str) -> None:
        with self._lock:
            if self.held(name):
                del self._holders[name]

    def holder(self, name: str) -> str:
        holder = self._holders.get(name)
        return holder.label if holder else ""

    def identity(self) -> str:
        return self._id

    def publish(self, name: str, data: bytes, *, ephemeral: bool = False) -> None:
        if len(data) > LARGEST_DOCUMENT or not re.fullmatch(r"[a-z][a-z0-9.-]{0,99}", name):
            raise ValueError(f"document {name!r} of {len(data)} bytes")
        self._documents[name] = data, self if ephemeral else None
        self._changed([name])

    def read(self, name: str) -> bytes | None:
        return self._documents.get(name, (None,))[0]

    def names(self, prefix: str = "") -> tuple[str, ...]:
        return tuple(sorted(name for name in self._documents if name.startswith(prefix)))

    def remove(self, name: str) -> None:
        if self._documents.pop(name, None):
            self._changed([name])

    def watch(self, prefix: str, callback: Callable[[], None]) -> Callable[[], None]:
        watch = self, prefix, callback
        self._watches.append(watch)
        return lambda: self._watches.remove(watch) if watch in self._watches else None

    def close(self) -> None:
        for name in list(self._holders):
            self.release(name)
        self._watches[:] = [watch for watch in self._watches if watch[0] is not self]
        own = [name for name, (_, owner) in self._documents.items() if owner is self]
        for name in own:
            del self._documents[name]
        self._changed(own)

    def _changed(self, names: Sequence[str]) -> None:
        calls = [call for _, prefix, call in self._watches if any(name.startswith(prefix) for name in names)]
        if calls:
            threading.Thread(target=lambda: [call() for call in calls], name="tracker-documents").start()

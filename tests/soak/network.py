"""Every fault of a network, on real sockets: each is reported, costs only its slots, and leaves no trace."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.soak.rows import duplicates, on_disk
from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.client import client, http, listings
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.http import RequestsHttp
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.adapters import load
from tracker.core.cause_text import cause_text
from tracker.core.market import Market
from tracker.runtime.clock import WallClock
from tracker.sandbox import Sandbox, Simulated
from tracker.stores.csv import CsvStore

EVERY = 100  # ms
EUR, TRY = Market("binance", "BTC", "EUR"), Market("binance", "BTC", "TRY")
UNKNOWN_HOST = "http://nowhere.invalid"
# Name, fault, and words that its report must contain.
FAULTS: tuple[tuple[str, dict[str, object], str], ...] = (
    ("no such name", {}, "could not be found"),
    ("refused", {}, "refuses the connection"),
    ("hung", {"mode": "hang"}, "did not answer within"),
    ("reset", {"mode": "reset"}, "broke off its answer"),
    ("reset mid-body", {"mode": "reset", "mid_body": True}, "broke off its answer"),
    ("dripping", {"mode": "drip", "seconds": 0.02}, "still sending"),
    ("gigantic", {"mode": "gigantic"}, "more than 8 MB"),
    ("bomb", {"mode": "bomb"}, "more than 8 MB"),
    ("truncated", {"mode": "truncated"}, "answers no JSON"),
    ("a page", {"mode": "html"}, "answers no JSON"),
    ("redirected", {"mode": "redirect", "status": 302, "location": "http://elsewhere.invalid/"}, "has moved to"),
    ("503", {"mode": "status", "status": 503}, "answers 503"),
    ("451", {"mode": "status", "status": 451}, "does not serve this country"),
    ("418, come back in 1 s", {"mode": "status", "status": 418, "retry_after": 1}, "answers 418"),
    ("one market missing", {"mode": "missing", "market": "BTC/EUR"}, "has no price for it"),
)


@contextmanager
def short_timeouts() -> Iterator[None]:
    """Shorten timeouts and waits to fractions of a second."""
    names = [(http, "CONNECT_TIMEOUT", 0.3), (http, "READ_TIMEOUT", 0.3), (http, "TOTAL_TIMEOUT", 0.6)]
    # A list of pairs read while a market is missing delists it until the next one.
    names += [(listings, "RECHECK", 1.0)]
    names += [(client, "FIRST_WAIT", 0.1), (client, "LONGEST_WAIT", 0.5), (client, "JITTER", 0.1)]
    before = [(module, name, getattr(module, name)) for module, name, _ in names]
    for module, name, value in names:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


class Network:
    """The collector's HTTP client, which ``lost`` leads to a host that does not exist."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.lost = False
        self.http = RequestsHttp()

    async def __call__(self, url: str, headers: Mapping[str, str]) -> Response:
        return await self.http(url.replace(self.url, UNKNOWN_HOST) if self.lost else url, headers)


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Cause all faults, *size* times."""
    with short_timeouts(), Sandbox(Simulated(seed), WallClock().now) as sandbox:
        asyncio.run(_cause_all(folder, size, sandbox))
    rows = on_disk(folder)
    assert not duplicates(rows), duplicates(rows)
    return {
        "faults": size * len(FAULTS),
        "rows": sum(rows.values()),
        "duplicates": len(duplicates(rows)),
        "reported": size * len(FAULTS),
    }


def _failure(board: StatusBoard) -> str:
    failure = board.status().markets[EUR].failure
    return cause_text(failure, EUR) if failure else ""


async def _cause_all(folder: Path, size: int, sandbox: Sandbox) -> None:
    clock, net = WallClock(), Network(sandbox.url)
    exchange = ExchangeClient("binance", load("exchanges", "binance"), f"{sandbox.url}/binance", net, clock)
    board = StatusBoard({EUR: EVERY, TRY: EVERY})
    writer = SlotWriter(CsvStore(folder, [EUR, TRY]), board, lambda: True)
    feeds = [Feed(EUR, EVERY), Feed(TRY, EVERY)]
    plan = Plan(feeds, {"binance": exchange}, span=60_000)
    collecting = asyncio.ensure_future(Collector(plan, writer, clock, board, MemoryCoordination()).run())
    try:
        for name, fault, words in FAULTS * size:
            await _until(collecting, lambda: board.status().markets[EUR].state == "live", f"prices before: {name}")
            _begin(name, fault, sandbox, net)
            await _until(collecting, lambda w=words: w in _failure(board), f"{name} is reported: {words}")
            _end(name, sandbox, net)
            before = sum(on_disk(folder).values())
            await _until(collecting, lambda n=before: sum(on_disk(folder).values()) > n, f"rows after: {name}")
    finally:
        collecting.cancel()
        await asyncio.wait([collecting])
        net.http.close()


def _begin(name: str, fault: dict[str, object], sandbox: Sandbox, net: Network) -> None:
    if name == "no such name":
        net.lost = True
    elif name == "refused":
        sandbox.stop()
    else:
        sandbox.faults.apply(fault)


def _end(name: str, sandbox: Sandbox, net: Network) -> None:
    net.lost = False
    sandbox.start()
    sandbox.faults.set("none")


async def _until(collecting: "asyncio.Future[None]", condition, what: str) -> None:
    try:
        async with asyncio.timeout(40):
            while not condition():
                assert not collecting.done(), f"the collector has ended: {collecting}"
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what}: not within 40 s") from None

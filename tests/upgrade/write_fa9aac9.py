# ruff: noqa: I001 - sorted by the tree of that commit
"""
Wrote ``fa9aac9/``: what the release of that commit leaves on a disk.

Runs with that commit's code alone, so its imports are that commit's and stay as they are:

    git archive --prefix=old/ fa9aac9 | tar x -C /tmp
    cd /tmp/old && PYTHONPATH=/tmp/old:/tmp/old/tests python …/tests/upgrade/write_fa9aac9.py …/tests/upgrade/fa9aac9

Two terms of its collector on its own simulated market, seed 7, in virtual time: Kraken fails in between, so that
Coinbase stands in, and nobody collects from one term to the next. The first keeps files of an hour, the second
of a minute. Beside the folder stand tracker.toml, addresses of the page, and what that release read from all of it.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import uuid
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import fakes
import tracker.csv_notes
from tracker.adapters import load
from tracker.clock import Playback
from tracker.collector import Collector
from tracker.config import read_settings
from tracker.dashboard import choices
from tracker.dashboard.state import State
from tracker.errors import ExchangeError
from tracker.fetch import Answer
from tracker.keeper import Keeper
from tracker.leases.lock_file import open_lease
from tracker.market import Market, Origin, Ticks, source_name
from tracker.outages import Diary, read
from tracker.runner import JOB
from tracker.sandbox import Simulated
from tracker.sandbox.handler import _DIALECTS
from tracker.slots import Feed
from tracker.source import Source
from tracker.status import Board, publish
from tracker.stores.csv_buckets import open_store
from tracker.wish import Wish

BEGIN = 1_795_444_500  # epoch s: 2026-11-23 14:35 UTC
NOW = (BEGIN + 1800) * 1000  # epoch ms; when its page is opened
BERLIN = ZoneInfo("Europe/Berlin")  # its viewer's
SINCE = 1_790_000_000_000  # epoch ms; what the pending backfill request asks for
FEEDS = [
    Feed(Market("kraken", "BTC", "USD"), 10_000, ("coinbase",)),
    Feed(Market("kraken", "BTC", "EUR"), 10_000),
    Feed(Market("kraken", "PAXG", "USD"), 30_000),
    Feed(Market("coinbase", "BTC", "GBP"), 30_000),
    Feed(Market("coingecko", "BTC", "XAU"), 60_000),
]
SETTINGS = """\
store = "csv:prices"
granularity = "minute"
retention = "90d"
plausible = 0.25
span = "6h"
coverage_floor = 0.75
clock = "2018-04-05T09:00:00Z@1763929200x60"
playback = true

[[markets]]
name = "kraken:BTC/USD"
every = "5s"
sources = ["kraken", "coinbase"]

[[markets]]
name = "kraken:BTC/EUR"

[[markets]]
name = "coingecko:BTC/XAU"
every = "1min"

[exchanges.kraken]
url = "http://127.0.0.1:8081/kraken"

[exchanges.coingecko]
key = "CG-not-a-real-key"
"""
ADDRESSES = (
    "show=EUR,GBP&span=21600s&mode=log&rank_by=relative_standard_deviation&sort=-realised_volatility&theme=dark&candles=yes&zone=UTC",
    "view=2026-11-23T14:40:00Z/2026-11-23T14:50:00Z&mode=together&theme=light",
    "view=3600s&span=24h&sort=last_price&candles=no",
    "replay=2026-11-23T14:40:00Z,60x,paused&show=kraken:BTC/USD",
    "show=gbp,KRAKEN:btc/usd&rank_by=realised_volatility&theme=system&mode=linear",
    "show=&span=10min",
)
"""Each key of the query, and each way in which its value is written."""


class Network:
    """Answers as the sandbox would, but in this process; Kraken and then all fail for some minutes."""

    def __init__(self, clock):
        self.clock, self.source = clock, Simulated(7)

    async def __call__(self, url, headers):
        await self.clock.sleep(0.05)
        parts, now = urlsplit(url), self.clock.now()
        exchange = parts.hostname.partition(".")[0]
        minute = (now / 1000 - BEGIN) / 60
        if exchange == "kraken" and 6 <= minute < 9:
            raise ExchangeError("kraken refuses the connection")
        path = parts.path
        status, body = _DIALECTS[exchange].answer(path, dict(parse_qsl(parts.query)), self.source, now)
        if status != 200:
            raise ExchangeError(f"{exchange}: {status} {body}")
        return Answer(json.loads(json.dumps(body)), date=now // 1000)


def collect(folder, first, minutes, granularity):
    """One term, which begins *first* minutes after BEGIN and lasts *minutes*."""
    clock = fakes.FakeClock(BEGIN + 60 * first)
    network = Network(clock)
    store = open_store(str(folder), base=folder, known=(), granularity=granularity)
    lease = open_lease(folder, "dashboard")
    assert lease.try_acquire(JOB)
    board = Board({feed.market: feed.interval for feed in FEEDS})
    names = dict.fromkeys(name for feed in FEEDS for name in (feed.market.exchange, *feed.sources))
    sources = {name: Source(name, load("exchanges", name), f"http://{name}.test", network, clock) for name in names}
    keeper = Keeper(store, board, lambda: lease.held(JOB))
    collector = Collector(FEEDS, sources, keeper, clock, board, span=1_800_000, wish=Wish(folder, names))
    silent_since = None if first == 0 else (BEGIN + 60 * 14) * 1000
    diary = Diary(folder / ".outages.csv", silent_since)
    board.say(collector=lease.holder(JOB))

    async def term():
        work = asyncio.ensure_future(collector.run())
        for _ in range(minutes * 60):
            await clock.sleep(1)
            diary.see(board.status())
        work.cancel()
        await asyncio.wait([work])
        assert work.cancelled()

    fakes.run(term())
    publish(board.status(), folder / ".status-collect.json")
    store.close()
    lease.release(JOB)


def chosen(markets, query):
    """What the page of that release shows at *query*."""
    state = State(markets=markets, chosen=markets, now=NOW, span=21_600, zone=BERLIN, viewer_zone=BERLIN)

    def start_replay():
        state.replay = Playback(NOW - 1_200_000, NOW, NOW, real=lambda: 0.0)

    state.start_replay = start_replay
    wrong = choices.read(state, query)
    assert wrong == "", (query, wrong)
    return {
        "show": [str(market) for market in state.chosen],
        "span": state.span,
        "view": None if state.view is None else list(state.view),
        "replay": None if state.replay is None else [state.now, state.replay.speed, state.playing],
        "mode": state.mode,
        "rank_by": state.rank_by,
        "sort": state.sort,
        "theme": state.theme,
        "candles": state.candles,
        "zone": str(state.zone),
    }


def rows(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin, ticks.source)
    return [
        [time, price, interval, Origin(origin).name.lower(), source_name(source)]
        for time, price, interval, origin, source in zip(*(column.tolist() for column in columns), strict=True)
    ]


def add_old_rows(store):
    """Rows of the other origins, two hours before the rest."""
    start = (BEGIN - 7200) * 1000
    usd, eur = FEEDS[0].market, FEEDS[1].market
    for market, shift, every, price, origin in (
        (usd, 0, 60_000, 70_000.5, Origin.REPLAY),
        (usd, 3_600_000, 10_000, 71_000.25, Origin.SIMULATED),
        (eur, 0, 30_000, 64_000.0, Origin.IMPORT),
    ):
        times = [start + shift + every * at for at in range(6)]
        store.append({market: Ticks.of(times, [price + at for at in range(6)], every, origin)})


def settings_in(folder):
    read = read_settings(folder)
    plain = ("store", "granularity", "retention", "plausible", "span", "coverage_floor", "clock", "playback")
    return {
        **{name: getattr(read, name) for name in plain},
        "markets": [[str(each.name), each.every, list(each.sources)] for each in read.markets],
        "exchanges": {
            name: [each.url, each.key and each.key.get_secret_value()] for name, each in read.exchanges.items()
        },
    }


def main():
    target = Path(sys.argv[1]).resolve()
    shutil.rmtree(target, ignore_errors=True)
    folder = target / "data"
    folder.mkdir(parents=True)
    os.getpid = lambda: 4711
    random.seed(0)  # the waits between two tries
    tracker.csv_notes.uuid4 = lambda: uuid.UUID(int=7)
    collect(folder, 0, 14, "hour")
    done = Wish(folder, {"kraken"})
    done.leave(SINCE + 1)
    done.granted(SINCE + 1, "kraken")
    collect(folder, 17, 3, "minute")
    store = open_store(str(folder), base=folder, known=())
    add_old_rows(store)
    store.close()
    Wish(folder).leave(SINCE)
    lease = open_lease(folder, "dashboard")
    assert lease.try_acquire("snapshot")
    lease.release("snapshot")
    (folder / ".snapshot.html").write_text("<!-- the picture of the page -->\n")

    (target / "tracker.toml").write_text(SETTINGS)
    reader = open_store(str(folder), base=folder, known=())
    markets = tuple(feed.market for feed in FEEDS)
    expected = {
        "request": SINCE,
        "now": NOW,
        "markets": [str(market) for market in markets],
        "settings": settings_in(target),
        "addresses": {address: chosen(markets, address) for address in ADDRESSES},
        "outages": [
            [each.start, each.end, str(each.market or ""), each.cause] for each in read(folder / ".outages.csv")
        ],
    }
    (target / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    with (target / "rows.csv").open("w") as file:
        file.write("market,time,price,interval,origin,exchange\n")
        for market in reader.markets():
            file.writelines(f"{market},{','.join(map(str, row))}\n" for row in rows(reader.read(market, 0, 2**53)))


main()

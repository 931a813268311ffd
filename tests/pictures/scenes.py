"""What the pictures show, and the servers of the page that show it."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.pictures.market import STEP, PictureMarket, store_day
from tests.support.command import tracker_process
from tests.support.page_server import free_port, now, voila
from tracker.core.durations import DAY, MINUTE
from tracker.core.market import Market
from tracker.render.format.time_text import iso_seconds
from tracker.sandbox import Sandbox

PAST, FIRST_DAY, NOTHING = "a day", "a first day", "nothing"  # what is stored
_GRANTED = 4 * MINUTE  # how long a first day has been collected


def _pressed(text: str) -> str:
    """Return the selector of the button *text* while it is pressed."""
    return f'.mod-active:text-is("{text}")'


@dataclass(frozen=True)
class Scene:
    """
    One state of the page.

    Attributes:
        name: as typed and as part of file names.
        about: what it shows, for people.
        word: with which the state pill begins once the page is as it should be.
        shows: what is in sight then, as selectors of Playwright.
        pointer: where across the first chart the pointer is in one more picture, from 0 to 1; None: there is no such.
        is_whole: whether the page is taken screen by screen, not only its top and its end.
        query: of the address, from the end of the stored day in epoch ms.
        stored: what is stored when the page starts.
        fault: of all exchanges meanwhile, as for ``Faults.apply``.
        is_file: whether it is the published page, a file without a server.
    """

    name: str
    about: str
    word: str = "LIVE"
    shows: tuple[str, ...] = (_pressed("24 h"),)
    query: Callable[[int], str] = lambda end: "span=24h"
    stored: str = PAST
    fault: Mapping[str, object] = field(default_factory=lambda: {"mode": "none"})
    is_file: bool = False
    pointer: float | None = None
    is_whole: bool = False


SCENES = (
    Scene("live", "24 h with a gap and, in the middle, three hours from candles", pointer=0.9, is_whole=True),
    Scene("ten-minutes", "the last 10 min", shows=(_pressed("10 min"),), query=lambda end: "span=10min"),
    Scene("week", "7 d, of which one is stored", shows=(_pressed("7 d"),), query=lambda end: "span=7d"),
    Scene(
        "zoomed",
        "two hours around the gap",
        shows=(".bt-back-to-span",),
        query=lambda end: f"span=24h&view={iso_seconds(end - 200 * MINUTE)}/{iso_seconds(end - 80 * MINUTE)}",
        pointer=0.3,
    ),
    Scene(
        "compare",
        "24 h in one chart",
        shows=(_pressed("24 h"), _pressed("Compare"), ".is-comparing"),
        query=lambda end: "span=24h&mode=compare",
        pointer=0.6,
    ),
    Scene(
        "candles",
        "candles of 6 h",
        shows=(_pressed("6 h"), ".bt-modes input:checked"),
        query=lambda end: "span=6h&candles=yes",
        pointer=0.6,
    ),
    Scene(
        "drawdown",
        "the table with one more column",
        shows=(_pressed("24 h"), ".bt-table td.col-ranked-by"),
        query=lambda end: "span=24h&rank_by=drawdown",
    ),
    Scene("published", "the page of tracker publish", word="SNAPSHOT", shows=(), query=lambda end: "", is_file=True),
    Scene("unreachable", "every exchange answers 503", word="UNREACHABLE", fault={"mode": "status", "status": 503}),
    Scene("first-day", "a day from candles, collected for a few minutes", stored=FIRST_DAY),
    Scene(
        "empty",
        "the first start, without network",
        word="NO DATA",
        shows=(".bt-next-try:not(:empty)",),
        query=lambda end: "",
        stored=NOTHING,
    ),
    Scene(
        "simulated-day",
        "what the first start offers to replay, paused",
        word="SIMULATED",
        shows=(_pressed("24 h"), ".bt-replay"),
        query=lambda end: "span=24h&replay=2025-01-02T15:00:00Z,60x,paused,simulated",
        stored=NOTHING,
    ),
)


@contextmanager
def served(stored: str, markets: Sequence[Market], scratch: Path) -> Iterator[Callable[[Scene], str]]:
    """
    Serve the page of *markets*, with what is *stored*, from the folder *scratch*.

    Yields:
        a function that brings the exchanges into the state of a scene and returns the address of its page.
    """
    end = now() // STEP * STEP
    source = PictureMarket(end)
    if stored != NOTHING:
        store_day(scratch / "data", source, markets, end, end - (_GRANTED if stored == FIRST_DAY else DAY))
    with Sandbox(source, now) as sandbox:
        url = f"http://127.0.0.1:{free_port()}" if stored == NOTHING else sandbox.url
        variables = _settings(scratch, url, markets)
        with voila(scratch / "log", **variables) as address:

            def prepare(scene: Scene) -> str:
                sandbox.faults.apply(dict(scene.fault))
                if scene.is_file:
                    return _published(scratch, variables)
                return f"{address}?{scene.query(end)}"

            yield prepare


def _settings(scratch: Path, url: str, markets: Sequence[Market]) -> dict[str, str]:
    """Return the variables of a page that reads no settings of the checkout and backfills only ten minutes."""
    config = scratch / "tracker.toml"
    config.touch()
    exchanges = {market.exchange for market in markets} | {"coinbase"}
    every = f"{STEP // 1000}s"
    configured = [{"name": str(market), "every": every} for market in markets]
    configured[0]["sources"] = ["kraken", "coinbase"]  # which the page offers to use when kraken does not answer
    return {
        "TRACKER_CONFIG": str(config),
        "TRACKER_STORE": f"csv:{scratch / 'data'}",
        "TRACKER_SPAN": "10min",  # else the gap would be filled
        "TRACKER_MARKETS": json.dumps(configured),
        **{f"TRACKER_EXCHANGES__{name.upper()}__URL": f"{url}/{name}" for name in exchanges},
        "TZ": "UTC",
    }


def _published(scratch: Path, variables: Mapping[str, str]) -> str:
    environment = os.environ | variables | {"TRACKER_SPAN": "24h"}
    status, _, errors = tracker_process("publish", "site", "--once", folder=scratch, **environment)
    if status:
        raise RuntimeError(f"tracker publish: {errors}")
    return (scratch / "site" / "index.html").as_uri()

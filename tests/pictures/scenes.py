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


@dataclass(frozen=True)
class Scene:
    """
    One state of the page.

    Attributes:
        name: as typed and as part of file names.
        about: what it shows, for people.
        word: with which the state pill begins once the page is as it should be.
        query: of the address, from the end of the stored day in epoch ms.
        stored: what is stored when the page starts.
        fault: of all exchanges meanwhile, as for ``Faults.apply``.
        is_file: whether it is the published page, a file without a server.
    """

    name: str
    about: str
    word: str = "LIVE"
    query: Callable[[int], str] = lambda end: "span=24h"
    stored: str = PAST
    fault: Mapping[str, object] = field(default_factory=lambda: {"mode": "none"})
    is_file: bool = False


SCENES = (
    Scene("live", "24 h with a gap and, in the middle, three hours from candles"),
    Scene("ten-minutes", "the last 10 min", query=lambda end: "span=10min"),
    Scene("week", "7 d, of which one is stored", query=lambda end: "span=7d"),
    Scene(
        "zoomed",
        "two hours around the gap",
        query=lambda end: f"span=24h&view={iso_seconds(end - 200 * MINUTE)}/{iso_seconds(end - 80 * MINUTE)}",
    ),
    Scene("compare", "24 h in one chart", query=lambda end: "span=24h&mode=compare"),
    Scene("candles", "candles of 6 h", query=lambda end: "span=6h&candles=yes"),
    Scene("published", "the page of tracker publish", word="SNAPSHOT", query=lambda end: "", is_file=True),
    Scene("unreachable", "every exchange answers 503", word="UNREACHABLE", fault={"mode": "status", "status": 503}),
    Scene("first-day", "a day from candles, collected for a few minutes", stored=FIRST_DAY),
    Scene("empty", "the first start, without network", word="NO DATA", query=lambda end: "", stored=NOTHING),
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
    exchanges = {market.exchange for market in markets}
    every = f"{STEP // 1000}s"
    return {
        "TRACKER_CONFIG": str(config),
        "TRACKER_STORE": f"csv:{scratch / 'data'}",
        "TRACKER_SPAN": "10min",  # else the gap would be filled
        "TRACKER_MARKETS": json.dumps([{"name": str(market), "every": every} for market in markets]),
        **{f"TRACKER_EXCHANGES__{name.upper()}__URL": f"{url}/{name}" for name in exchanges},
        "TZ": "UTC",
    }


def _published(scratch: Path, variables: Mapping[str, str]) -> str:
    environment = os.environ | variables | {"TRACKER_SPAN": "24h"}
    status, _, errors = tracker_process("publish", "site", "--once", folder=scratch, **environment)
    if status:
        raise RuntimeError(f"tracker publish: {errors}")
    return (scratch / "site" / "index.html").as_uri()

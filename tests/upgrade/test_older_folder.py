"""Data of an older release: every row, outage, setting and page address is read as that release read it."""

import csv
import json
import shutil
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from tracker.collector import former_notes, outage_log
from tracker.collector.backfill.request import BackfillRequest
from tracker.coordination.file import FileCoordination
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.dashboard.view_state import Actions, ViewState
from tracker.history.playback import Playback
from tracker.render.page.page_data import PageData
from tracker.runtime.settings import Settings, read_settings
from tracker.stores.csv import open_store

RENAMED_MODES = {"together": "compare"}
RELEASES = sorted(path for path in Path(__file__).parent.iterdir() if (path / "expected.json").is_file())
BERLIN = ZoneInfo("Europe/Berlin")
USD = Market("kraken", "BTC", "USD")


class Row(NamedTuple):
    time: int
    price: float
    interval: int
    origin: str
    exchange: str


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def release(request, tmp_path):
    """A copy of a release's data; the folder is named by the commit that wrote it."""
    return shutil.copytree(request.param, tmp_path / request.param.name)


@pytest.fixture
def expected(release):
    """What that release itself read from the data."""
    return json.loads((release / "expected.json").read_text("utf-8"))


def rows_of(ticks: Ticks) -> list[Row]:
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return [
        Row(time, price, interval, Origin(origin).name.lower(), exchange)
        for time, price, interval, origin, exchange in zip(
            *(column.tolist() for column in columns), ticks.exchanges(), strict=True
        )
    ]


def expected_rows(release: Path) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    with (release / "rows.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            values = int(row["time"]), float(row["price"]), int(row["interval"]), row["origin"], row["exchange"]
            rows.setdefault(row["market"], []).append(Row(*values))
    return rows


def all_rows(folder: Path, known: tuple[Market, ...] = ()) -> dict[str, list[Row]]:
    store = open_store(str(folder), base=folder, known=known)
    return {str(market): rows_of(store.read(market, 0, 2**53)) for market in store.markets()}


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_older_data_has_all_kinds_of_rows_and_files():
    rows = [row for release in RELEASES for market_rows in expected_rows(release).values() for row in market_rows]
    assert {row.origin for row in rows} == {origin.name.lower() for origin in Origin}
    assert {"", "coinbase"} <= {row.exchange for row in rows}
    names = {path.relative_to(release).as_posix() for release in RELEASES for path in release.rglob("*")}
    assert {f"data/{name}" for name in (".journal", ".outages.csv", ".lease-collect", ".wish-backfill.json")} <= names
    assert {"data/kraken/btcusd/2026-11-23-14.csv", "data/kraken/btcusd/2026-11-23/14/53.csv"} <= names


def test_every_row_of_an_older_folder_is_read_and_reading_changes_nothing(release):
    before = files_in(release)
    assert all_rows(release / "data") == expected_rows(release)
    assert files_in(release) == before


def test_every_outage_of_an_older_folder_is_read(release, expected):
    outages = outage_log.read(release / "data" / outage_log.FILE)
    assert [[outage.start, outage.end, str(outage.market or ""), outage.cause] for outage in outages] == expected[
        "outages"
    ]
    assert outages


def test_appending_to_an_older_folder_changes_no_row_of_it(release):
    folder = release / "data"
    last = expected_rows(release)[str(USD)][-1]
    store = open_store(str(folder), base=folder, known=())
    _, cursor = store.poll(None)
    new = Ticks.of([last.time + 10_000, last.time + 20_000], [1.5, 2.5], 10_000)
    store.append({USD: new})
    arrived, _ = store.poll(cursor)
    store.close()
    expected = expected_rows(release)
    expected[str(USD)] += rows_of(new)
    assert all_rows(folder) == expected
    assert rows_of(arrived[USD]) == rows_of(new)


def test_a_pending_backfill_request_is_taken_over(release, expected):
    request = BackfillRequest(FileCoordination(release / "data"))
    former_notes.FormerNotes(release / "data", request.submit).take_over()
    assert request.read() == expected["request"]


def test_every_setting_of_an_older_tracker_toml_has_its_value(release, expected):
    settings = read_settings(release)
    values = {name: getattr(settings, name) for name in expected["settings"] if name not in ("markets", "exchanges")}
    values["markets"] = [[str(market.name), market.every, list(market.sources)] for market in settings.markets]
    values["exchanges"] = {
        name: [exchange.url, exchange.key and exchange.key.get_secret_value()]
        for name, exchange in settings.exchanges.items()
    }
    assert values == expected["settings"]
    assert settings.file == release / "tracker.toml"


def test_the_older_tracker_toml_names_every_setting_that_release_had(expected):
    """Otherwise a renamed or dropped setting would go unnoticed."""
    assert expected["settings"].keys() >= {"store", "granularity", "retention", "span", "markets", "exchanges", "clock"}
    assert expected["settings"].keys() <= Settings.model_fields.keys()


def view_at(expected: dict, query: str) -> dict:
    """Return what the page shows at *query*."""
    markets, now = tuple(map(Market.parse, expected["markets"])), expected["now"]
    data = PageData(markets=markets, now=now)
    state = ViewState(data, chosen=markets, span=21_600, zone=BERLIN, viewer_zone=BERLIN)

    def start_replay(at: int, speed: float, moving: bool) -> None:
        state.replay = Playback(now - 1_200_000, now, at, speed, real=lambda: 0.0)
        if not moving:
            state.replay.pause()
        state.playing = state.replay.playing
        state.update(now=state.replay.now())

    state.actions = Actions(start_replay=start_replay)
    state.follow(query)
    assert state.address_problem == ""
    replay = None if state.replay is None else [state.data.now, state.replay.speed, state.playing]
    view = None if state.view is None else [state.view.span, state.view.end]
    named = {key: getattr(state, key) for key in ("span", "mode", "rank_by", "sort", "theme", "candles")}
    return {**named, "show": list(map(str, state.chosen)), "view": view, "replay": replay, "zone": str(state.zone)}


def test_every_older_address_shows_what_it_showed_then(expected):
    views = {query: view_at(expected, query) for query in expected["addresses"]}
    assert views == {
        query: {**choices, "mode": RENAMED_MODES.get(choices["mode"], choices["mode"])}
        for query, choices in expected["addresses"].items()
    }


def test_the_older_addresses_have_every_key():
    queries = "&".join(
        query for path in RELEASES for query in json.loads((path / "expected.json").read_text())["addresses"]
    )
    keys = {pair.partition("=")[0] for pair in queries.split("&")}
    assert keys >= {"show", "span", "replay", "view", "mode", "rank_by", "sort", "theme", "zone", "candles"}
